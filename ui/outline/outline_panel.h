// The dock that has the network as a tree: the canvas' twin for who reads or listens, by one selection with it.
#pragma once
#include <set>

#include "ui/model/project.h"
#include "ui/shell/actions.h"
#include "ui/widgets/list_panel.h"

class QTreeView;

namespace ui {

class ElidedLabel;
class OutlineModel;

class OutlinePanel : public ListPanel {
  Q_OBJECT
 public:
  OutlinePanel(Project& project, Actions& actions, QWidget* parent = nullptr);
  OutlineModel& model() { return *model_; }
  void focusTree();

 signals:
  void revealWanted(engine::NodeId node);  // of the network in view
  void menuWanted(QPoint global);          // of what is selected

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  using NodeId = engine::NodeId;
  void takeSelection();  // the tree's becomes the project's
  void showSelection();  // the other way
  std::vector<NodeId> selected() const;
  void reveal(const QModelIndex& index);
  bool enter(const QModelIndex& index);  // the block that the row is in: where it can be edited
  bool press(const QKeyEvent& key);
  void showMenu(QPoint global);
  void expandAgain();
  void describe();

  Project& project_;
  Actions& actions_;
  OutlineModel* model_;
  QTreeView* tree_;
  ElidedLabel* where_;
  bool syncing_ = false;
  std::set<std::vector<NodeId>> expanded_;  // rows, by the way to them from the document's own network
};

}  // namespace ui
