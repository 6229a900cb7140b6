// A number that is typed (arithmetic too, see expression.h) or stepped: whole or real, within a range. Unlike Qt's spin boxes it takes whole numbers of 64
// bits and reals without a fixed number of digits.
#pragma once
#include <QAbstractSpinBox>
#include <optional>

#include "engine/graph/fields.h"

namespace ui {

class NumberField : public QAbstractSpinBox {
  Q_OBJECT
  // By these names Qt tells assistive technology what a spin box holds.
  Q_PROPERTY(double value READ value WRITE take)
  Q_PROPERTY(double minimum READ minimum)
  Q_PROPERTY(double maximum READ maximum)
 public:
  NumberField(bool whole, const engine::Range& range, QWidget* parent = nullptr);

  double value() const { return value_; }
  double minimum() const { return range_.least; }
  double maximum() const { return range_.most; }
  void take(double value);  // as if it were typed; nothing happens where it does not fit
  void show(double value);  // a number from outside; what is typed here stays while it means the same
  void showMixed();
  using QAbstractSpinBox::show;
  bool isWrong() const { return wrong_; }
  void stepBy(int steps) override;
  QSize sizeHint() const override { return {56, 28}; }
  QSize minimumSizeHint() const override { return {40, 28}; }

 signals:
  void edited(double value);  // by the user, within the range
  void judged(bool wrong);    // what is typed is, or no longer is, a number within the range

 protected:
  StepEnabled stepEnabled() const override;
  bool event(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  bool fits(double value) const;
  std::optional<double> typed() const;
  void setWrong(bool wrong);
  QString textFor(double value) const;
  void fitText();

  bool whole_, mixed_ = false, wrong_ = false;
  engine::Range range_;
  double value_ = 0;
};

// "1 to 65,536", "at least 0", "above 0"; "" where any number will do.
QString rangeText(const engine::Range& range, bool whole);

}  // namespace ui
