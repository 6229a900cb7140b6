// A curve for so many pixels: the lowest and highest value of each column, in the order in which they came, split where
// the curve is broken.
#pragma once
#include <QPolygonF>
#include <vector>

#include "ui/charts/series.h"

namespace ui {

using Stretch = std::vector<QPointF>;  // x in pixels from 0 to `pixels`, y as in the series
std::vector<Stretch> decimate(const Series& series, double x0, double x1, int pixels);

// A line in pixels, from left to right, that looks the same with at most four points a column: where it comes in, its
// lowest and highest, and where it goes out.
QPolygonF thinned(const QPolygonF& line);

}  // namespace ui
