// Takes one key, with what is held while it is pressed. Esc and leaving cancel, Backspace clears.
#pragma once
#include <QKeySequence>
#include <QLineEdit>

namespace ui {

class KeyField : public QLineEdit {
  Q_OBJECT
 public:
  explicit KeyField(QWidget* parent = nullptr);

 signals:
  void typed(const QKeySequence& key);
  void cleared();
  void cancelled();

 protected:
  bool event(QEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
};

}  // namespace ui
