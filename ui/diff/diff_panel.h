// The list of what is different from another version: a click shows it on the canvas, a button takes it back.
#pragma once
#include <vector>

#include "ui/diff/network_diff.h"
#include "ui/widgets/list_panel.h"

class QTreeWidget;

namespace ui {

class DiffPanel : public ListPanel {
  Q_OBJECT
 public:
  DiffPanel(NetworkDiff& diff, Actions& actions, QWidget* parent = nullptr);

 private:
  void fill();

  NetworkDiff& diff_;
  QLabel* about_;
  QTreeWidget* list_;
  std::vector<DiffRow> shown_;
};

}  // namespace ui
