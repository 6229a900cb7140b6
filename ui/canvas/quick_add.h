// Search for a layer at the cursor: narrowed to what fits, with the shape that each choice would give.
#pragma once
#include <QWidget>

#include "ui/canvas/choices.h"

class QLabel;
class QLineEdit;
class QListView;

namespace ui {

class QuickAdd : public QWidget {
  Q_OBJECT
 public:
  explicit QuickAdd(QWidget* canvas);

  // Opens at that point of the canvas.
  void ask(QPoint at, const Project& project, const std::vector<PortRef>& ports);
  void close();
  QLineEdit& field() { return *field_; }
  const Choices& choices() const { return *choices_; }

 signals:
  void chosen(const QString& op);
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();
  void choose();
  void showCurrent();
  void place();

  Choices* choices_;
  QLineEdit* field_;
  QListView* list_;
  QLabel *count_, *about_, *more_;
  QPoint wish_;
  bool all_ = false;
};

}  // namespace ui
