// A stretch of numbers along an edge of a chart, linear or logarithmic, and where its labels stand.
#pragma once
#include <QString>
#include <vector>

namespace ui {

struct Axis {
  double from = 0, to = 1;
  bool log = false;  // both ends above 0

  double part(double value) const;    // 0 at `from`, 1 at `to`
  double valueAt(double part) const;  // the inverse
  bool operator==(const Axis&) const = default;
};

struct Tick {
  double value;
  QString text;
};
// At most about `most` of them at round numbers: 1, 2 or 5 times a power of ten.
std::vector<Tick> ticksOf(const Axis& axis, int most);
// The round number at or above value / count.
double roundStep(double value, int count);

// Room for values from `lowest` to `highest`, with a margin.
Axis axisAround(double lowest, double highest, bool log);

}  // namespace ui
