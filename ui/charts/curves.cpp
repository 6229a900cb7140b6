#include "ui/charts/curves.h"

#include <QDir>
#include <algorithm>
#include <cmath>

namespace ui {

using engine::training::EvaluationEvent;
using engine::training::StepEvent;

namespace {
constexpr double kPartOfRun = 0.01, kLeastWindow = 3, kMostWindow = 300;  // steps that a smoothed point looks back over
}

double RunCurves::Smoothing::add(double value, double count, double window) {
  if (!std::isfinite(value)) return weight > 0 ? sum / weight : value;
  const double keep = std::exp(-count / window);
  sum = keep * sum + (1 - keep) * value;
  weight = keep * weight + (1 - keep);
  return sum / weight;
}

RunCurves::RunCurves(Training& training, QObject* parent) : QObject(parent), training_(training) {
  connect(&training_, &Training::started, this, &RunCurves::begin);
  connect(&training_, &Training::stepped, this, qOverload<const std::vector<StepEvent>&>(&RunCurves::take));
  connect(&training_, &Training::evaluated, this, qOverload<const std::vector<EvaluationEvent>&>(&RunCurves::take));
  connect(&training_, &Training::learningRateSet, this, [this](qint64 step, double rate) {
    now_->marks.push_back({Mark::Kind::rate, step, rate});
    dirty_ = true;
  });
  connect(&training_, &Training::ticked, this, [this] {
    const auto& status = training_.status();
    now_->steps = status.steps;
    if (training_.snapshot()->recipe().phases.size() > 1) now_->stepsAnEpoch = 0;
    else if (now_->stepsAnEpoch == 0 && status.epochs > 0) now_->stepsAnEpoch = double(status.steps) / double(status.epochs);
    if (status.train && training_.state() != Training::State::preparing) look(status.epoch, status.step, *status.train);
    if (std::exchange(dirty_, false)) emit changed();
  });
  connect(&training_, &Training::stateChanged, this, [this] {
    if (training_.state() == Training::State::idle && (!now_->empty() || before_)) {  // another project
      *now_ = Curves();
      before_.reset();
      folder_.clear();
      emit changed();
    }
    if (training_.state() == Training::State::failed || training_.state() == Training::State::stopped) end();
  });
}

std::unique_ptr<Curves> RunCurves::copy() const { return std::make_unique<Curves>(*now_); }

void RunCurves::begin() {
  const bool goesOn = folder_ == training_.runFolder() && !now_->empty();
  if (goesOn) return;
  folder_ = training_.runFolder();
  if (!now_->empty()) before_ = std::move(now_);
  now_ = std::make_unique<Curves>();
  now_->run = QDir(folder_).dirName().toInt();
  loss_ = accuracy_ = {};
  epoch_ = -1;
  emit changed();
}

double RunCurves::window() const { return std::clamp(double(training_.status().steps) * kPartOfRun, kLeastWindow, kMostWindow); }

void RunCurves::take(const std::vector<StepEvent>& steps) {
  for (const StepEvent& event : steps) {
    now_->loss.append(event.step, event.lowest, event.highest);
    now_->smoothLoss.append(event.step, loss_.add(event.sum / double(event.count), double(event.count), window()));
  }
  dirty_ = true;
}

void RunCurves::take(const std::vector<EvaluationEvent>& evaluations) {
  for (const EvaluationEvent& event : evaluations) {
    const QPointF loss(double(event.step), event.evaluation.loss);
    if (event.evaluation.part == engine::data::Part::test) {
      now_->testLoss = loss;
      if (event.evaluation.accuracy) now_->testAccuracy = QPointF(double(event.step), *event.evaluation.accuracy);
    } else {
      // The first end of an epoch tells how many steps there are in one; the recipe may end the run before the last.
      if (event.epoch == 0 && training_.snapshot()->recipe().phases.size() == 1) now_->stepsAnEpoch = double(event.step);
      if (event.train) look(event.epoch, event.step, *event.train);
      if (std::isfinite(event.evaluation.loss)) now_->validationLoss.push_back(loss);
      else now_->marks.push_back({Mark::Kind::broken, event.step});
      if (event.evaluation.accuracy) now_->validationAccuracy.emplace_back(double(event.step), *event.evaluation.accuracy);
    }
  }
  dirty_ = true;
}

// The engine counts what was right since the epoch began; the curve is about what came since the last look.
void RunCurves::look(int64_t epoch, int64_t step, const engine::training::Evaluation& train) {
  if (!train.accuracy || step <= 0) return;
  if (epoch != epoch_ || train.samples < samples_) {
    samples_ = 0;
    right_ = 0;
    epoch_ = epoch;
  }
  const int64_t samples = train.samples - samples_;
  if (samples <= 0 || step <= now_->accuracy.lastX()) return;
  const double right = *train.accuracy * double(train.samples);
  const double share = std::clamp((right - right_) / double(samples), 0.0, 1.0);
  const double steps = double(step - now_->accuracy.lastX());
  now_->accuracy.append(step, share);
  now_->smoothAccuracy.append(step, accuracy_.add(share, steps, window()));
  samples_ = train.samples;
  right_ = right;
  dirty_ = true;
}

void RunCurves::end() {
  if (now_->empty()) return;
  // No more is to come: what is there has the axis to itself.
  now_->steps = now_->loss.lastX();
  const auto& problem = training_.status().problem;
  if (problem && problem->node != 0) now_->marks.push_back({Mark::Kind::broken, training_.status().step + 1});
  emit changed();
}

}  // namespace ui
