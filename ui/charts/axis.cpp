#include "ui/charts/axis.h"

#include <algorithm>
#include <cmath>

#include "ui/model/text.h"

namespace ui {

namespace {
constexpr double kAxisMargin = 0.05;  // of the height, above and below the curves
constexpr int kTickDigits = 6;

// 0.1, 0.2, 0.5, 1, ...; only 1 and 0.1 where those are too many, or only every other decade.
std::vector<Tick> logarithmic(const Axis& axis, int most) {
  const int first = int(std::floor(std::log10(axis.from))), last = int(std::ceil(std::log10(axis.to)));
  for (const std::vector<double>& parts : {std::vector<double>{1, 2, 5}, {1, 3}, {1}})
    for (int every = 1; every <= (parts.size() == 1 ? 64 : 1); ++every) {
      std::vector<Tick> ticks;
      for (int decade = first; decade <= last; ++decade)
        if (decade % every == 0)
          for (const double part : parts)
            if (const double value = part * std::pow(10.0, decade); value >= axis.from && value <= axis.to) ticks.push_back({value, numberText(value, 3)});
      if (int(ticks.size()) <= most && (ticks.size() >= 2 || parts.size() == 1)) return ticks;
    }
  return {};
}
}  // namespace

double Axis::part(double value) const {
  if (log) return std::log(value / from) / std::log(to / from);
  return (value - from) / (to - from);
}

double Axis::valueAt(double part) const { return log ? from * std::pow(to / from, part) : from + part * (to - from); }

double roundStep(double value, int count) {
  const double step = value / std::max(count, 1), power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double round : {1.0, 2.0, 5.0})
    if (round * power >= step * (1 - 1e-9)) return round * power;
  return 10 * power;
}

std::vector<Tick> ticksOf(const Axis& axis, int most) {
  if (!(axis.to > axis.from)) return {};
  if (axis.log) {
    std::vector<Tick> ticks = logarithmic(axis, most);
    if (ticks.size() >= 2) return ticks;  // else the stretch is so short that it is almost linear
  }
  const double step = roundStep(axis.to - axis.from, most);
  std::vector<Tick> ticks;
  for (double i = std::ceil(axis.from / step - 1e-9); i * step <= axis.to + 1e-9 * step; ++i)
    ticks.push_back({i * step, numberText(i == 0 ? 0 : i * step, kTickDigits)});
  return ticks;
}

Axis axisAround(double lowest, double highest, bool log) {
  if (log) {
    if (highest / lowest < 1.01) lowest /= 1.1, highest *= 1.1;
    const double margin = std::pow(highest / lowest, kAxisMargin);
    return {lowest / margin, highest * margin, true};
  }
  if (!(highest > lowest)) {
    const double some = std::max(std::abs(highest) * 0.1, 1e-6);
    lowest -= some, highest += some;
  }
  const double margin = (highest - lowest) * kAxisMargin;
  return {lowest - margin, highest + margin, false};
}

}  // namespace ui
