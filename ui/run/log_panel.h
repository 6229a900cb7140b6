// The dock with the log: filtered by a word, copied as text.
#pragma once
#include "ui/run/log.h"
#include "ui/widgets/list_panel.h"

class QLineEdit;
class QListView;
class QSortFilterProxyModel;

namespace ui {

class LogPanel : public ListPanel {
  Q_OBJECT
 public:
  explicit LogPanel(Log& log, QWidget* parent = nullptr);
  QString text() const;  // the selected lines, or all that the filter lets through
  int shownLines() const;

 private:
  void copy() const;
  void showLines();

  Log& log_;
  QSortFilterProxyModel* filtered_;
  QLineEdit* filter_;
  QListView* list_;
};

}  // namespace ui
