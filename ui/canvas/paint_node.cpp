// A node's card, in all its states.
#include <QFontMetricsF>
#include <QPaintDevice>
#include <QPainter>
#include <cmath>

#include "ui/canvas/paint.h"
#include "ui/canvas/preview_picture.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

using namespace node_size;

constexpr double kFaded = 0.4;
constexpr float kGhost = 0.5F, kDim = 0.75F;  // of a node that does not do what it stands for: its ground, and its texts

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
  const QPointF at = look.badge();
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

// In the place of the badge.
void paintSign(QPainter& p, const NodeLook& look, const char* icon, const QColor& color, double scale) {
  paintIcon(p, QRectF(look.width - 25, 6, 16, 16), icon, color, scale);
}

// Where the value goes in a node that it only passes: around, from port to port.
void paintPassage(QPainter& p, const NodeLook& look) {
  if (look.inputs.empty() || look.outputs.empty()) return;
  constexpr double kIn = 6, kUp = 16, kRound = 8;
  const auto first = std::find_if(look.inputs.begin(), look.inputs.end(), [](const PortLook& port) { return port.wired; });
  const PortLook& in = first == look.inputs.end() ? look.inputs.front() : *first;
  const QPointF a = in.at, b = look.outputs.front().at;
  const double low = look.height - kUp, right = look.width - kIn;
  QPainterPath path(a);
  path.lineTo(kIn, a.y());
  path.lineTo(kIn, low - kRound);
  path.quadTo(kIn, low, kIn + kRound, low);
  path.lineTo(right - kRound, low);
  path.quadTo(right, low, right, low - kRound);
  path.lineTo(right, b.y());
  path.lineTo(b);
  p.setBrush(Qt::NoBrush);
  p.setPen(QPen(wireColor(in.form, in.value.type), 2, first == look.inputs.end() ? Qt::DashLine : Qt::SolidLine));
  p.drawPath(path);
}

// Stripes over the header of a node that does not learn.
void paintFrost(QPainter& p, double width) {
  constexpr double kStripe = 7;
  p.save();
  p.setClipPath(headerPath(width), Qt::IntersectClip);
  QColor color = theme().state.frozen;
  color.setAlphaF(0.22F);
  p.setPen(QPen(color, 1.5));
  for (double x = -header; x < width; x += kStripe) p.drawLine(QPointF(x, header), QPointF(x + header, 0));
  p.restore();
}

void paintRepeat(QPainter& p, const NodeLook& look, const Category& category) {
  const double wide = repeatRoom(look.repeat) - 6, right = look.width - (look.state == NodeLook::State::fine && look.mode == engine::Mode::normal && !look.frozen ? 8 : 28);
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

// Paper with a folded corner.
void paintNote(QPainter& p, const NodeLook& look, const NodeMarks& marks, double scale) {
  constexpr double kCorner = 10;
  const Theme& t = theme();
  const QRectF rect = look.rect();
  if (marks.faded) p.setOpacity(kFaded);
  if (marks.selected) {
    p.setPen(Qt::NoPen);
    p.setBrush(t.state.halo);
    p.drawRoundedRect(rect.adjusted(-halo, -halo, halo, halo), halo, halo);
  }
  const QPolygonF paper{rect.topLeft(), rect.topRight() - QPointF(kCorner, 0), rect.topRight() + QPointF(0, kCorner), rect.bottomRight(), rect.bottomLeft()};
  p.setPen(marks.selected ? QPen(t.state.selection, 2) : marks.hovered ? QPen(t.state.hover, 1.5) : QPen(t.state.warning, 1));
  p.setBrush(t.state.warningSoft);
  p.drawPolygon(paper);
  p.drawPolyline(QPolygonF{paper[1], paper[1] + QPointF(0, kCorner), paper[2]});
  if (marks.focused) {
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(t.state.focus, 1.5, Qt::DotLine));
    p.drawRect(rect.adjusted(-4, -4, 4, 4));
  }
  if (scale >= detail::noText) {
    p.setFont(fonts().caption);
    p.setPen(look.note->isEmpty() ? t.text.secondary : t.text.primary);
    p.drawStaticText(QPointF(pad, notePad), look.texts().note);
  }
  p.setOpacity(1);
}

