// The dock that says how far apart the processor and a CUDA device are: a line about the whole, and a row a node.
#pragma once
#include "ui/run/comparison_table.h"
#include "ui/widgets/list_panel.h"

class QLabel;
class QPushButton;

namespace ui {

class ElidedLabel;
class SortedTable;

class ComparisonPanel : public ListPanel {
  Q_OBJECT
 public:
  ComparisonPanel(Project& project, DeviceComparing& comparing, Actions& actions, QWidget* parent = nullptr);
  QString summary() const;

 signals:
  void revealWanted(engine::NodeId node);

 private:
  void refresh();

  DeviceComparing& comparing_;
  ComparisonTable* table_;
  SortedTable* list_;
  QLabel* whole_;
  ElidedLabel* how_;
  QPushButton* copy_;
};

}  // namespace ui
