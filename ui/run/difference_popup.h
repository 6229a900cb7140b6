// What was edited since a run began, in words; a click on a line shows its node.
#pragma once
#include <QFrame>

#include "ui/run/training.h"

namespace ui {

class DifferencePopup : public QFrame {
  Q_OBJECT
 public:
  DifferencePopup(Project& project, Training& training, QWidget* parent);  // deletes itself when it is closed
  void popUp(QPoint at);
};

}  // namespace ui
