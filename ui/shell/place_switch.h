// The places of a window side by side, of which one is on: Network, Evaluate.
#pragma once
#include <QFrame>

class QButtonGroup;
class QHBoxLayout;
class QToolButton;

namespace ui {

class PlaceSwitch : public QFrame {
  Q_OBJECT
 public:
  explicit PlaceSwitch(QWidget* parent = nullptr);
  void add(const QString& title, const QString& tip);
  void setCurrent(int index);
  int count() const;

 signals:
  void chosen(int index);

 private:
  QButtonGroup* buttons_;
  QHBoxLayout* line_;
};

}  // namespace ui
