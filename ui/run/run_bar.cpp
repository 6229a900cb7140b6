#include "ui/run/run_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QToolButton>

#include "ui/model/data_summary.h"
#include "ui/run/device_box.h"
#include "ui/run/rate_popup.h"
#include "ui/run/run_progress.h"
#include "ui/theme/theme.h"
#include "ui/widgets/line.h"
#include "ui/widgets/spoken.h"

namespace ui {

namespace {
constexpr int kPrimaryWidth = 104;  // "Continue" with its icon, and room for other languages
}  // namespace

RunBar::RunBar(Project& project, Training& training, DeviceSetting& devices, Actions& actions, QWidget* parent)
    : QWidget(parent), project_(project), training_(training), actions_(actions) {
  setObjectName("run.bar");
  setFixedHeight(size::toolbar);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 0, 12, 0);
  row->setSpacing(6);

  primary_ = new QPushButton(this);
  primary_->setObjectName("run.primary");
  primary_->setMinimumWidth(kPrimaryWidth);
  connect(primary_, &QPushButton::clicked, this, [this] { actions_.trigger(training_.whyNotPause().isEmpty() ? "train.pause" : "train.start"); });
  row->addWidget(primary_);
  for (const char* id : {"train.step", "train.stop"}) {
    auto* button = new QToolButton(this);
    button->setProperty("kind", "quiet");
    button->setObjectName(QString("run.") + (id + 6));
    button->setDefaultAction(actions_[id]);
    button->setAccessibleName(actions_[id]->text().remove('&'));
    row->addWidget(button);
  }

  device_ = new DeviceBox(devices, this);
  row->addSpacing(2);
  row->addWidget(device_);

  precision_ = new QComboBox(this);
  precision_->setObjectName("run.precision");
  setSpokenName(*precision_, tr("Precision"));
  precision_->addItem(tr("float32"), int(engine::Type::f32));
  precision_->addItem(tr("float64"), int(engine::Type::f64));
  connect(precision_, &QComboBox::activated, this, &RunBar::choosePrecision);
  row->addWidget(precision_);

  row->addSpacing(8);
  row->addWidget(uprightLineOf(this, 20));
  row->addSpacing(8);
  progress_ = new RunProgress(this);
  row->addWidget(progress_, 1);
  resume_ = new QPushButton(tr("Continue it"), this);
  resume_->setObjectName("run.resume");
  resume_->setProperty("kind", "link");
  const auto showTip = [this] { resume_->setToolTip(actions_["train.resume"]->toolTip()); };
  connect(actions_["train.resume"], &QAction::changed, resume_, showTip);
  showTip();
  connect(resume_, &QPushButton::clicked, this, [this] { actions_.trigger("train.resume"); });
  row->addWidget(resume_);

  actions_.bind("train.rate", [this] { askRate(); }, [this] { return training_.whyNotSetLearningRate(); });
  actions_.bind("train.device", [this] { device_->showPopup(); });
  connect(&training_, &Training::stateChanged, this, &RunBar::showState);
  connect(&training_, &Training::ticked, this, &RunBar::showProgress);
  connect(&project_, &Project::stated, this, [this] {
    showState();
    showPrecision();
  });
  connect(&DataSummary::of(project_), &DataSummary::changed, this, &RunBar::showProgress);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &RunBar::showState);
  connect(actions_["train.start"], &QAction::changed, this, &RunBar::showState);
  connect(actions_["train.pause"], &QAction::changed, this, &RunBar::showState);
  showState();
  showPrecision();
}

void RunBar::setNarrow(bool narrow) { precision_->setVisible(!narrow); }

void RunBar::showState() {
  const bool pauses = training_.state() == Training::State::running || training_.state() == Training::State::preparing;
  const QAction* action = actions_[pauses ? "train.pause" : "train.start"];
  primary_->setText(action->text().remove('&'));
  primary_->setEnabled(action->isEnabled());
  primary_->setToolTip(action->toolTip());
  primary_->setAccessibleName(action->text().remove('&'));
  // One thing stands out: after a run it is what the run has shown.
  const bool done = training_.state() == Training::State::finished && !training_.isOutdated();
  const QString kind = done ? "" : "primary";
  if (primary_->property("kind").toString() != kind) {
    primary_->setProperty("kind", kind);
    primary_->style()->unpolish(primary_);
    primary_->style()->polish(primary_);
  }
  primary_->setIcon(icon(pauses ? "pause" : "play", done || !primary_->isEnabled() ? QColor() : theme().text.onAccent));
  resume_->setVisible(training_.state() == Training::State::stopped && training_.whyNotResume().isEmpty());
  showProgress();
}

void RunBar::showProgress() { progress_->show(wordsOf(training_, project_)); }

void RunBar::showPrecision() {
  const engine::Type type = project_.document().recipe().phases.front().precision;
  precision_->setCurrentIndex(precision_->findData(int(type)));
  precision_->setToolTip(tr("<b>Precision</b><br>Of all numbers of the network: float64 is for checking, and several times as slow."));
}

void RunBar::choosePrecision(int index) {
  const auto type = engine::Type(precision_->itemData(index).toInt());
  project_.editWhole(tr("Precision"), [type](engine::document::Transaction& t) {
    engine::document::Recipe recipe = t.view().recipe();
    for (auto& phase : recipe.phases) phase.precision = type;
    return t.setRecipe(std::move(recipe));
  });
}

void RunBar::askRate() {
  auto* popup = new RatePopup(training_, this);
  popup->popUp(progress_->mapToGlobal(QPoint(0, progress_->height() + 4)));
}

}  // namespace ui
