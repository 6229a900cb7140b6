// The canvas as a picture in a file, by the same painting as on the screen.
#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

#include "ui/canvas/canvas.h"
#include "ui/widgets/ask_path.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr double kMargin = 40;         // around the network
constexpr double kDots = 2;            // pixels of a PNG for a unit of the canvas
constexpr double kMostPixels = 16000;  // of one side: larger pictures are scaled down

constexpr double kSharp = 4;  // icons of an SVG have so many dots

void paint(QPainter& painter, const Scene& scene, double scale) {
  for (const WireItem* wire : scene.wires()) paintWire(painter, wire->path(), wire->value(), {});
  for (const NodeItem* node : scene.nodes()) {
    painter.save();
    painter.translate(node->pos());
    paintNode(painter, node->look(), {}, scale);
    painter.restore();
  }
}

}  // namespace

bool Canvas::exportPicture(const QString& path, QString* why) {
  const auto fail = [&](const QString& text) {
    if (why) *why = text;
    return false;
  };
  const QString kind = QFileInfo(path).suffix().toLower();
  if (kind != "svg" && kind != "png")
    return fail(tr("needs a name that ends with .svg or .png, but got %1").arg(QFileInfo(path).fileName()));
  const QRectF part = scene_->contentRect().adjusted(-kMargin, -kMargin, kMargin, kMargin);
  if (scene_->nodes().empty()) return fail(tr("needs a layer to draw; add one"));
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  if (kind == "svg") {
    QSvgGenerator svg;
    svg.setOutputDevice(&buffer);
    svg.setTitle(project_.title());
    svg.setDescription(tr("Drawn by Netwright"));
    svg.setSize(part.size().toSize());
    svg.setViewBox(QRectF(QPointF(), part.size()));
    QPainter painter(&svg);
    painter.fillRect(QRectF(QPointF(), part.size()), theme().surface.canvas);
    painter.translate(-part.topLeft());
    paint(painter, *scene_, kSharp);
  } else {
    const double scale = std::min(kDots, kMostPixels / std::max(part.width(), part.height()));
    QImage image((part.size() * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
    if (image.isNull()) return fail(tr("needs more memory than there is for a picture of this size; export SVG"));
    image.fill(theme().surface.canvas);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(scale, scale);
    painter.translate(-part.topLeft());
    paint(painter, *scene_, std::max(1.0, scale));  // all details, however large the network is
    painter.end();
    if (!image.save(&buffer, "PNG")) return fail(tr("the picture could not be packed as PNG"));
  }
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return fail(tr("%1 cannot be written: %2").arg(path, file.errorString()));
  return true;
}

void Canvas::choosePicture() {
  const QString offered = project_.folder() + "/" + project_.title() + ".svg";
  const QString path = askPath(
      this, {PathQuestion::Kind::save, tr("Export picture"), offered, tr("Pictures (*.svg *.png)"), "svg"});
  if (path.isEmpty()) return;
  QString why;
  if (exportPicture(path, &why)) return setHint(tr("%1 is written.").arg(path));
  engine::Problem problem;
  problem.place = engine::Place::file(utf8(path));
  problem.needs = engine::Message("{0}", utf8(why));
  emit project_.refused(problem);
}

}  // namespace ui
