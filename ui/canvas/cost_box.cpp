#include "ui/canvas/cost_box.h"

#include <QMenu>

#include "ui/canvas/cost_bars.h"
#include "ui/widgets/spoken.h"

namespace ui {

namespace {
constexpr Cost kOffered[] = {Cost::parameters, Cost::memory, Cost::arithmetic, Cost::time};
}

CostBox::CostBox(Actions& actions, QWidget* parent) : QComboBox(parent), actions_(actions) {
  setObjectName("toolbar.bars");
  setSpokenName(*this, tr("What the nodes' bars show"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  // As wide for every choice: nothing beside it moves.
  for (const Cost cost : kOffered) addItem(actions_[actionOf(cost)]->text().remove('&'));
  addItem(tr("Bars: none"));
  connect(this, &QComboBox::activated, this, [this](int index) {  // by arrows and the wheel
    if (index < int(std::size(kOffered))) actions_.trigger(actionOf(kOffered[index]));
    else if (actions_["view.costs"]->isChecked()) actions_.trigger("view.costs");
  });
  for (const Cost cost : kOffered) connect(actions_[actionOf(cost)], &QAction::changed, this, &CostBox::showChoice);
  connect(actions_["view.costs"], &QAction::changed, this, &CostBox::showChoice);
  showChoice();
}

void CostBox::showChoice() {
  int chosen = int(std::size(kOffered));
  for (const Cost cost : kOffered)
    if (actions_["view.costs"]->isChecked() && actions_[actionOf(cost)]->isChecked()) chosen = int(cost);
  setCurrentIndex(chosen);
  const bool none = chosen == int(std::size(kOffered));
  setToolTip(none ? actions_["view.costs"]->toolTip() : actions_[actionOf(kOffered[chosen])]->toolTip());
  setAccessibleDescription(currentText());
}

void CostBox::showPopup() {
  auto* menu = new QMenu(this);
  menu->setObjectName("menu.bars");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setToolTipsVisible(true);
  menu->setAccessibleName(accessibleName());
  actions_.refresh();
  for (const Cost cost : kOffered) menu->addAction(actions_[actionOf(cost)]);
  menu->addSeparator();
  menu->addAction(actions_["view.costs"]);
  for (const Cost cost : kOffered)
    if (actions_[actionOf(cost)]->isChecked()) menu->setActiveAction(actions_[actionOf(cost)]);
  menu->popup(mapToGlobal(QPoint(0, height() + 2)));
}

}  // namespace ui
