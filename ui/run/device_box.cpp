#include "ui/run/device_box.h"

#include <QActionGroup>
#include <QMenu>
#include <QThread>

#include "ui/theme/theme.h"
#include "ui/widgets/spoken.h"

namespace ui {

DeviceBox::DeviceBox(DeviceSetting& setting, QWidget* parent) : QComboBox(parent), setting_(setting) {
  setObjectName("run.device");
  setSpokenName(*this, tr("Device and threads"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  addItem(QString());
  connect(&setting_, &DeviceSetting::changed, this, &DeviceBox::showChoice);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &DeviceBox::showChoice);
  showChoice();
}

void DeviceBox::showChoice() {
  if (const QString text = setting_.nextRun(); text != itemText(0)) {
    setItemText(0, text);
    updateGeometry();
  }
  setItemIcon(0, icon("chip"));
  setAccessibleDescription(tr("The next run computes on %1: %2").arg(setting_.nextRun(), setting_.whyNext()));
  setToolTip(tr("<b>Device and threads</b><br>The next run computes on %1: %2.<br>On the processor the results are the same "
                "bits for any number of threads.")
                 .arg(setting_.nextRun().toHtmlEscaped(), setting_.whyNext().toHtmlEscaped()));
}

void DeviceBox::fill(QMenu& menu) {
  auto* devices = new QActionGroup(&menu);
  for (const DeviceSetting::Entry& entry : setting_.entries()) {
    // Who has no mouse to rest on it reads the reason, too.
    QAction* action = menu.addAction(entry.whyNot.isEmpty() ? entry.text : tr("%1: %2").arg(entry.text, entry.whyNot));
    action->setObjectName("device." + QString::fromStdString(entry.choice.text()));
    action->setCheckable(true);
    action->setChecked(setting_.isChosen(entry.choice));
    action->setActionGroup(devices);
    action->setEnabled(entry.whyNot.isEmpty());
    action->setToolTip(!entry.whyNot.isEmpty() ? entry.whyNot
                       : entry.choice.kind == engine::DeviceChoice::Kind::automatic ? tr("The first CUDA device that can be used, or else the CPU.")
                       : entry.choice.kind == engine::DeviceChoice::Kind::cpu       ? tr("This computer's processor.")
                                                                                    : tr("Where it cannot be used, the run says so and does not begin."));
    connect(action, &QAction::triggered, &setting_, [this, choice = entry.choice] { setting_.choose(choice); });
  }
  QAction* tf32 = menu.addAction(setting_.hasTf32() ? tr("TF32 products") : tr("TF32 products: need a CUDA device of compute capability 8.0 or newer"));
  tf32->setObjectName("device.tf32");
  tf32->setCheckable(true);
  tf32->setChecked(setting_.isTf32() && setting_.hasTf32());
  tf32->setEnabled(setting_.hasTf32());
  tf32->setToolTip(tr("Products of matrices and convolutions on a CUDA device's tensor cores: quicker, and about 3 digits instead of 7."));
  connect(tf32, &QAction::triggered, &setting_, &DeviceSetting::chooseTf32);
  menu.addSeparator();
  auto* threads = new QActionGroup(&menu);
  const int cores = qMax(1, QThread::idealThreadCount());
  const auto add = [&](int count, const QString& text, const QString& about) {
    QAction* action = menu.addAction(text);
    action->setObjectName(QString("threads.%1").arg(count));
    action->setCheckable(true);
    action->setChecked(setting_.isChosenThreads(count));
    action->setActionGroup(threads);
    action->setToolTip(about);
    connect(action, &QAction::triggered, &setting_, [this, count] { setting_.chooseThreads(count); });
  };
  add(0, tr("All but one: %1").arg(threadsText(qMax(1, cores - 1))), tr("One thread for each core, but one for this window."));
  for (const int count : setting_.threadCounts()) add(count, threadsText(count), tr("Of the processor, for what it computes."));
}

void DeviceBox::showPopup() {
  auto* menu = new QMenu(this);
  menu->setObjectName("menu.device");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setToolTipsVisible(true);
  menu->setAccessibleName(accessibleName());
  fill(*menu);
  for (QAction* action : menu->actions())
    if (action->isChecked() && action->isEnabled()) {
      menu->setActiveAction(action);
      break;
    }
  menu->popup(mapToGlobal(QPoint(0, height() + 2)));
}

}  // namespace ui
