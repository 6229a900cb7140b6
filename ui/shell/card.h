// The cards of the welcome page, painted one way: a shadow, a ground with round corners, what is on it, an edge.
#pragma once
#include <QColor>
#include <QPen>
#include <QRectF>
#include <functional>

class QImage;
class QPainter;

namespace ui {

struct CardStyle {
  double radius = 8;
  QColor ground;
  QPen edge;
};
// Fills the widget's rectangle; `inside` paints within the round corners and is given the card's own rectangle.
void paintRaisedCard(QPainter& painter, const QRect& widget, const CardStyle& style,
                     const std::function<void(const QRectF& card)>& inside);
// A sample of the data, with round corners and, where its ground is not to be told from the card's, an edge.
void paintSample(QPainter& painter, const QRectF& place, const QImage& picture);

}  // namespace ui
