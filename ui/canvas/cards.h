// What floats over the canvas: why a wire does not fit, and what a wire carries. Children of the viewport, so that they
// never take the focus and are clipped with it.
#pragma once
#include <QWidget>

#include "ui/canvas/fit.h"

class QLabel;

namespace ui {

class ReasonCard : public QWidget {
  Q_OBJECT
 public:
  explicit ReasonCard(QWidget* viewport);
  // Beside `at`, in the viewport, for a wire into the node of that name.
  void show(const QString& node, const Verdict& verdict, QPoint at);
  QString text() const;
  const QString& spoken() const { return spoken_; }  // as a sentence

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QLabel *title_, *needs_, *got_, *gotName_, *fix_;
  QString spoken_;
};

// "N × 32 × 14 × 14  f32", at the pointer.
class WireChip : public QWidget {
  Q_OBJECT
 public:
  explicit WireChip(QWidget* viewport);
  void show(const engine::ValueInfo& value, QPointF at);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString shape_, type_;
  QColor edge_;
};

// A rounded frame with a soft shadow inside a widget's rectangle; the content begins kCardShadow within.
inline constexpr int kCardShadow = 8;
void paintCard(QPainter& painter, const QRect& rect, const QColor& edge, double radius = 8);

}  // namespace ui
