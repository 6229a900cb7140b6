// How a row of the outline looks: the sign of its layer, the name with what is wrong or special about it, and a quieter line of
// what the node is and gives.
#pragma once
#include <QStyledItemDelegate>

namespace ui {

class OutlineModel;

class OutlineDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  static constexpr int kRow = 42;  // pixels

  OutlineDelegate(const OutlineModel& model, QObject* parent);
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const OutlineModel& model_;
};

}  // namespace ui
