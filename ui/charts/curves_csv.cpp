#include "ui/charts/curves_csv.h"

#include <fmt/format.h>

#include <map>

namespace ui {

std::string csvOf(const Curves& curves) {
  // Steps that were joined past the capacity stand in one row with their lowest and highest.
  struct Few {
    std::optional<double> validationLoss, validationAccuracy, testLoss, testAccuracy, rate;
  };
  std::map<int64_t, Few> few;
  for (const QPointF& p : curves.validationLoss) few[int64_t(p.x())].validationLoss = p.y();
  for (const QPointF& p : curves.validationAccuracy) few[int64_t(p.x())].validationAccuracy = p.y();
  if (curves.testLoss) few[int64_t(curves.testLoss->x())].testLoss = curves.testLoss->y();
  if (curves.testAccuracy) few[int64_t(curves.testAccuracy->x())].testAccuracy = curves.testAccuracy->y();
  for (const Mark& mark : curves.marks)
    if (mark.kind == Mark::Kind::rate) few[mark.step].rate = mark.value;

  std::string text =
      "step,epoch,training_loss_lowest,training_loss_highest,training_loss_smoothed,training_accuracy_smoothed,"
      "validation_loss,validation_accuracy,test_loss,test_accuracy,learning_rate_set\n";
  const auto cell = [&](const std::optional<double>& value) {
    text += ',';
    if (value) text += fmt::format("{:.7g}", *value);
  };
  const auto number = [](const Series::Bucket* bucket, bool highest) -> std::optional<double> {
    if (!bucket || !bucket->isNumber()) return std::nullopt;
    return highest ? bucket->highest : bucket->lowest;
  };
  const auto row = [&](int64_t step, const Series::Bucket* loss) {
    text += fmt::format("{}", step);
    cell(curves.stepsAnEpoch > 0 ? std::optional(double(step) / curves.stepsAnEpoch) : std::nullopt);
    cell(number(loss, false));
    cell(number(loss, true));
    cell(number(curves.smoothLoss.at(step), true));
    cell(number(curves.smoothAccuracy.at(step), true));
    const auto found = few.find(step);
    const Few values = found == few.end() ? Few() : found->second;
    for (const auto& value : {values.validationLoss, values.validationAccuracy, values.testLoss, values.testAccuracy, values.rate}) cell(value);
    text += '\n';
    if (found != few.end()) few.erase(found);
  };
  curves.loss.visit(0, curves.loss.lastX(), curves.loss.size() + 1, [&](const Series::Bucket& bucket) {
    while (!few.empty() && few.begin()->first < int64_t(bucket.x)) row(few.begin()->first, nullptr);
    row(bucket.x, &bucket);
  });
  while (!few.empty()) row(few.begin()->first, nullptr);
  return text;
}

}  // namespace ui
