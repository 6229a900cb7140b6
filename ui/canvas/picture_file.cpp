#include "ui/canvas/picture_file.h"

#include <QBuffer>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QImage>
#include <QPageLayout>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

#include "ui/canvas/diff_marks.h"
#include "ui/canvas/scene.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr double kSheetMargin = 40;         // around the network
constexpr double kDots = 2;            // pixels of a PNG for a unit of the canvas
constexpr double kMostPixels = 16000;  // of one side: larger pictures are scaled down
constexpr double kMostArea = 64e6;     // pixels: a quarter of a gigabyte
constexpr double kSharp = 4;           // icons of an SVG or a PDF have so many dots
constexpr int kDotsPerInch = 96;       // a unit of the canvas on paper is a dot of these
constexpr double kPointsPerInch = 72;  // in which sizes of pages are told
constexpr double kLongestPage = 14400; // points: readers refuse larger ones (PDF 1.7, annex C.2)
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
  Kind kind = Kind::png;
  QRectF part;
  double scale = 1;  // dots for a unit; of an SVG 1
  QImage image;
  QByteArray bytes;  // of a PDF
  QBuffer buffer{&bytes};
  std::unique_ptr<QPdfWriter> pdf;
  QPainter painter;                          // on the image or the page; it goes first
  std::vector<std::unique_ptr<Leaf>> leaves;  // of an SVG
};

std::optional<PictureFile::Kind> PictureFile::kindOf(const QString& path) {
  const QString suffix = QFileInfo(path).suffix().toLower();
  if (suffix == "png") return Kind::png;
  if (suffix == "svg") return Kind::svg;
  return suffix == "pdf" ? std::optional(Kind::pdf) : std::nullopt;
}

PictureFile::PictureFile(Scene& scene, Kind kind, const std::vector<engine::NodeId>& only, const QString& title, QObject* parent)
    : PictureFile(scene, QString(), title, parent) {
  kind_ = kind;
  only_.insert(only.begin(), only.end());
}

