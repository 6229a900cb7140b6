#include "ui/canvas/paint.h"

#include <QFontMetricsF>
#include <QImage>
#include <QPaintDevice>
#include <QPainter>
#include <cmath>
#include <cstring>

#include "ui/canvas/preview_picture.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

using namespace node_size;

constexpr double kFaded = 0.4;
constexpr double kTurnRadius = 16, kLead = 20;  // of a wire that goes back: its corners, and how far it first goes on

QPainterPath roundedTop(double w, double h, double r) {
  QPainterPath path;
  path.moveTo(0, h);
  path.lineTo(0, r);
  path.arcTo(QRectF(0, 0, 2 * r, 2 * r), 180, -90);
  path.lineTo(w - r, 0);
  path.arcTo(QRectF(w - 2 * r, 0, 2 * r, 2 * r), 90, -90);
  path.lineTo(w, h);
  path.closeSubpath();
  return path;
}

const QPainterPath& headerPath(double w) {
  static const QPainterPath wide = roundedTop(width, header, radius), small = roundedTop(narrow, header, radius);
  return w == width ? wide : small;
}

// Two soft layers, from above: a nine-patch would blur between zooms, and these are cheap.
void paintShadow(QPainter& p, const QRectF& rect, double depth) {
  p.setPen(Qt::NoPen);
  QColor color = theme().surface.shadow;
  color.setAlphaF(float(std::min(1.0, double(color.alphaF()) * 0.7)));
  p.setBrush(color);
  for (const double grow : {1.0, 2.5}) {
    const double g = grow * depth;
    p.drawRoundedRect(rect.adjusted(-g, -g + depth + grow / 2, g, g + depth + grow / 2), radius + g, radius + g);
  }
}

// Of an icon, in as many pixels as the zoom needs: steps of two, so that few are kept.
void paintIcon(QPainter& p, const QRectF& rect, const QString& name, const QColor& color, double scale) {
  const double wanted = std::max(0.5, scale) * p.device()->devicePixelRatioF();
  const double ratio = std::exp2(std::ceil(std::log2(wanted) - 1e-6));
  const QPixmap pixmap = iconPixmap(name, color, int(rect.width()), std::max(1.0, ratio));
  p.setRenderHint(QPainter::SmoothPixmapTransform);
  p.drawPixmap(rect, pixmap, QRectF(QPointF(), QSizeF(pixmap.size())));
}

void paintBadge(QPainter& p, const NodeLook& look, double scale) {
  const QPointF at(look.width - 17, 14);
  if (look.state == NodeLook::State::problem) {
    p.setPen(Qt::NoPen);
    p.setBrush(theme().state.problem);
    p.drawEllipse(at, 8, 8);
    p.setPen(QPen(theme().surface.node, 2, Qt::SolidLine, Qt::RoundCap));
    p.drawLine(at + QPointF(0, -4), at + QPointF(0, 0.6));
    p.setPen(Qt::NoPen);
    p.setBrush(theme().surface.node);
    p.drawEllipse(at + QPointF(0, 3.8), 1.2, 1.2);
  } else {
    paintIcon(p, QRectF(at.x() - 9, at.y() - 9.5, 18, 18), "warning", theme().state.warning, scale);
  }
}

void paintRepeat(QPainter& p, const NodeLook& look, const Category& category) {
  const double wide = repeatRoom(look.repeat) - 6, right = look.width - (look.state == NodeLook::State::fine ? 8 : 28);
  const QRectF pill(right - wide, 8, wide, 16);
  p.setPen(Qt::NoPen);
  p.setBrush(category.solid);
  p.drawRoundedRect(pill, 8, 8);
  p.setFont(ui::font(FontSize::caption, QFont::Medium));
  p.setPen(category.glyph);
  p.drawText(pill, Qt::AlignCenter, repeatText(look.repeat));
}

// The live picture, where the zoom leaves something of it to see.
void paintPreview(QPainter& p, const NodeLook& look) {
  constexpr double above = 6;
  static_assert(above + PreviewPicture::kHeight <= preview);
  const double top = look.height - footer - preview + above;
  look.preview->paint(p, QRectF(pad, top, look.width - 2 * pad, PreviewPicture::kHeight));
}

// Forward in the node's own colour, backward behind it in a lighter one.
void paintBar(QPainter& p, const NodeLook& look, const Category& category) {
  constexpr float kLighter = 0.45F;
  const double top = look.height - costBar;
  p.save();
  QPainterPath clip;
  clip.addRoundedRect(look.rect(), radius, radius);
  p.setClipPath(clip, Qt::IntersectClip);
  p.fillRect(QRectF(0, top, look.width, costBar), theme().surface.hover);
  if (look.bar->together) {  // a dotted line: it costs, but nobody can say how much of the other's time
    constexpr double kDash = 3, kStride = 7;
    for (double x = 0; x < look.width; x += kStride) p.fillRect(QRectF(x, top, kDash, costBar), category.solid);
  }
  const double forward = look.width * look.bar->forward, backward = look.width * look.bar->backward;
  p.fillRect(QRectF(0, top, forward, costBar), category.solid);
  QColor lighter = category.solid;
  lighter.setAlphaF(kLighter);
  p.fillRect(QRectF(forward, top, backward, costBar), lighter);
  p.restore();
}

