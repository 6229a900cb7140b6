// Precision, recall and F1 of each class, as numbers and bars that begin where differences begin to show.
#pragma once
#include <QWidget>

#include "engine/training/judgement.h"

namespace ui {

class ClassTable : public QWidget {
  Q_OBJECT
 public:
  explicit ClassTable(QWidget* parent = nullptr);
  void show(const engine::training::Judgement* judgement);
  void select(int label);  // the row that stands out; -1: none
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {300, sizeHint().height()}; }

 signals:
  void chosen(int label);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  const engine::training::Judgement* judgement_ = nullptr;
  int selected_ = -1;
};

}  // namespace ui
