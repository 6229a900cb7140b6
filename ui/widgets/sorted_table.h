// A table of a ListPanel: sorted by a click on a head, which then has the arrow; rows as high as those of other lists. The model's
// columns are names first, which stand at the left, and then numbers.
#pragma once
#include <QTreeView>

class QSortFilterProxyModel;

namespace ui {

inline constexpr int kTableEdge = 16;  // from a table to the edges of its panel

class SortedTable : public QTreeView {
  Q_OBJECT
 public:
  static constexpr int kNumber = Qt::UserRole;    // what a column is sorted by
  static constexpr int kNode = Qt::UserRole + 1;  // the identity of the row's node; 0: none
  static constexpr int kCell = 8;                 // pixels at both sides of a cell's text

  // Column 0 takes what room there is; `quiet` is told less loudly. Sorted by `by`, the largest first.
  SortedTable(QAbstractItemModel& model, int quiet, int by, QWidget* parent = nullptr);

 signals:
  void nodeChosen(quint64 node);  // by a click or by Return
};

}  // namespace ui
