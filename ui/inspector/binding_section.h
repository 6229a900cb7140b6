// Which column of the data an Input or Target reads, and how its numbers are brought to what the network expects.
#pragma once
#include <QWidget>

#include "ui/model/data_summary.h"

class QLabel;
class QVBoxLayout;

namespace ui {

class FieldRow;

class BindingSection : public QWidget {
  Q_OBJECT
 public:
  BindingSection(Project& project, QWidget* parent = nullptr);
  void show(engine::NodeId node);
  using QWidget::show;

 private:
  void build();
  void refresh();
  void set(const QString& what, const std::function<void(engine::document::Binding&)>& change, quint64 gesture);
  FieldRow* add(engine::FieldInfo info);

  Project& project_;
  DataSummary& data_;
  engine::NodeId node_ = 0;
  QVBoxLayout* rows_;
  QLabel* note_;
  FieldRow *column_ = nullptr, *scale_ = nullptr, *mean_ = nullptr, *std_ = nullptr;
};

}  // namespace ui
