// The dock with the log: filtered by a word, copied as text.
#pragma once
#include <QWidget>

#include "ui/run/log.h"

class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QLabel;

namespace ui {

class LogPanel : public QWidget {
  Q_OBJECT
 public:
  explicit LogPanel(Log& log, QWidget* parent = nullptr);
  QString text() const;  // the selected lines, or all that the filter lets through
  int shownLines() const;

 private:
  void copy() const;
  void showEmpty();

  Log& log_;
  QSortFilterProxyModel* filtered_;
  QLineEdit* filter_;
  QListView* list_;
  QLabel* empty_;
};

}  // namespace ui
