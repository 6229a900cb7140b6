// The dock that shows which of a file's weights fit the network, and has the next run begin with those.
#pragma once
#include "ui/run/weights_table.h"
#include "ui/widgets/list_panel.h"

class QLabel;
class QPushButton;

namespace ui {

class ElidedLabel;
class SortedTable;

class WeightsPanel : public ListPanel {
  Q_OBJECT
 public:
  WeightsPanel(Project& project, WeightsImport& import, Actions& actions, QWidget* parent = nullptr);

 signals:
  void revealWanted(engine::NodeId node);

 private:
  void refresh();

  WeightsImport& import_;
  WeightsTable* table_;
  SortedTable* list_;
  QLabel* whole_;
  ElidedLabel* how_;
  QPushButton *begin_, *copy_;
};

}  // namespace ui
