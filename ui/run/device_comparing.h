// One batch of the project on the processor and on a CUDA device, node by node, on a thread of its own: what a person asks for who
// does not trust one of them. It touches neither the project nor its runs.
#pragma once
#include <QObject>
#include <optional>

#include "engine/training/compare_devices.h"
#include "ui/run/device_setting.h"
#include "ui/run/trained.h"

namespace ui {

class Actions;

class DeviceComparing : public QObject {
  Q_OBJECT
 public:
  enum class State { none, working, there, failed };
  // Binds train.compare.
  DeviceComparing(Project& project, Training& training, DeviceSetting& devices, Actions& actions, QObject* parent = nullptr);

  State state() const { return state_; }
  const engine::training::DeviceComparison& comparison() const { return *comparison_; }  // of State::there
  QString weights() const { return weights_; }  // what was compared with: "Run 3", or "" for what a run begins with
  QString problem() const { return problem_; }  // of State::failed
  QString whyNot() const;                       // why it cannot be asked for now; "" where it can

  void start();

 signals:
  void changed();
  void begun();

 private:
  struct Result {
    std::optional<engine::training::DeviceComparison> comparison;
    QString problem;
  };
  static Result work(const Trained& trained, const engine::DeviceChoice& device);
  void forget();

  Project& project_;
  Training& training_;
  DeviceSetting& devices_;
  State state_ = State::none;
  std::optional<engine::training::DeviceComparison> comparison_;
  QString weights_, problem_;
  int asked_ = 0;  // how often; an older question's answer is not wanted
};

}  // namespace ui
