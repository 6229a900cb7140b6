#include "ui/run/run_strips.h"

#include <QDir>
#include <QFileInfo>

#include "ui/model/fixes.h"
#include "ui/model/text.h"
#include "ui/run/difference_popup.h"

namespace ui {

RunStrips::RunStrips(Project& project, Training& training, MessageBar& messages, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), training_(training), messages_(messages), actions_(actions) {
  connect(&training_, &Training::outdatedChanged, this, &RunStrips::showOutdated);
  connect(&training_, &Training::stateChanged, this, &RunStrips::showState);
  connect(&training_, &Training::noted, this, [this](const engine::Problem& note) {
    messages_.showProblem("run.note", training_.isActive() ? tr("The run goes on, and notes") : tr("The run is kept"), note, {}, MessageBar::Tone::warning);
  });
}

void RunStrips::showOutdated() {
  if (!training_.isOutdated() || training_.state() == Training::State::failed) return messages_.remove("outdated");
  const bool active = training_.isActive();
  const QString text = active ? tr("The network was edited since this run began: curves and weights belong to the network as it was.")
                              : tr("The network was edited since it was trained: curves and weights belong to the network as it was.");
  if (messages_.textOf("outdated") == text) return;
  messages_.show("outdated", MessageBar::Tone::warning, text,
                 {{tr("See the difference"), [this] { showDifference(); }}, {active ? tr("Restart") : tr("Train again"), [this] {
                    if (!project_.hasProblems()) return training_.restart();
                    messages_.show("run.restart", MessageBar::Tone::problem, tr("It cannot start anew: the network has problems, see the list of problems. The run and its weights are kept."));
                    showOutdated();
                  }}});
}

void RunStrips::showDifference() {
  auto* popup = new DifferencePopup(project_, training_, &messages_);
  popup->popUp(messages_.mapToGlobal(QPoint(8, messages_.height())));
  connect(popup, &QObject::destroyed, this, &RunStrips::showOutdated);  // a button takes its strip away
}

void RunStrips::showState() {
  const Training::State now = training_.state();
  if (now == last_) return;
  last_ = now;
  showOutdated();
  if (now == Training::State::preparing) {
    messages_.remove("run.failed");
    messages_.remove("run.note");
    messages_.remove("run.restart");
    return;
  }
  if (now != Training::State::failed || !training_.status().problem) return;
  const engine::Problem problem = *training_.status().problem;
  const bool node = problem.node && !project_.whereIs(problem.node).way.empty();
  QList<MessageBar::Button> buttons;
  if (node)
    buttons << MessageBar::Button{tr("Show node"), [this, id = problem.node] {
                                    project_.reveal(id);
                                    if (actions_.isBound("view.fit_selection")) actions_.trigger("view.fit_selection");
                                  }};
  if (const engine::NodeId seen = node ? project_.inView(problem.node) : 0) project_.selection().set({seen});
  messages_.remove("run.note");  // of the same mishap, mostly; the log has it
  const QString folder = training_.runFolder();
  const bool goesOn = QFileInfo::exists(folder + "/checkpoint.safetensors"), began = training_.status().step > 0;
  if (canFix(problem) && !problem.node)  // of the recipe: a batch that there is memory for
    buttons << MessageBar::Button{tr("%1 and train").arg(editText(problem)), [this, problem] {
                                    if (applyFix(project_, problem)) training_.start();
                                  }};
  if (!node) {
    const auto offer = [&](const char* action, const QString& text) {
      if (actions_.isBound(action)) buttons << MessageBar::Button{text, [this, action] { actions_.trigger(action); }};
    };
    const bool ofRun = qt(problem.place.name).startsWith(QFileInfo(folder).absolutePath());
    if (problem.place.kind == engine::Place::Kind::file && !ofRun) offer("train.recipe", tr("Choose data"));
    else if (problem.place.kind == engine::Place::Kind::file) offer("file.save_as", tr("Save as..."));
    if (goesOn) offer("train.resume", tr("Continue from the checkpoint"));
    using Device = engine::DeviceChoice;
    const bool ofDevice = problem.place.kind == engine::Place::Kind::whole && training_.device().kind != Device::Kind::cpu && !training_.isOnProcessor();
    if (ofDevice && (training_.device().kind == Device::Kind::cuda || !training_.status().device.empty()))
      buttons << MessageBar::Button{goesOn ? tr("Continue on the CPU") : tr("Train on the CPU"), [this, goesOn] {
                                      training_.setDevice({Device::Kind::cpu, 0});
                                      goesOn ? training_.resumeLast() : training_.start();
                                    }};
  }
  const QString kept = goesOn  ? tr("The run cannot go on; its last checkpoint is kept")
                       : began ? tr("The run cannot go on")
                               : tr("The run did not begin; the project is as it was");
  const QString run = tr("Run %1 stopped at step %2").arg(QDir(training_.runFolder()).dirName().toInt()).arg(countText(double(training_.status().step + 1)));
  messages_.showProblem("run.failed", node ? run + tr(", at %1").arg(qt(project_.whereIs(problem.node).name)) : kept, problem, buttons);
}

}  // namespace ui
