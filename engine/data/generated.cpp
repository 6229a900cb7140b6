// Spirals, moons, XOR, circles, blobs.
#include "engine/data/generated.h"

#include <cmath>
#include <iterator>
#include <numbers>

#include "engine/data/random.h"
#include "engine/data/table.h"

namespace engine::data {
namespace {

using std::numbers::pi;
constexpr int64_t kTrainRows = 2000;
constexpr int64_t kTestRows = 500;

struct Point {
  double x, y;
};

// Two arms that wind around each other one and three quarter times.
Point spiral(int64_t label, Random& random) {
  constexpr double kTurns = 1.75, kNoise = 0.02;
  const double radius = std::sqrt(random.uniform(0.005, 1));  // the root spreads the points evenly along the arm
  const double angle = 2 * pi * kTurns * radius + pi * double(label);
  return {radius * std::cos(angle) + kNoise * random.normal(), radius * std::sin(angle) + kNoise * random.normal()};
}

// Two half circles, each reaching into the other.
Point moon(int64_t label, Random& random) {
  constexpr double kRadius = 0.6, kNoise = 0.06;
  const double angle = pi * random.uniform();
  const double x = kRadius * std::cos(angle), y = kRadius * std::sin(angle);
  const double noiseX = kNoise * random.normal(), noiseY = kNoise * random.normal();
  if (label == 0) return {x - kRadius / 2 + noiseX, y - kRadius / 4 + noiseY};
  return {kRadius / 2 - x + noiseX, kRadius / 4 - y + noiseY};
}

// The four quarters of a square, with a gap along the axes: class 1 where the signs differ.
Point quarter(int64_t label, Random& random) {
  constexpr double kGap = 0.05;
  const double x = random.uniform(kGap, 1), y = random.uniform(kGap, 1);
  const double sign = random.below(2) ? 1 : -1;
  return {sign * x, (label == 0 ? sign : -sign) * y};
}

Point circle(int64_t label, Random& random) {
  constexpr double kOuter = 0.9, kInner = 0.4, kNoise = 0.05;
  const double radius = label == 0 ? kOuter : kInner, angle = 2 * pi * random.uniform();
  return {radius * std::cos(angle) + kNoise * random.normal(), radius * std::sin(angle) + kNoise * random.normal()};
}

Point blob(int64_t label, Random& random) {
  constexpr Point kCentres[] = {{-0.6, -0.4}, {0.6, -0.4}, {0, 0.6}};
  constexpr double kDeviation = 0.16;
  const Point& centre = kCentres[label];
  return {centre.x + kDeviation * random.normal(), centre.y + kDeviation * random.normal()};
}

struct Kind {
  std::string_view name;
  Point (*point)(int64_t label, Random& random);
  std::vector<std::string> classes;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kinds = {{"spirals", spiral, {"first", "second"}},
                                          {"moons", moon, {"upper", "lower"}},
                                          {"xor", quarter, {"same signs", "different signs"}},
                                          {"circles", circle, {"outer", "inner"}},
                                          {"blobs", blob, {"left", "right", "top"}}};
  return kinds;
}

}  // namespace

std::span<const std::string_view> generatedNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> list;
    for (const Kind& kind : kinds()) list.push_back(kind.name);
    return list;
  }();
  return names;
}

SourcePointer generate(std::string_view name) {
  for (size_t index = 0; index < kinds().size(); ++index) {
    const Kind& kind = kinds()[index];
    if (kind.name != name) continue;
    const auto classes = int64_t(kind.classes.size());
    auto table = std::make_shared<Table>(
        std::string(name), std::vector<Column>{{"point", Type::f32, {2}, {}}, {"label", Type::i64, {}, kind.classes}});
    for (Part part : {Part::train, Part::test}) {
      const int64_t rows = part == Part::train ? kTrainRows : kTestRows;
      Array points{{rows, 2}, Type::f32, std::vector<std::byte>(size_t(rows) * 2 * sizeof(float))};
      Array labels{{rows}, Type::i64, std::vector<std::byte>(size_t(rows) * sizeof(int64_t))};
      Random random(index, uint64_t(part));
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t label = row % classes;
        const Point point = kind.point(label, random);
        points.as<float>()[2 * row] = float(point.x);
        points.as<float>()[2 * row + 1] = float(point.y);
        labels.as<int64_t>()[row] = label;
      }
      std::vector<Array> arrays;
      arrays.push_back(std::move(points));
      arrays.push_back(std::move(labels));
      if (!table->setPart(part, std::move(arrays))) return nullptr;
    }
    return table;
  }
  return nullptr;
}

}  // namespace engine::data
