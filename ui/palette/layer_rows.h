// How the list of layers is painted, and what its rows say of themselves.
#pragma once
#include <QStandardItemModel>
#include <QStyledItemDelegate>

namespace ui {

// Of items: an op's row has a name and a group, a group's row a count.
enum LayerRole { kOpRole = Qt::UserRole, kGroupRole, kCountRole, kPlacesRole };

// Layers may be dragged out of it, and nothing into it.
class LayerModel : public QStandardItemModel {
 public:
  using QStandardItemModel::QStandardItemModel;
  QStringList mimeTypes() const override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;
};

class LayerDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

// A text with the letters at `places` in semibold; elided at the right where it is too long.
void paintMarked(QPainter& painter, const QRect& rect, const QString& text, const QList<int>& places, const QFont& font, const QColor& color);

}  // namespace ui
