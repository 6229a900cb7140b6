#include "ui/widgets/sorted_table.h"

#include <QHeaderView>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>

#include "ui/theme/theme.h"
#include "ui/widgets/list_panel.h"

namespace ui {

namespace {
constexpr int kNumberWidth = 106, kNameWidth = 138, kLeast = 48;

// The arrow stands in the title of the column, before it: behind it, there is no room beside right-aligned words.
class ByColumn : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
    const QVariant value = QSortFilterProxyModel::headerData(section, orientation, role);
    if (role != Qt::DisplayRole || section != sortColumn()) return value;
    return QString(QChar(sortOrder() == Qt::AscendingOrder ? 0x2191 : 0x2193)) + ' ' + value.toString();
  }
};

// Rows as high as those of the log, with the air that the heads have.
class TableCell : public QStyledItemDelegate {
 public:
  TableCell(int quiet, QObject* parent) : QStyledItemDelegate(parent), quiet_(quiet) {}
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return {QStyledItemDelegate::sizeHint(option, index).width() + 2 * SortedTable::kCell, ListPanel::kRow};
  }
  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    if (option.state & QStyle::State_Selected) p->fillRect(option.rect, t.accent.soft);
    else if (option.state & QStyle::State_MouseOver) p->fillRect(option.rect, t.surface.hover);
    p->setFont(option.font);
    const QVariant own = index.data(Qt::ForegroundRole);
    p->setPen(own.isValid() ? own.value<QColor>() : index.column() == quiet_ ? t.text.secondary : t.text.primary);
    const QRect cell = option.rect.adjusted(SortedTable::kCell, 0, -SortedTable::kCell, 0);
    p->drawText(cell, index.data(Qt::TextAlignmentRole).toInt(),
                QFontMetrics(option.font).elidedText(index.data().toString(), Qt::ElideMiddle, cell.width()));
  }

 private:
  int quiet_;
};
}  // namespace

SortedTable::SortedTable(QAbstractItemModel& model, int quiet, int by, QWidget* parent) : QTreeView(parent) {
  auto* sorted = new ByColumn(this);
  sorted->setSourceModel(&model);
  sorted->setSortRole(kNumber);
  sorted->setSortCaseSensitivity(Qt::CaseInsensitive);
  setModel(sorted);
  setItemDelegate(new TableCell(quiet, this));
  setRootIsDecorated(false);
  setUniformRowHeights(true);
  setSortingEnabled(true);
  setAllColumnsShowFocus(true);
  setSelectionMode(QAbstractItemView::SingleSelection);
  sortByColumn(by, Qt::DescendingOrder);
  QHeaderView* heads = header();
  heads->setStretchLastSection(false);
  heads->setSectionsMovable(false);
  heads->setSectionResizeMode(QHeaderView::Interactive);
  heads->setSectionResizeMode(0, QHeaderView::Stretch);
  heads->setMinimumSectionSize(kLeast);
  for (int c = 1; c < model.columnCount(); ++c) heads->resizeSection(c, c == quiet ? kNameWidth : kNumberWidth);
  connect(heads, &QHeaderView::sortIndicatorChanged, heads->viewport(), qOverload<>(&QWidget::update));
  const auto choose = [this](const QModelIndex& index) {
    if (const quint64 node = index.data(kNode).toULongLong()) emit nodeChosen(node);
  };
  connect(this, &QTreeView::clicked, this, choose);
  connect(this, &QTreeView::activated, this, choose);
}

}  // namespace ui
