// A chart as a picture: the same for the screen, PNG and SVG. Curves are given by pointers to their numbers.
#pragma once
#include <QPointF>
#include <QRectF>
#include <QString>
#include <vector>

#include "ui/charts/axis.h"
#include "ui/charts/curves.h"

class QPainter;

namespace ui {

struct ChartData {
  struct Line {
    QString name;                    // "training"; "" has no place in the legend
    int series = 0;                  // of Theme::chart.series
    const Series* raw = nullptr;     // faint behind
    const Series* smooth = nullptr;  // strong
    double xFactor = 1;              // from its steps to those of the axis
    bool faint = false;              // of an earlier run
    QString brief = {};              // the name where the legend has little room
  };
  struct Rings {  // few points, each to be seen
    QString name;
    int series = 1;
    const std::vector<QPointF>* points = nullptr;
    double xFactor = 1;
    bool faint = false;
    QString brief = {};
  };
  struct Single {  // a result
    QString name;
    int series = 2;
    QPointF at;
  };
  QString title;
  std::vector<Line> lines;
  std::vector<Rings> rings;
  std::vector<Single> singles;
  const std::vector<Mark>* marks = nullptr;
  bool lowerIsBetter = true;
  double yFactor = 1;  // 100 for percent
  QString unit;        // " %"
  int digits = 3;      // significant ones; decimals where there is a unit
  double stepsAnEpoch = 0;
  QString empty;  // what to do where there is nothing
  bool isEmpty() const;
};

// What of it is shown.
struct ChartView {
  Axis x{0, 1, false}, y;  // in steps, and in the values' own units
};

// The stretch of steps that shows all there is, within what is planned, and the values in a stretch of them (nothing: an Axis that is empty).
Axis fullX(const ChartData& data, int64_t plannedSteps);
Axis fittingY(const ChartData& data, const Axis& x, bool log);

QRectF plotRect(const ChartData& data, const ChartView& view, const QRectF& whole);
// Title, legend, grid, axes, curves and marks. `aside` is left free at the right of the title.
void paintChart(QPainter& p, const ChartData& data, const ChartView& view, const QRectF& whole, int aside = 0);
QString valueText(const ChartData& data, double value);
// "epoch 3.4, step 1,440".
QString placeText(const ChartData& data, double step);

}  // namespace ui
