// What a run has told so far, as curves: training and validation, raw and smoothed, of this run and of the one before.
#pragma once
#include <QObject>
#include <QPointF>
#include <memory>
#include <optional>
#include <vector>

#include "ui/charts/series.h"
#include "ui/run/training.h"

namespace ui {

struct Mark {
  enum class Kind { rate, broken };
  Kind kind;
  int64_t step;
  double value = 0;  // the new learning rate
  bool operator==(const Mark&) const = default;
};

struct Curves {
  int run = 0;  // the number of its folder
  Series loss, smoothLoss{kSmooth}, accuracy{kSmooth}, smoothAccuracy{kSmooth};
  std::vector<QPointF> validationLoss, validationAccuracy;  // (step, value)
  std::optional<QPointF> testLoss, testAccuracy;
  std::vector<Mark> marks;
  int64_t steps = 0;        // planned
  double stepsAnEpoch = 0;  // 0: epochs mean nothing (several phases)
  bool hasAccuracy() const { return !accuracy.empty() || !validationAccuracy.empty() || testAccuracy; }
  bool empty() const { return loss.empty() && validationLoss.empty(); }

 private:
  static constexpr size_t kSmooth = size_t(1) << 16;  // a smooth curve needs no more points
};

class RunCurves : public QObject {
  Q_OBJECT
 public:
  explicit RunCurves(Training& training, QObject* parent = nullptr);

  const Curves& now() const { return *now_; }
  const Curves* before() const { return before_.get(); }  // null: there was none
  std::unique_ptr<Curves> copy() const;                    // for another thread

 signals:
  void changed();

 private:
  // A mean that forgets, corrected for its beginning: after Kingma and Ba 2015 (arXiv 1412.6980), section 3.
  struct Smoothing {
    double sum = 0, weight = 0;
    double add(double value, double count, double window);
  };
  void begin();
  void take(const std::vector<engine::training::StepEvent>& steps);
  void take(const std::vector<engine::training::EvaluationEvent>& evaluations);
  void look(int64_t epoch, int64_t step, const engine::training::Evaluation& train);
  void end();
  double window() const;

  Training& training_;
  std::unique_ptr<Curves> now_ = std::make_unique<Curves>(), before_;
  QString folder_;
  Smoothing loss_, accuracy_;
  // How many samples of the epoch were right when last looked.
  int64_t epoch_ = -1, samples_ = 0, lookedAt_ = 0;
  double right_ = 0;
  bool dirty_ = false;
};

}  // namespace ui
