// A problem or hint where it is: what is needed, what came, and its fix as a link.
#pragma once
#include <QFrame>

#include "engine/graph/problem.h"

class QLabel;
class QPushButton;

namespace ui {

class ProblemCard : public QFrame {
  Q_OBJECT
 public:
  explicit ProblemCard(QWidget* parent = nullptr);
  void show(const engine::Problem& problem);
  using QFrame::show;

 signals:
  void fixWanted();

 private:
  QLabel* sign_;
  QLabel* text_;
  QLabel* advice_;  // a fix that is no edit
  QPushButton* fix_;
};

}  // namespace ui
