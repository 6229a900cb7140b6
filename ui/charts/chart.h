// A chart on the screen: the picture kept until something changes, the cursor's numbers on top; wheel zooms, dragging
// moves, a double click shows everything again.
#pragma once
#include <QElapsedTimer>
#include <QPixmap>
#include <QWidget>

#include "ui/charts/chart_picture.h"

class QFrame;
class QToolButton;

namespace ui {

class Chart : public QWidget {
  Q_OBJECT
 public:
  explicit Chart(QWidget* parent = nullptr);

  // `plannedSteps` is how far the axis goes; what is shown stays where the user has zoomed.
  void setData(ChartData data, int64_t plannedSteps);
  const ChartData& data() const { return data_; }
  const ChartView& view() const { return view_; }
  QRectF plot() const;

  void offerLog(bool log);  // buttons Linear and Log
  bool isLog() const { return log_; }
  void setLog(bool log);
  bool isZoomed() const { return zoomed_; }
  void resetZoom();
  // What stands in the box at the cursor; "" where it is elsewhere.
  QString readOut() const;

  void paintInto(QPainter& p, const QRectF& rect) const;  // without the cursor
  int pictures() const { return pictures_; }              // how often it was painted anew, for tests

 signals:
  void logChanged(bool log);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void fit();
  void renew();
  void placeButtons();
  void zoom(double factor, double part);
  void moveBy(double steps);
  double stepAt(double x) const;
  void paintCursor(QPainter& p) const;
  QStringList linesAt(double step) const;

  ChartData data_;
  ChartView view_;
  int64_t plannedSteps_ = 1;
  bool log_ = false, zoomed_ = false;
  std::optional<QPointF> cursor_, dragFrom_;
  double dragX_ = 0;
  QElapsedTimer sinceFit_;  // the y axis grows at once and shrinks seldom
  QPixmap picture_;
  bool dirty_ = true;
  int pictures_ = 0;
  QFrame* axis_ = nullptr;  // around the two
  QToolButton *linear_ = nullptr, *logarithmic_ = nullptr;
};

}  // namespace ui
