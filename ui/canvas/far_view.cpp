#include "ui/canvas/far_view.h"

#include <QPainter>
#include <cmath>
#include <map>

#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr double kGlyph = 40;  // units of the canvas
constexpr double kSelectedEdge = 8, kFadedFar = 0.4, kFadedWire = 0.45;

void paintHairlines(QPainter& p, const Scene& scene, const QTransform& toPixels, const QRectF& exposed) {
  const double scale = toPixels.m11();
  struct Lines {
    QVector<QLineF> thin, thick;
  };
  std::map<std::pair<QRgb, bool>, Lines> byColor;  // and faded
  for (const WireItem* wire : scene.wires()) {
    const WireMarks& marks = wire->marks();
    if ((scale < detail::noWires && !marks.selected) || !wire->hasWay() || !wire->isVisible() ||
        !wire->reach().intersects(exposed))
      continue;
    Lines& lines = byColor[{wireColor(wire->lastValue(), marks).rgba(), marks.faded}];
    const QLineF line(toPixels.map(QPointF(wire->lastPath().elementAt(0))), toPixels.map(wire->lastPath().currentPosition()));
    (marks.selected || marks.hovered ? lines.thick : lines.thin) << line;
  }
  for (const auto& [look, lines] : byColor) {
    p.setOpacity(look.second ? kFadedWire : 1);
    p.setPen(QPen(QColor::fromRgba(look.first), 1));
    p.drawLines(lines.thin);
    p.setPen(QPen(QColor::fromRgba(look.first), 2));
    p.drawLines(lines.thick);
  }
  p.setOpacity(1);
}

}  // namespace

int paintFar(QPainter& p, const Scene& scene, const QTransform& toPixels, const QRectF& exposed) {
  const Theme& t = theme();
  const double scale = toPixels.m11(), ratio = p.device()->devicePixelRatioF();
  p.setRenderHint(QPainter::Antialiasing);
  if (scale < detail::hairlines) {
    paintHairlines(p, scene, toPixels, exposed);
  } else {
    p.save();
    p.setTransform(toPixels, true);
    for (const WireItem* wire : scene.wires())
      if (wire->hasWay() && wire->isVisible() && wire->reach().intersects(exposed))
        paintWire(p, wire->lastPath(), wire->lastValue(), wire->marks());
    p.restore();
  }
  // Whole pixels and one size for all: blocks of a row look alike, and filling them is quick.
  p.setRenderHint(QPainter::Antialiasing, false);
  const auto whole = [ratio](double v) { return std::round(v * ratio) / ratio; };
  const int glyph = int(std::lround(kGlyph * scale));
  std::map<std::pair<QString, QRgb>, QPixmap> glyphs;
  // Nodes share the texts of their groups: they are told apart by where they are.
  std::vector<std::pair<const QChar*, const Category*>> categories;
  const auto categoryOf = [&](const QString& group) -> const Category& {
    for (const auto& [text, category] : categories)
      if (text == group.constData()) return *category;
    return *categories.emplace_back(group.constData(), &t.category(group)).second;
  };
  int painted = 0;
  for (const bool selected : {false, true})
    for (const NodeItem* node : scene.nodes()) {
      const NodeMarks& marks = node->marks();
      const QRectF rect = node->likelyRect();
      if (marks.selected != selected || !rect.intersects(exposed)) continue;
      ++painted;
      const Category& category = categoryOf(node->group());
      const QPointF at = toPixels.map(node->pos());
      const QRectF box(whole(at.x()), whole(at.y()), std::max(1.0, whole(rect.width() * scale)),
                       std::max(1.0, whole(rect.height() * scale)));
      if (marks.faded) p.setOpacity(kFadedFar);
      if (selected) {
        const double edge = std::max(1.0, whole(kSelectedEdge * scale));
        p.fillRect(box.adjusted(-edge, -edge, edge, edge), t.state.selection);
      }
      p.fillRect(box, node->lastLook() && node->lastLook()->state == NodeLook::State::problem ? t.state.problem : category.solid);
      if (scale >= detail::glyphs) {
        const QString icon = iconOf(node->type(), node->group());
        QPixmap& picture = glyphs[{icon, category.glyph.rgba()}];
        if (picture.isNull()) picture = iconPixmap(icon, category.glyph, glyph, ratio);
        const QPointF corner = box.center() - QPointF(glyph, glyph) / 2;
        p.drawPixmap(QPointF(whole(corner.x()), whole(corner.y())), picture);
      }
      if (marks.faded) p.setOpacity(1);
    }
  p.setRenderHint(QPainter::Antialiasing);
  return painted;
}

}  // namespace ui
