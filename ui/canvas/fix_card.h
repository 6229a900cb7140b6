// Below the selected node, where one click mends its problem: what is wrong, and the fix. What no single edit mends is told in the
// inspector and the list of problems; hints are.
#pragma once
#include <QWidget>

#include "engine/graph/problem.h"

namespace ui {

class CanvasView;
class ProblemCard;
class Project;
class Scene;

class FixCard : public QWidget {
  Q_OBJECT
 public:
  FixCard(Project& project, CanvasView& view, QWidget* canvas);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void follow();
  void place();

  Project& project_;
  CanvasView& view_;
  ProblemCard* card_;
  engine::Problem shown_;
};

}  // namespace ui
