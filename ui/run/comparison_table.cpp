#include "ui/run/comparison_table.h"

#include <cmath>

#include "ui/model/text.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

using engine::training::NodeDifference;

namespace {
double numberOf(const NodeDifference& d, int column) {
  return column == ComparisonTable::largest ? d.largest : column == ComparisonTable::value ? d.largestValue : d.relative();
}
}  // namespace

QString differenceText(double difference) {
  return std::isinf(difference) ? ComparisonTable::tr("not a number") : QString::number(difference, 'g', 3);
}

ComparisonTable::ComparisonTable(DeviceComparing& comparing, QObject* parent) : QAbstractTableModel(parent), comparing_(comparing) {
  connect(&comparing_, &DeviceComparing::changed, this, [this] {
    beginResetModel();
    shown_.clear();
    if (comparing_.state() == DeviceComparing::State::there) shown_ = comparing_.comparison().nodes;
    endResetModel();
  });
}

QVariant ComparisonTable::data(const QModelIndex& index, int role) const {
  const NodeDifference& d = shown_[size_t(index.row())];
  const int column = index.column();
  if (role == SortedTable::kNode) return qulonglong(d.node);
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (column <= type ? Qt::AlignLeft : Qt::AlignRight));
  if (role == Qt::ToolTipRole) return std::isinf(d.largest) ? tr("%1: a number on one device is none on the other").arg(qt(d.name)) : qt(d.name);
  if (role != Qt::DisplayRole && role != SortedTable::kNumber) return {};
  if (column == node) return qt(d.name);
  if (column == type) return qt(d.op);
  const double number = numberOf(d, column);
  return role == SortedTable::kNumber ? QVariant(number) : QVariant(differenceText(number));
}

QVariant ComparisonTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (section <= type ? Qt::AlignLeft : Qt::AlignRight));
  if (role == Qt::ToolTipRole)
    return section == largest    ? tr("Of all numbers that the node gives for the batch, between the two devices.")
           : section == value    ? tr("Of the same numbers on the processor.")
           : section == relative ? tr("The largest difference by the largest value. Adding in another order explains some millionths a "
                                      "layer, and products in TF32 some thousandths.")
                                 : QVariant();
  if (role != Qt::DisplayRole) return {};
  static const char* const names[] = {QT_TR_NOOP("Node"), QT_TR_NOOP("Layer"), QT_TR_NOOP("Difference"), QT_TR_NOOP("Value"), QT_TR_NOOP("Relative")};
  return tr(names[section]);
}

QString ComparisonTable::csv() const {
  QString text = "node,layer,largest_difference,largest_value,relative\n";
  for (const NodeDifference& d : shown_) {
    text += '"' + qt(d.name).replace('"', "\"\"") + "\"," + qt(d.op);
    for (int column = largest; column < columns; ++column) text += ',' + QString::number(numberOf(d, column), 'g', 9);
    text += '\n';
  }
  return text;
}

}  // namespace ui
