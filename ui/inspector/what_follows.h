// What follows from a node's fields and what feeds it: shapes, parameters, memory and arithmetic.
#pragma once
#include <QWidget>

#include "ui/model/project.h"

class QGridLayout;
class QLabel;

namespace ui {

class WhatFollows : public QWidget {
  Q_OBJECT
 public:
  explicit WhatFollows(QWidget* parent = nullptr);
  void show(const Project& project, engine::NodeId node);
  using QWidget::show;

 private:
  void put(int row, const QString& name, const QString& value, const QString& tip = {}, bool strong = false);

  QLabel* batch_;
  QGridLayout* grid_;
  QList<std::pair<QLabel*, QLabel*>> rows_;
};

}  // namespace ui