void paintRunning(QPainter& p, const NodeLook& look) {
  const QPointF at(look.width - 17, 14);
  p.setPen(Qt::NoPen);
  p.setBrush(theme().state.runningSoft);
  p.drawEllipse(at, 7, 7);
  p.setBrush(theme().state.running);
  p.drawEllipse(at, 3.5, 3.5);
}

// Baselines as in the pictures; a static text is placed by its upper edge.
void paintText(QPainter& p, const QStaticText& text, const QFont& font, const QColor& color, double x,
               double baseline) {
  p.setFont(font);
  p.setPen(color);
  p.drawStaticText(QPointF(x, baseline - QFontMetricsF(font).ascent()), text);
}

struct Fonts {
  QFont name = font(FontSize::small, QFont::DemiBold), caption = font(FontSize::caption),
        medium = font(FontSize::caption, QFont::Medium);
  double nameAscent = QFontMetricsF(name).ascent(), captionAscent = QFontMetricsF(caption).ascent();
};
const Fonts& fonts() {
  static Fonts fonts;
  static QFont base = QApplication::font();
  if (base != QApplication::font()) base = QApplication::font(), fonts = Fonts();
  return fonts;
}

void paintTexts(QPainter& p, const NodeLook& look, double scale) {
  const Theme& t = theme();
  const Fonts& f = fonts();
  const NodeTexts& texts = look.texts();
  if (scale < detail::nameOnly) {
    const double k = std::max(1.0, detail::smallestName / scale / f.name.pixelSize());
    p.save();
    p.setFont(f.name);
    p.setPen(t.text.primary);
    p.translate(40, header / 2);
    p.scale(k, k);
    p.drawStaticText(QPointF(0, -QFontMetricsF(f.name).height() / 2), texts.farName);
    p.restore();
    return;
  }
  paintText(p, texts.name, f.name, t.text.primary, 40, 18);
  const QFontMetricsF metrics(f.caption);
  if (look.bar && look.bar->together) {  // in the place of its type, which the icon tells: the foot has no room beside a shape
    p.setFont(f.caption);
    p.setPen(t.text.secondary);
    p.drawText(QPointF(40, 32), metrics.elidedText(look.bar->caption, Qt::ElideRight, look.width - 40 - pad));
  } else {
    paintText(p, texts.subtitle, f.caption, t.text.secondary, 40, 32);
  }
  const double foot = look.height - footer + 19;
  paintText(p, texts.shape, f.medium, t.text.primary, pad, foot);
  if (look.bar && !look.bar->together) {
    constexpr double kAir = 8;
    QString caption = look.bar->caption;
    const double room = look.width - 2 * pad - kAir - texts.shape.size().width();
    if (metrics.horizontalAdvance(caption) > room) caption = look.bar->shortCaption;
    if (metrics.horizontalAdvance(caption) > room) caption.clear();  // the bar says it, and the tool tip
    p.setFont(f.caption);
    p.setPen(t.text.secondary);
    p.drawText(QPointF(look.width - pad - metrics.horizontalAdvance(caption), foot), caption);
  } else if (!look.count.isEmpty()) {
    paintText(p, texts.count, f.caption, t.text.secondary, look.width - pad - texts.count.size().width(), foot);
  }
  if (!look.rows) return;
  p.setFont(f.caption);
  p.setPen(t.text.secondary);
  const double down = metrics.ascent() - metrics.height() / 2;
  for (const PortLook& port : look.inputs) p.drawText(port.at + QPointF(pad, down), port.label);
  for (const PortLook& port : look.outputs)
    p.drawText(port.at + QPointF(-pad - metrics.horizontalAdvance(port.label), down), port.label);
}

void paintPorts(QPainter& p, const NodeLook& look, const NodeMarks& marks) {
  const auto paint = [&](const std::vector<PortLook>& ports, const std::vector<bool>& rings) {
    for (size_t i = 0; i < ports.size(); ++i) {
      const PortLook& port = ports[i];
      const QColor color = wireColor(port.form, port.value.type);
      const bool ringed = i < rings.size() && rings[i];
      if (ringed) {
        p.setPen(QPen(theme().accent.line, 2));
        p.setBrush(theme().surface.node);
        p.drawEllipse(port.at, portRadius + 4, portRadius + 4);
      }
      paintPort(p, port.at, port.form, color, !port.wired && !ringed, marks.hovered ? portRadius + 1.5 : portRadius);
    }
  };
  paint(look.inputs, marks.ringInputs);
  paint(look.outputs, marks.ringOutputs);
}

}  // namespace

