// The dock that says where the time of a step goes: a line about the whole, and a row a node.
#pragma once
#include "ui/run/profile_table.h"
#include "ui/widgets/list_panel.h"

class QLabel;
class QPushButton;

namespace ui {

class ElidedLabel;
class SortedTable;

class ProfilePanel : public ListPanel {
  Q_OBJECT
 public:
  ProfilePanel(Project& project, Training& training, Profiling& profiling, QWidget* parent = nullptr);
  QString summary() const;

 signals:
  void revealWanted(engine::NodeId node);

 private:
  void refresh();

  Training& training_;
  Profiling& profiling_;
  ProfileTable* table_;
  SortedTable* list_;
  QLabel* whole_;
  ElidedLabel* how_;
  QPushButton* copy_;
};

}  // namespace ui
