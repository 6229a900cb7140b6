// Asks for another learning rate of the run that is on.
#pragma once
#include <QFrame>

#include "ui/run/training.h"

class QLabel;
class QLineEdit;

namespace ui {

class RatePopup : public QFrame {
  Q_OBJECT
 public:
  RatePopup(Training& training, QWidget* parent);  // deletes itself when it is closed
  void popUp(QPoint at);

 private:
  void set();
  Training& training_;
  QLineEdit* rate_;
  QLabel* reason_;
};

}  // namespace ui
