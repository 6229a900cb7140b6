#include "ui/canvas/picture_file.h"

#include <QBuffer>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

#include "ui/canvas/scene.h"
#include "ui/model/background.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr double kSheetMargin = 40;         // around the network
constexpr double kDots = 2;            // pixels of a PNG for a unit of the canvas
constexpr double kMostPixels = 16000;  // of one side: larger pictures are scaled down
constexpr double kMostArea = 64e6;     // pixels: a quarter of a gigabyte
constexpr double kSharp = 4;           // icons of an SVG have so many dots
constexpr double kTurnMilliseconds = 3;
constexpr size_t kItemsOfALeaf = 256;  // nodes and wires: some megabytes of text at most

}  // namespace

// Qt keeps the text of an SVG in one string; where that becomes tens of megabytes, making room for more of it copies them
// all, in one turn. A large picture is therefore several texts, which are joined where nobody waits.
struct PictureFile::Leaf {
  QByteArray bytes;
  QBuffer buffer{&bytes};
  QSvgGenerator svg;
  QPainter painter;  // the first to go

  Leaf(const QRectF& part, const QString& title) {
    buffer.open(QIODevice::WriteOnly);
    svg.setOutputDevice(&buffer);
    svg.setTitle(title);
    svg.setDescription(tr("Drawn by Netwright"));
    svg.setSize(part.size().toSize());
    svg.setViewBox(QRectF(QPointF(), part.size()));
    painter.begin(&svg);
    painter.translate(-part.topLeft());
  }
};

// What comes before the drawing is the same in all of them, and so is the end.
QByteArray PictureFile::joined(const std::vector<std::unique_ptr<Leaf>>& leaves) {
  static const QByteArray kHeadEnds = "</defs>\n", kEnd = "</svg>";
  QByteArray all;
  for (const auto& leaf : leaves) {
    leaf->painter.end();  // the text is put together then
    const qsizetype from = leaf->bytes.indexOf(kHeadEnds) + kHeadEnds.size(), to = leaf->bytes.lastIndexOf(kEnd);
    if (all.isEmpty()) all = leaf->bytes.left(from);
    all.append(QByteArrayView(leaf->bytes).sliced(from, to - from));
    leaf->bytes.clear();
  }
  return all + kEnd + '\n';
}

struct PictureFile::Sheet {
  QRectF part;
  double scale = 1;  // pixels for a unit; of an SVG 0
  QImage image;
  QPainter painter;                          // on the image; it goes first
  std::vector<std::unique_ptr<Leaf>> leaves;  // of an SVG
};

PictureFile::PictureFile(Scene& scene, const QString& path, const QString& title, QObject* parent)
    : QObject(parent), scene_(scene), path_(path), title_(title) {
  connect(&turn_, &QTimer::timeout, this, &PictureFile::paintSome);
  const auto anew = [this] {
    if (turn_.isActive()) begin();
  };
  connect(&scene, &Scene::settled, this, anew);
  connect(&scene, &Scene::refreshed, this, anew);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, anew);
  QTimer::singleShot(0, this, &PictureFile::begin);
}

void PictureFile::begin() {
  ++counters.starts;
  turn_.stop();
  sheet_.reset();
  painted_ = 0;
  const QString kind = QFileInfo(path_).suffix().toLower();
  if (kind != "svg" && kind != "png")
    return fail(tr("needs a name that ends with .svg or .png, but got %1").arg(QFileInfo(path_).fileName()));
  if (scene_.nodes().empty()) return fail(tr("needs a layer to draw; add one"));
  const QRectF part = scene_.contentRect().adjusted(-kSheetMargin, -kSheetMargin, kSheetMargin, kSheetMargin);
  const double scale = kind == "svg" ? 0
                                     : std::min({kDots, kMostPixels / std::max(part.width(), part.height()),
                                                 std::sqrt(kMostArea / (part.width() * part.height()))});
  const auto prepare = [part, scale, back = theme().surface.canvas] {
    auto sheet = std::make_shared<Sheet>();
    sheet->part = part;
    sheet->scale = scale;
    if (scale == 0) return sheet;
    sheet->image = QImage((part.size() * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
    if (!sheet->image.isNull()) sheet->image.fill(back);
    return sheet;
  };
  inBackground(this, prepare, [this, asked = ++asked_](std::shared_ptr<Sheet> sheet) {
    if (asked != asked_) return;
    if (sheet->scale > 0 && sheet->image.isNull())
      return fail(tr("needs more memory than there is for a picture of this size; export SVG"));
    sheet_ = std::move(sheet);
    if (sheet_->scale > 0) {
      QPainter& painter = sheet_->painter;
      painter.begin(&sheet_->image);
      painter.setRenderHint(QPainter::Antialiasing);
      painter.scale(sheet_->scale, sheet_->scale);
      painter.translate(-sheet_->part.topLeft());
    }
    turn_.start(0);
  });
}

QPainter& PictureFile::painterOfNext() {
  if (sheet_->scale > 0) return sheet_->painter;
  auto& leaves = sheet_->leaves;
  if (painted_ / kItemsOfALeaf == leaves.size()) {
    leaves.push_back(std::make_unique<Leaf>(sheet_->part, title_));
    if (painted_ == 0) leaves.back()->painter.fillRect(sheet_->part, theme().surface.canvas);
  }
  return leaves.back()->painter;
}

void PictureFile::paintSome() {
  QElapsedTimer timer;
  timer.start();
  const auto& wires = scene_.wires();
  const auto& nodes = scene_.nodes();
  const double scale = sheet_->scale == 0 ? kSharp : std::max(1.0, sheet_->scale);  // all details, however large it is
  size_t now = 0;
  for (; painted_ < wires.size() + nodes.size() && now < kMostInATurn; ++painted_, ++now) {
    if (double(timer.nsecsElapsed()) / 1e6 > kTurnMilliseconds) break;
    QPainter& painter = painterOfNext();
    if (painted_ < wires.size()) {
      const WireItem& wire = *wires[painted_];
      paintWire(painter, wire.path(), wire.value(), {});
    } else {
      const NodeItem& node = *nodes[painted_ - wires.size()];
      painter.save();
      painter.translate(node.pos());
      paintNode(painter, node.look(), {}, scale);
      painter.restore();
    }
  }
  ++counters.turns;
  counters.most = std::max(counters.most, now);
  if (painted_ == wires.size() + nodes.size()) finish();
}

void PictureFile::finish() {
  turn_.stop();
  const auto write = [sheet = std::exchange(sheet_, nullptr), path = path_]() -> QString {
    QByteArray bytes;
    if (sheet->scale == 0) {
      bytes = joined(sheet->leaves);
    } else {
      sheet->painter.end();
      QBuffer buffer(&bytes);
      buffer.open(QIODevice::WriteOnly);
      if (!sheet->image.save(&buffer, "PNG")) return tr("the picture could not be packed as PNG");
    }
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
      return tr("%1 cannot be written: %2").arg(path, file.errorString());
    return {};
  };
  inBackground(this, write, [this](const QString& why) {
    if (!why.isEmpty()) return fail(why);
    emit written();
    deleteLater();
  });
}

void PictureFile::fail(const QString& why) {
  emit failed(why);
  deleteLater();
}

}  // namespace ui
