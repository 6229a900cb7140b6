#include "ui/canvas/node_pictures.h"

#include <QPainter>
#include <cmath>

namespace ui {

namespace {
constexpr double kLargestPicture = 1 << 20;  // pixels; what is larger is painted each time
}

bool NodePictures::paint(QPainter& painter, const NodeItem& node, QPointF at, double scale, bool isLate) {
  const double ratio = painter.device()->devicePixelRatioF();
  // On whole pixels, so that a node looks the same wherever it stands.
  const auto whole = [ratio](double v) { return std::round(v * ratio) / ratio; };
  const QPointF corner(whole(at.x()), whole(at.y()));
  const QRectF box = node.box();
  const double air = std::ceil(-box.left() * scale * ratio) / ratio;
  const QSize pixels(int(std::ceil((box.width() * scale + 2) * ratio)), int(std::ceil((box.height() * scale + 2) * ratio)));
  const auto draw = [&](QPainter& p, QPointF origin) {
    p.setRenderHint(QPainter::Antialiasing);
    p.translate(origin);
    p.scale(scale, scale);
    paintNode(p, node.look(), node.marks(), scale);
  };
  if (double(pixels.width()) * pixels.height() > kLargestPicture) {
    ++made_;
    painter.save();
    draw(painter, corner);
    painter.restore();
    return true;
  }
  Picture* picture = kept_.object(node.id());
  if (isLate && picture && picture->version != node.version() && picture->scale == scale &&
      picture->pixmap.devicePixelRatio() == ratio && picture->pixmap.size() == pixels) {
    painter.drawPixmap(corner - QPointF(air, air), picture->pixmap);
    return false;
  }
  if (!picture || picture->version != node.version() || picture->scale != scale ||
      picture->pixmap.devicePixelRatio() != ratio) {
    ++made_;
    auto* made = new Picture{QPixmap(pixels), node.version(), scale};
    made->pixmap.setDevicePixelRatio(ratio);
    made->pixmap.fill(Qt::transparent);
    QPainter p(&made->pixmap);
    draw(p, QPointF(air, air));
    p.end();
    const QPixmap pixmap = made->pixmap;  // the cache may throw it away at once
    kept_.insert(node.id(), made, std::max(1, pixels.width() * pixels.height() * 4 >> 10));
    painter.drawPixmap(corner - QPointF(air, air), pixmap);
    return true;
  }
  painter.drawPixmap(corner - QPointF(air, air), picture->pixmap);
  return true;
}

}  // namespace ui
