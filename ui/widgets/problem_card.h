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
  // `place`: of a node elsewhere, which the card then leads to; empty: the problem is of what the card stands at.
  void show(const engine::Problem& problem, const QString& place = {});
  using QFrame::show;

 signals:
  void fixWanted();
  void placeWanted();

 private:
  QLabel* sign_;
  QLabel* text_;
  QLabel* advice_;  // a fix that is no edit
  QPushButton *fix_, *place_;
};

}  // namespace ui
