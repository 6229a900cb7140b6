// A check box that looks like a switch.
#pragma once
#include <QAbstractButton>

namespace ui {

class Switch : public QAbstractButton {
  Q_OBJECT
 public:
  explicit Switch(QWidget* parent = nullptr);
  QSize sizeHint() const override { return {32, 20}; }
  void setMixed(bool mixed);  // neither on nor off

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  bool mixed_ = false;
};

}  // namespace ui
