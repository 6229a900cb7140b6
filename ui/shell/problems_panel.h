// All problems and hints of the network and its recipe as a list: a row shows its node, its link mends it.
#pragma once
#include <QTreeWidget>
#include <QWidget>

#include "ui/model/project.h"

class QLabel;

namespace ui {

class ProblemsPanel : public QWidget {
  Q_OBJECT
 public:
  explicit ProblemsPanel(Project& project, QWidget* parent = nullptr);
  int problems() const { return problems_; }
  int hints() const { return hints_; }
  QString summary() const;  // "No problems, 1 hint"
  // The next problem, or hint, of a node behind the one that is shown, round and round.
  void step(int by);
  bool hasNodes() const;           // that step() can go to
  bool choose(engine::NodeId node);  // the row of a node of the network in view; false: it has none
  void setOfRecipe(engine::Problems problems);  // what is not the network's own: about the file that a run begins with

 signals:
  void changed();                      // another number of them
  void revealWanted(engine::NodeId node);

 private:
  void fill();
  void followSelection();
  void reveal(const QTreeWidgetItem* item);

  Project& project_;
  QTreeWidget* list_;
  QWidget* empty_;
  engine::Problems shown_, ofRecipe_;
  int problems_ = 0, hints_ = 0;
};

}  // namespace ui
