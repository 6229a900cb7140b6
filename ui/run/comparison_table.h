// A comparison of two devices as a table: a row a node, sorted by how far apart its numbers are.
#pragma once
#include <QAbstractTableModel>

#include "ui/run/device_comparing.h"

namespace ui {

class ComparisonTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { node, type, largest, value, relative, columns };

  explicit ComparisonTable(DeviceComparing& comparing, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : int(shown_.size()); }
  int columnCount(const QModelIndex& = {}) const override { return columns; }
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  QString csv() const;

 private:
  DeviceComparing& comparing_;
  std::vector<engine::training::NodeDifference> shown_;
};

// "3.1e-06", "0", or words where one of two numbers is none.
QString differenceText(double difference);

}  // namespace ui
