#include "ui/model/habits.h"

#include <QSettings>
#include <QVariantMap>
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/document/block_library.h"
#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "ui/model/text.h"

namespace ui {

using engine::document::Document;

namespace {

constexpr char kHabitsSetting[] = "canvas/habits";
constexpr double kFades = 0.98;     // with each choice
constexpr double kForgotten = 0.02;  // below it nothing is kept
constexpr qsizetype kMostPairs = 400;

// "Conv2d>ReLU"; no type has such a sign in its name.
QString pairOf(const QString& before, const QString& after) { return before + '>' + after; }

const Habits::Counts& shipped() {
  static const Habits::Counts counts = [] {
    Habits::Counts all;
    for (const auto& each : engine::document::templates())
      if (const auto document = engine::document::parse(each.text)) all.add(*document);
    for (const auto& block : engine::document::shippedBlocks()) all.add(*block.file);
    return all;
  }();
  return counts;
}

}  // namespace

void Habits::Counts::add(const Document& network, double weight) {
  for (const auto& node : network.nodes()) types[qt(node->type)] += weight;
  for (const auto& wire : network.wires()) pairs[pairOf(qt(network.node(wire.from)->type), qt(network.node(wire.to)->type))] += weight;
  for (const auto& block : network.blocks()) add(*block, weight);
}

Habits::Habits(const Document& project) {
  project_.add(project);
  const QVariantMap kept = QSettings().value(kHabitsSetting).toMap();
  for (auto it = kept.cbegin(); it != kept.cend(); ++it) {
    const double count = std::clamp(it->toDouble(), 0.0, 1e6);  // whatever somebody wrote there
    person_.pairs[it.key()] += count;
    person_.types[it.key().section('>', 1)] += count;
  }
}

double Habits::of(const QString& before, const QString& op, const QString& after) const {
  const auto ofOne = [&](const Counts& counts) {
    double score = std::log1p(counts.types.value(op)) / 2;
    if (!before.isEmpty()) score += 2 * std::log1p(counts.pairs.value(pairOf(before, op)));
    if (!after.isEmpty()) score += 2 * std::log1p(counts.pairs.value(pairOf(op, after)));
    return score;
  };
  return 2 * ofOne(project_) + 1.5 * ofOne(person_) + 0.5 * ofOne(shipped());
}

void Habits::chose(const QString& before, const QString& op) {
  QSettings settings;
  QVariantMap kept = settings.value(kHabitsSetting).toMap();
  for (auto it = kept.begin(); it != kept.end();) {
    const double faded = it->toDouble() * kFades;
    if (faded < kForgotten || !std::isfinite(faded)) it = kept.erase(it);
    else *it++ = faded;
  }
  const QString pair = pairOf(before, op);
  kept[pair] = kept.value(pair).toDouble() + 1;
  while (kept.size() > kMostPairs) {
    auto least = kept.begin();
    for (auto it = kept.begin(); it != kept.end(); ++it)
      if (it->toDouble() < least->toDouble()) least = it;
    kept.erase(least);
  }
  settings.setValue(kHabitsSetting, kept);
}

}  // namespace ui
