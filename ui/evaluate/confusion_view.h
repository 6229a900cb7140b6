// The confusion matrix: rows are what it is, columns what the network says. Mistakes glow, hits stay quiet. A cell is
// chosen by mouse or arrows.
#pragma once
#include <QWidget>

#include "engine/training/judgement.h"

namespace ui {

class ConfusionView : public QWidget {
  Q_OBJECT
 public:
  explicit ConfusionView(QWidget* parent = nullptr);
  void show(const engine::training::Judgement* judgement);  // null: nothing; must outlive what is shown
  void select(int label, int said);
  QPoint selected() const { return selected_; }  // (said, label); (-1, -1): none
  QRectF cell(int label, int said) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {360, 300}; }

 signals:
  void chosen(int label, int said);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;

 private:
  int count() const { return judgement_ ? judgement_->classCount() : 0; }
  double labelWidth() const;
  QPoint at(QPointF position) const;

  const engine::training::Judgement* judgement_ = nullptr;
  QPoint selected_{-1, -1};
};

}  // namespace ui
