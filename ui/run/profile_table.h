// A profile as a table: a row a node, sorted by what it costs.
#pragma once
#include <QAbstractTableModel>

#include "ui/run/profiling.h"

namespace ui {

class ProfileTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { node, type, forward, backward, update, share, speed, ofPeak, columns };

  explicit ProfileTable(Profiling& profiling, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& = {}) const override { return columns; }
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  // All of it, with seconds and floating-point operations a second in full.
  QString csv() const;

 private:
  void renew();
  QString nameOf(const engine::training::NodeCost& cost) const;
  double numberOf(const engine::training::NodeCost& cost, int column) const;

  Profiling& profiling_;
  std::shared_ptr<const engine::training::Profile> shown_;
};

}  // namespace ui