void paintPort(QPainter& p, QPointF at, PortForm form, const QColor& color, bool hollow, double r) {
  constexpr double kRim = 2, kLine = 1.5;
  const QColor ground = theme().surface.node;
  const auto fill = [&](const auto& draw) {
    p.setPen(Qt::NoPen);
    p.setBrush(ground);
    draw(kRim);
    if (hollow) p.setPen(QPen(color, kLine));
    p.setBrush(hollow ? ground : color);
    draw(hollow ? -kLine / 2 : 0);
  };
  switch (form) {
    case PortForm::diamond:
      fill([&](double grow) {
        const double s = r * 1.25 + grow;
        p.drawPolygon(
            QPolygonF{{at.x(), at.y() - s}, {at.x() + s, at.y()}, {at.x(), at.y() + s}, {at.x() - s, at.y()}});
      });
      break;
    case PortForm::square:
      fill([&](double grow) {
        const double s = r * 0.92 + grow;
        p.drawRoundedRect(QRectF(at.x() - s, at.y() - s, 2 * s, 2 * s), 1.5, 1.5);
      });
      break;
    case PortForm::circle:
    case PortForm::ring:
      fill([&](double grow) { p.drawEllipse(at, r + grow, r + grow); });
      if (form == PortForm::ring && !hollow) {
        p.setPen(Qt::NoPen);
        p.setBrush(ground);
        p.drawEllipse(at, r * 0.42, r * 0.42);
      }
  }
}

void paintNode(QPainter& p, const NodeLook& look, const NodeMarks& marks, double scale) {
  const Theme& t = theme();
  const Category& category = t.category(look.group);
  const QRectF rect = look.rect();
  if (marks.faded) p.setOpacity(kFaded);
  if (marks.selected) {
    p.setPen(Qt::NoPen);
    p.setBrush(t.state.halo);
    p.drawRoundedRect(rect.adjusted(-halo, -halo, halo, halo), radius + halo, radius + halo);
  }
  if (scale >= detail::shadow) paintShadow(p, rect, 1);
  // A block is more than one sheet; in a row, there is one more below.
  for (int sheet = look.repeat > 1 ? 2 : int(look.repeat); sheet > 0; --sheet) {
    p.setPen(QPen(t.line.node, 1));
    p.setBrush(t.surface.node);
    p.drawRoundedRect(rect.adjusted(4 * sheet, radius, -4 * sheet, 3.5 * sheet), radius, radius);
  }
  p.setPen(Qt::NoPen);
  p.setBrush(t.surface.node);
  p.drawRoundedRect(rect, radius, radius);
  p.setBrush(category.tint);
  p.drawPath(headerPath(look.width));
  p.setBrush(category.solid);
  p.drawRoundedRect(QRectF(8, 8, tile, tile), size::radiusTile, size::radiusTile);
  if (scale >= detail::noText)
    paintIcon(p, QRectF(12, 12, 16, 16), iconOf(look.type, look.group), category.glyph, scale);

  if (look.bar) paintBar(p, look, category);
  QPen edge(t.line.node, 1);
  if (marks.hovered) edge = QPen(t.state.hover, 1.5);
  if (look.state == NodeLook::State::problem) edge = QPen(t.state.problem, 2);
  p.setPen(edge);
  p.setBrush(Qt::NoBrush);
  p.drawRoundedRect(rect, radius, radius);
  if (marks.selected) {
    p.setPen(QPen(t.state.selection, 2));
    p.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), radius + 1, radius + 1);
  }
  if (marks.focused) {
    p.setPen(QPen(t.state.focus, 1.5, Qt::DotLine));
    p.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), radius + 4, radius + 4);
  }
  if (look.preview) paintPreview(p, look);
  if (scale >= detail::noText) {
    paintTexts(p, look, scale);
    if (look.repeat > 1 && scale >= detail::nameOnly) paintRepeat(p, look, category);
    if (look.state != NodeLook::State::fine) paintBadge(p, look, scale);
    else if (marks.running && look.preview) paintRunning(p, look);
  }
  if (scale >= detail::noPorts) paintPorts(p, look, marks);
  p.setOpacity(1);
}

QColor wireColor(const engine::ValueInfo& value, const WireMarks& marks) {
  if (marks.accent || marks.selected) return theme().accent.line;
  return value.shape.isMissing() ? theme().wire.unknown : wireColor(formOf(value), value.type);
}

