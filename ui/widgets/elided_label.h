// A line of words that ends in dots where it has no room; then the tool tip has all of them.
#pragma once
#include <QLabel>

namespace ui {

class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  explicit ElidedLabel(QWidget* parent = nullptr);
  void setWords(const QString& text, const QString& tip = {});
  const QString& words() const { return words_; }
  bool isElided() const { return text() != words_; }
  QSize minimumSizeHint() const override { return {1, QLabel::minimumSizeHint().height()}; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit();
  QString words_, tip_;
};

}  // namespace ui