// A reroute: a piece of its wire that can be held.
void paintBend(QPainter& p, const NodeLook& look, const NodeMarks& marks, double scale) {
  const Theme& t = theme();
  const QRectF rect = look.rect();
  if (marks.faded) p.setOpacity(kFaded);
  if (marks.selected) {
    p.setPen(Qt::NoPen);
    p.setBrush(t.state.halo);
    p.drawRoundedRect(rect.adjusted(-halo, -halo, halo, halo), rect.height() / 2 + halo, rect.height() / 2 + halo);
  }
  p.setPen(marks.selected ? QPen(t.state.selection, 2) : marks.hovered ? QPen(t.state.hover, 1.5) : QPen(t.line.node, 1));
  p.setBrush(t.surface.node);
  p.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2);
  if (!look.inputs.empty()) {
    const PortLook& in = look.inputs.front();
    p.setPen(QPen(wireColor(in.form, in.value.type), 2, in.wired ? Qt::SolidLine : Qt::DashLine));
    p.drawLine(QPointF(0, rect.center().y()), QPointF(rect.width(), rect.center().y()));
  }
  if (marks.focused) {
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(t.state.focus, 1.5, Qt::DotLine));
    p.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), rect.height() / 2 + 4, rect.height() / 2 + 4);
  }
  if (scale >= detail::noPorts) paintPorts(p, look, marks);
  p.setOpacity(1);
}

}  // namespace

void paintNode(QPainter& p, const NodeLook& look, const NodeMarks& marks, double scale) {
  if (look.bend) return paintBend(p, look, marks, scale);
  if (look.note) return paintNote(p, look, marks, scale);
  const Theme& t = theme();
  const Category& category = t.category(look.group);
  const QRectF rect = look.rect();
  const bool works = look.mode == engine::Mode::normal, isFrozen = works && look.frozen;
  if (marks.faded) p.setOpacity(kFaded);
  if (marks.selected) {
    QPainterPath ring;  // not below the node: what is bypassed or muted is seen through
    ring.addRoundedRect(rect.adjusted(-halo, -halo, halo, halo), radius + halo, radius + halo);
    ring.addRoundedRect(rect, radius, radius);
    p.fillPath(ring, t.state.halo);
  }
  if (scale >= detail::shadow && works) paintShadow(p, rect, 1);
  // A block is more than one sheet; in a row, there is one more below.
  for (int sheet = look.repeat > 1 ? 2 : int(look.repeat); sheet > 0; --sheet) {
    p.setPen(QPen(t.line.node, 1));
    p.setBrush(t.surface.node);
    p.drawRoundedRect(rect.adjusted(4 * sheet, radius, -4 * sheet, 3.5 * sheet), radius, radius);
  }
  p.setPen(Qt::NoPen);
  QColor ground = t.surface.node;
  if (!works) ground.setAlphaF(kGhost);
  p.setBrush(ground);
  p.drawRoundedRect(rect, radius, radius);
  p.setBrush(category.tint);
  if (works) p.drawPath(headerPath(look.width));
  if (isFrozen) paintFrost(p, look.width);
  const double opacity = p.opacity();
  if (!works) p.setOpacity(opacity * kGhost);
  p.setPen(Qt::NoPen);
  p.setBrush(category.solid);
  p.drawRoundedRect(QRectF(8, 8, tile, tile), size::radiusTile, size::radiusTile);
  if (scale >= detail::noText)
    paintIcon(p, QRectF(12, 12, 16, 16), iconOf(look.type, look.group), category.glyph, scale);

  p.setOpacity(opacity);
  if (look.bar) paintBar(p, look, category);
  QPen edge(t.line.node, 1);
  if (isFrozen) edge = QPen(t.state.frozen, 1.5);
  if (!works) edge = QPen(t.text.secondary, 1.2, look.mode == engine::Mode::bypassed ? Qt::DashLine : Qt::DotLine);
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
    if (!works) p.setOpacity(opacity * kDim);
    paintTexts(p, look, scale);
    p.setOpacity(opacity);
    if (look.mode == engine::Mode::bypassed) paintPassage(p, look);
    if (look.repeat > 1 && scale >= detail::nameOnly) paintRepeat(p, look, category);
    if (look.state != NodeLook::State::fine) paintBadge(p, look, scale);
    else if (!works) paintSign(p, look, look.mode == engine::Mode::bypassed ? "bypass" : "mute", t.text.secondary, scale);
    else if (isFrozen) paintSign(p, look, "snow", t.state.frozenText, scale);
    else if (marks.running && look.preview) paintRunning(p, look);
  }
  if (scale >= detail::noPorts) paintPorts(p, look, marks);
  p.setOpacity(1);
}

}  // namespace ui
