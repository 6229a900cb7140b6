// A field with its name before it, a way back to its default, its range while it has the focus, and its problem below it.
#pragma once
#include <QWidget>

#include "ui/widgets/field_editor.h"

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace ui {

class ProblemCard;

class FieldRow : public QWidget {
  Q_OBJECT
 public:
  explicit FieldRow(engine::FieldInfo info, QWidget* parent = nullptr);

  const engine::FieldInfo& info() const { return info_; }
  FieldEditor& editor() { return *editor_; }
  // None: the nodes differ. `isDefault`: nobody has set it.
  void show(const std::optional<engine::FieldValue>& value, bool isDefault);
  void showProblem(const engine::Problem* problem);  // null: there is none
  using QWidget::show;

 signals:
  // Edits in a row with the same gesture are one step.
  void edited(const engine::FieldValue& value, quint64 gesture);
  void entered();
  void resetWanted();
  void fixWanted();

 private:
  QString rangeWords() const;
  void showHint();
  // A drag over the name of a number steps it; Esc brings back what it was. All of it is one undo step.
  bool eventFilter(QObject* watched, QEvent* event) override;
  void drag(int steps);
  void endDrag(bool keep);

  engine::FieldInfo info_;
  FieldEditor* editor_;
  QLabel* name_;
  QLabel* range_;  // below the name while the field has the focus; there is room for it, so that no row moves
  QLabel* wrong_;
  QToolButton* reset_;
  ProblemCard* card_;
  quint64 gesture_ = 0;
  qint64 lastEdit_ = 0;
  bool focused_ = false;
  std::optional<engine::FieldValue> shown_;
  struct Drag {
    QPoint start;
    int steps = 0;  // so far
    std::optional<engine::FieldValue> before;
    bool moved = false;
  };
  std::optional<Drag> drag_;
};

}  // namespace ui
