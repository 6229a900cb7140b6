// In the tool bar: what the nodes' bars show, and the menu that chooses it.
#pragma once
#include <QComboBox>

#include "ui/shell/actions.h"

namespace ui {

// A combo box in looks; its entries are the actions of the menu View.
class CostBox : public QComboBox {
  Q_OBJECT
 public:
  explicit CostBox(Actions& actions, QWidget* parent = nullptr);
  void showPopup() override;

 private:
  void showChoice();
  Actions& actions_;
};

}  // namespace ui
