// The editor of one field of an op, made from what the op says of it: kind, range, words.
#pragma once
#include <QWidget>
#include <optional>

#include "engine/graph/fields.h"

class QLineEdit;

namespace ui {

class FieldEditor : public QWidget {
  Q_OBJECT
 public:
  static FieldEditor* make(const engine::FieldInfo& info, QWidget* parent);

  // None: the selected nodes differ.
  virtual void show(const std::optional<engine::FieldValue>& value) = 0;
  using QWidget::show;
  virtual bool isWrong() const { return false; }
  // Of a number: so many steps on, as an edit. False: it is none that is stepped.
  virtual bool canStep() const { return false; }
  virtual void step(int) {}
  // Names the controls for those who do not see them, and gives them the help.
  virtual void describe(const QString& name, const QString& help) = 0;
  void setFocusHere() { if (focusProxy()) focusProxy()->setFocus(Qt::TabFocusReason); }  // all of it selected, to be typed over

 signals:
  void edited(const engine::FieldValue& value);
  void judged();                // isWrong() is new
  void focused(bool inside);    // for the range below it
  void entered();               // Enter, in what is typed and right: the hand is done here

 protected:
  using QWidget::QWidget;
  void watch(QWidget* control);  // focus of the control is the editor's
  bool eventFilter(QObject* watched, QEvent* event) override;
};

// Undo and redo are the window's, also while a field is being typed in: typing is undone as an edit of the document.
void leaveUndoToTheWindow(QLineEdit* line);

}  // namespace ui
