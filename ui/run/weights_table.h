// Weights of elsewhere beside the network's as a table: a row for each name, what does not fit first.
#pragma once
#include <QAbstractTableModel>

#include "ui/run/weights_import.h"

namespace ui {

class WeightsTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { name, inFile, shape, shapeInFile, state, columns };

  explicit WeightsTable(WeightsImport& import, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : int(shown_.size()); }
  int columnCount(const QModelIndex& = {}) const override { return columns; }
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  QString csv() const;

 private:
  void take();
  QString textAt(const WeightsImport::Match& match, int column) const;

  WeightsImport& import_;
  std::vector<WeightsImport::Match> shown_;
  QString prefix_;
};

}  // namespace ui