void paintWire(QPainter& p, const QPainterPath& path, const engine::ValueInfo& value, const WireMarks& marks) {
  const bool known = !value.shape.isMissing();
  const QColor color = wireColor(value, marks);
  p.setBrush(Qt::NoBrush);
  if (marks.faded) p.setOpacity(0.45);
  if (marks.hovered || marks.selected || marks.accent) {
    QColor soft = color;
    soft.setAlphaF(0.22F);
    p.setPen(QPen(soft, 9, Qt::SolidLine, Qt::FlatCap));
    p.drawPath(path);
  }
  QPen pen(color, marks.hovered || marks.selected || marks.accent ? 3 : 2, Qt::SolidLine, Qt::FlatCap);
  if (!known) pen.setDashPattern({2.5, 2});
  p.setPen(pen);
  p.drawPath(path);
  p.setOpacity(1);
}

QPainterPath wirePath(QPointF a, QPointF b) {
  QPainterPath path(a);
  const double bend = std::clamp(std::abs(b.x() - a.x()) * 0.5, 24.0, 120.0);
  path.cubicTo(a + QPointF(bend, 0), b - QPointF(bend, 0), b);
  return path;
}

QPainterPath wirePath(QPointF a, QPointF b, const QRectF& fromNode, const QRectF& toNode) {
  if (b.x() - a.x() >= kLead) return wirePath(a, b);
  // The lane: between the two where there is room, else below both. Going down it keeps close to where it goes: a
  // neighbour of the node that it comes from may be higher than that.
  const double room = 2 * 8;
  double lane;
  if (const double free = toNode.top() - fromNode.bottom(); free >= room)
    lane = toNode.top() - std::min(free / 2, kTurnRadius + 8);
  else if (fromNode.top() - toNode.bottom() >= room) lane = (toNode.bottom() + fromNode.top()) / 2;
  else lane = std::max(fromNode.bottom(), toNode.bottom()) + kTurnRadius + 8;
  const QPointF corners[] = {
      {a.x() + kLead, a.y()}, {a.x() + kLead, lane}, {b.x() - kLead, lane}, {b.x() - kLead, b.y()}};
  QPainterPath path(a);
  QPointF before = a;
  for (int i = 0; i < 4; ++i) {
    const QPointF corner = corners[i], after = i < 3 ? corners[i + 1] : b;
    const double in = std::hypot(corner.x() - before.x(), corner.y() - before.y()),
                 out = std::hypot(after.x() - corner.x(), after.y() - corner.y());
    const double r = std::min({kTurnRadius, i == 0 ? in : in / 2, i == 3 ? out : out / 2});
    if (r > 0.5) {
      path.lineTo(corner + (before - corner) * (r / in));
      path.quadTo(corner, corner + (after - corner) * (r / out));
    } else {
      path.lineTo(corner);
    }
    before = corner;
  }
  path.lineTo(b);
  return path;
}

void paintGrid(QPainter& p, const QRect& exposed, const QTransform& toPixels) {
  p.fillRect(exposed, theme().surface.canvas);
  const double scale = toPixels.m11();
  if (scale < detail::grid) return;
  // Every second dot goes when they would stand too close.
  double step = size::gridDots;
  while (step * scale < 16) step *= 2;
  const double pitch = step * scale, ratio = p.device()->devicePixelRatioF();
  const double left = std::fmod(toPixels.dx(), pitch), top = std::fmod(toPixels.dy(), pitch);
  // All rows are the same: one is painted, and copied. A dot is on whole pixels, where it looks like the others.
  const int side = std::max(1, int(std::lround(2 * std::min(std::max(scale, 0.5), 1.5) * ratio)));
  const double first = left + std::floor((exposed.left() - 2 - left) / pitch) * pitch;
  const int width = int(std::ceil((exposed.width() + 4 + pitch) * ratio));
  QImage row(width, side, QImage::Format_ARGB32_Premultiplied);
  row.fill(Qt::transparent);
  QImage dot(side, side, QImage::Format_ARGB32_Premultiplied);
  dot.fill(Qt::transparent);
  QPainter dots(&dot);
  dots.setRenderHint(QPainter::Antialiasing);
  dots.setPen(Qt::NoPen);
  dots.setBrush(theme().surface.grid);
  dots.drawEllipse(QRectF(0, 0, side, side));
  dots.end();
  const int start = int(std::lround(first * ratio));
  for (int i = 0;; ++i) {
    const int x = int(std::lround((first + i * pitch) * ratio)) - start;
    if (x + side > width) break;
    for (int y = 0; y < side; ++y) std::memcpy(row.scanLine(y) + 4 * x, dot.constScanLine(y), 4 * size_t(side));
  }
  row.setDevicePixelRatio(ratio);
  const double half = side / ratio / 2;
  for (double y = top + std::floor((exposed.top() - 2 - top) / pitch) * pitch; y <= exposed.bottom() + 2; y += pitch)
    p.drawImage(QPointF(start / ratio - half, std::round((y - half) * ratio) / ratio), row);
}

}  // namespace ui
