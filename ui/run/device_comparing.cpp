#include "ui/run/device_comparing.h"

#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/shell/actions.h"

namespace ui {

DeviceComparing::DeviceComparing(Project& project, Training& training, DeviceSetting& devices, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), training_(training), devices_(devices) {
  actions.bind("train.compare", [this] { start(); }, [this] { return whyNot(); });
  connect(&devices_, &DeviceSetting::changed, &actions, &Actions::refreshSoon);
  connect(this, &DeviceComparing::changed, &actions, &Actions::refreshSoon);
  connect(&project_, &Project::replaced, this, &DeviceComparing::forget);
}

QString DeviceComparing::whyNot() const {
  QString why;
  if (!devices_.toCompare(&why)) return tr("There is no CUDA device to compare with: %1.").arg(why);
  if (state_ == State::working) return tr("The devices are being compared.");
  if (training_.isActive()) return tr("A run is under way: stop it first.");
  return {};
}

void DeviceComparing::forget() {
  ++asked_;
  state_ = State::none;
  comparison_.reset();
  emit changed();
}

void DeviceComparing::start() {
  QString why;
  const auto device = devices_.toCompare(&why);
  if (!device || !whyNot().isEmpty()) return;
  forget();
  // What is on the canvas: weights of a run that was of another network say nothing about it.
  Trained trained = trainedOf(project_, training_);
  if (training_.snapshot() && training_.isOutdated()) trained = {project_.document(), {}, project_.folder(), {}, false};
  weights_ = trained.weights.isEmpty() ? QString() : trained.name;
  state_ = State::working;
  emit changed();
  emit begun();
  inBackground(
      this, [trained, device = *device] { return work(trained, device); },
      [this, question = asked_](Result result) {
        if (question != asked_) return;
        comparison_ = std::move(result.comparison);
        problem_ = result.problem;
        state_ = comparison_ ? State::there : State::failed;
        emit changed();
      });
}

DeviceComparing::Result DeviceComparing::work(const Trained& trained, const engine::DeviceChoice& device) {
  Result result;
  const auto here = openTrained(trained, true), there = openTrained(trained, true, device);
  for (const auto* session : {&here, &there})
    if (!*session) {
      result.problem = textOf(session->error());
      return result;
    }
  auto comparison = engine::training::compareDevices(**here, **there);
  if (comparison) result.comparison = *std::move(comparison);
  else result.problem = textOf(comparison.error());
  return result;
}

}  // namespace ui