PictureFile::PictureFile(Scene& scene, const QString& path, const QString& title, QObject* parent)
    : QObject(parent), scene_(scene), path_(path), title_(title), kind_(kindOf(path)) {
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
  if (!kind_) return fail("a name that ends with .svg, .pdf or .png", engine::Message("{0}", utf8(QFileInfo(path_).fileName())));
  const QRectF inside = partToPaint();
  if (inside.isEmpty()) return fail("a layer to draw", {}, "add one");
  const QRectF part = inside.adjusted(-kSheetMargin, -kSheetMargin, kSheetMargin, kSheetMargin);
  const double longest = std::max(part.width(), part.height());
  const double scale = *kind_ == Kind::svg   ? 1
                       : *kind_ == Kind::pdf ? std::min(1.0, kLongestPage * kDotsPerInch / kPointsPerInch / longest)
                                             : std::min({kDots, kMostPixels / longest, std::sqrt(kMostArea / (part.width() * part.height()))});
  const auto prepare = [part, scale, kind = *kind_, back = theme().surface.canvas] {
    auto sheet = std::make_shared<Sheet>();
    sheet->kind = kind;
    sheet->part = part;
    sheet->scale = scale;
    if (kind != Kind::png) return sheet;
    sheet->image = QImage((part.size() * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
    if (!sheet->image.isNull()) sheet->image.fill(back);
    return sheet;
  };
  inBackground(this, prepare, [this, asked = ++asked_](std::shared_ptr<Sheet> sheet) {
    if (asked != asked_) return;
    if (sheet->kind == Kind::png && sheet->image.isNull())
      return fail("more memory than there is for a picture of this size", {}, "export SVG");
    sheet_ = std::move(sheet);
    openPainter();
    turn_.start(0);
  });
}

QRectF PictureFile::partToPaint() const {
  if (scene_.nodes().empty()) return {};
  if (only_.empty()) return scene_.contentRect();
  QRectF part;
  for (const auto& node : scene_.nodes())
    if (isShown(node->id())) part |= node->nodeRect();
  for (const auto& wire : scene_.wires())
    if (isShown(wire->from()) && isShown(wire->end().to)) part |= wire->path().boundingRect();
  for (const FrameBox& frame : scene_.frames())
    if (isShown(frame)) part |= frame.rect | frame.titleRect();
  return part;
}

bool PictureFile::isShown(const FrameBox& frame) const {
  return std::all_of(frame.nodes.begin(), frame.nodes.end(), [this](engine::NodeId node) { return isShown(node); });
}

// Of an SVG each leaf has its own. A page is one sheet as large as the drawing, its texts are texts.
void PictureFile::openPainter() {
  if (sheet_->kind == Kind::svg) return;
  QPainter& painter = sheet_->painter;
  if (sheet_->kind == Kind::pdf) {
    sheet_->buffer.open(QIODevice::WriteOnly);
    sheet_->pdf = std::make_unique<QPdfWriter>(&sheet_->buffer);
    sheet_->pdf->setTitle(title_);
    sheet_->pdf->setCreator(tr("Netwright"));
    sheet_->pdf->setResolution(kDotsPerInch);
    const QSizeF points = sheet_->part.size() * sheet_->scale * kPointsPerInch / kDotsPerInch;
    sheet_->pdf->setPageLayout(QPageLayout(QPageSize(points, QPageSize::Point, {}, QPageSize::ExactMatch), QPageLayout::Portrait, QMarginsF()));
    painter.begin(sheet_->pdf.get());
  } else {
    painter.begin(&sheet_->image);
  }
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setRenderHint(QPainter::LosslessImageRendering);  // icons have sharp edges
  painter.scale(sheet_->scale, sheet_->scale);
  painter.translate(-sheet_->part.topLeft());
  if (sheet_->kind == Kind::pdf) painter.fillRect(sheet_->part, theme().surface.canvas);
}

QPainter& PictureFile::painterOfNext() {
  if (sheet_->kind != Kind::svg) return sheet_->painter;
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
  const double scale = sheet_->kind != Kind::png ? kSharp : std::max(1.0, sheet_->scale);  // all details, however large it is
  if (painted_ == 0)
    for (const FrameBox& frame : scene_.frames())
      if (isShown(frame)) paintFrame(painterOfNext(), frame, scale, false);
  const bool compares = scene_.diff() && only_.empty();
  if (painted_ == 0 && compares) paintDiffBehind(painterOfNext(), *scene_.diff(), scene_, sheet_->part, scale);
  size_t now = 0;
  for (; painted_ < wires.size() + nodes.size() && now < kMostInATurn; ++painted_, ++now) {
    if (now > 0 && double(timer.nsecsElapsed()) / 1e6 > kTurnMilliseconds) break;
    QPainter& painter = painterOfNext();
    if (painted_ < wires.size()) {
      const WireItem& wire = *wires[painted_];
      if (isShown(wire.from()) && isShown(wire.end().to)) paintWire(painter, wire.path(), wire.value(), {});
    } else {
      const NodeItem& node = *nodes[painted_ - wires.size()];
      if (!isShown(node.id())) continue;
      painter.save();
      painter.translate(node.pos());
      paintNode(painter, node.look(), {}, scale);
      painter.restore();
    }
  }
  ++counters.turns;
  counters.most = std::max(counters.most, now);
  if (painted_ < wires.size() + nodes.size()) return;
  if (compares) paintDiffOver(painterOfNext(), *scene_.diff(), scene_, sheet_->part, scale);
  finish();
}

void PictureFile::finish() {
  turn_.stop();
  if (sheet_->kind == Kind::pdf) sheet_->painter.end();  // it packs the fonts, which are the window's
  struct Packed {
    QByteArray bytes;
    engine::Message needed, got;
  };
  const auto pack = [sheet = std::exchange(sheet_, nullptr), path = path_]() -> Packed {
    QByteArray bytes;
    if (sheet->kind == Kind::svg) {
      bytes = joined(sheet->leaves);
    } else if (sheet->kind == Kind::pdf) {
      bytes = std::move(sheet->bytes);
    } else {
      sheet->painter.end();
      QBuffer buffer(&bytes);
      buffer.open(QIODevice::WriteOnly);
      if (!sheet->image.save(&buffer, "PNG")) return {{}, engine::Message("a picture that can be packed as PNG"), {}};
    }
    if (path.isEmpty()) return {bytes, {}, {}};
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
      return {{}, engine::Message("a file that can be written"), engine::Message("{0}", utf8(file.errorString()))};
    return {};
  };
  inBackground(this, pack, [this](const Packed& packed) {
    if (!packed.needed.empty()) return fail(packed.needed, packed.got);
    if (path_.isEmpty()) emit painted(packed.bytes);
    else emit written();
    deleteLater();
  });
}

void PictureFile::fail(engine::Message needs, engine::Message got, engine::Message fix) {
  engine::Problem why;
  if (!path_.isEmpty()) why.place = engine::Place::file(utf8(path_));
  why.needs = std::move(needs), why.got = std::move(got), why.fix = std::move(fix);
  emit failed(why);
  deleteLater();
}

}  // namespace ui
