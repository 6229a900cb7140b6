// The small coloured square with an op's icon that stands for it in lists and titles.
#pragma once
#include <QRectF>
#include <QString>
#include <QWidget>

class QPainter;

namespace ui {

void paintTile(QPainter& painter, const QRectF& rect, const QString& op, const QString& group);
// The same as a pixmap, for drags and labels.
QPixmap tilePixmap(const QString& op, const QString& group, int side, qreal pixelRatio);

class Tile : public QWidget {
 public:
  explicit Tile(int side, QWidget* parent = nullptr);
  void show(const QString& op, const QString& group);
  using QWidget::show;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString op_, group_;
};

}  // namespace ui
