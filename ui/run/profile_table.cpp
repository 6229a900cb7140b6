#include "ui/run/profile_table.h"

#include "ui/model/text.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

using engine::training::NodeCost;

ProfileTable::ProfileTable(Profiling& profiling, QObject* parent) : QAbstractTableModel(parent), profiling_(profiling) {
  connect(&profiling_, &Profiling::changed, this, &ProfileTable::renew);
}

// Another profile of the same nodes is other numbers in the same rows: what is selected stays so.
void ProfileTable::renew() {
  const auto now = profiling_.profile();
  if (now == shown_) return;
  const bool sameRows = now && shown_ &&
                        std::equal(now->nodes.begin(), now->nodes.end(), shown_->nodes.begin(), shown_->nodes.end(),
                                   [](const NodeCost& a, const NodeCost& b) { return a.node == b.node; });
  if (!sameRows) beginResetModel();
  shown_ = now;
  if (!sameRows) endResetModel();
  else if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
}

int ProfileTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !shown_ ? 0 : int(shown_->nodes.size());
}

QString ProfileTable::nameOf(const NodeCost& cost) const {
  if (const auto* known = profiling_.nodeOf(cost)) return qt(known->name);
  return cost.update > 0 ? tr("Optimizer") : tr("Loss");
}

double ProfileTable::numberOf(const NodeCost& cost, int column) const {
  switch (column) {
    case forward: return cost.forward;
    case backward: return cost.backward;
    case update: return cost.update;
    case share: return cost.seconds() / shown_->stepSeconds;
    case speed: return cost.flopsPerSecond();
    case ofPeak: return shown_->peakFlopsPerSecond > 0 ? cost.flopsPerSecond() / shown_->peakFlopsPerSecond : 0;
    default: return 0;
  }
}

QVariant ProfileTable::data(const QModelIndex& index, int role) const {
  const NodeCost& cost = shown_->nodes[size_t(index.row())];
  const int column = index.column();
  if (role == SortedTable::kNode) return qulonglong(cost.node);
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (column <= type ? Qt::AlignLeft : Qt::AlignRight));
  if (role == Qt::ToolTipRole) return nameOf(cost) + ": " + profiling_.costText(cost);
  if (role != Qt::DisplayRole && role != SortedTable::kNumber) return {};
  if (column == node) return nameOf(cost);
  if (column == type) {
    const auto* known = profiling_.nodeOf(cost);
    return known ? qt(known->type) : QString();
  }
  const double number = numberOf(cost, column);
  if (role == SortedTable::kNumber) return number;
  // Words where others have a time: what is fused into another node's call is not told apart there.
  const engine::NodeId with = column == forward ? cost.forwardWith : column == backward ? cost.backwardWith : 0;
  if (with) return tr("with %1").arg(profiling_.nameOf(with));
  if (number <= 0) return QString();
  if (column == speed) return speedText(number);
  return column == share || column == ofPeak ? percentText(number) : millisecondsText(number);
}

QVariant ProfileTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (section <= type ? Qt::AlignLeft : Qt::AlignRight));
  if (role == Qt::ToolTipRole)
    return section == share    ? tr("Of a whole step.")
           : section == speed  ? tr("Floating-point operations a second, forward and backward.")
           : section == ofPeak ? tr("Of a large matrix product on the same threads, measured when the profile began. "
                                    "Convolutions by Winograd's algorithm may pass 100 %: they need fewer multiplications than "
                                    "are counted. So may all, where the machine was busy then.")
                               : QVariant();
  if (role != Qt::DisplayRole) return {};
  static const char* const names[] = {QT_TR_NOOP("Node"),   QT_TR_NOOP("Layer"), QT_TR_NOOP("Forward"),
                                      QT_TR_NOOP("Backward"), QT_TR_NOOP("Update"), QT_TR_NOOP("Step"),
                                      QT_TR_NOOP("Speed"),  QT_TR_NOOP("Peak")};
  return tr(names[section]);
}

QString ProfileTable::csv() const {
  QString text = "node,layer,forward_s,backward_s,update_s,share_of_step,flops_per_s,share_of_peak,forward_with,backward_with\n";
  if (!shown_) return text;
  const auto quoted = [](QString name) { return '"' + name.replace('"', "\"\"") + '"'; };
  for (const NodeCost& cost : shown_->nodes) {
    const auto* known = profiling_.nodeOf(cost);
    text += quoted(nameOf(cost)) + ',' + (known ? qt(known->type) : QString());
    for (int column = forward; column < columns; ++column) text += ',' + QString::number(numberOf(cost, column), 'g', 7);
    text += ',' + quoted(profiling_.nameOf(cost.forwardWith)) + ',' + quoted(profiling_.nameOf(cost.backwardWith)) + '\n';
  }
  return text;
}

}  // namespace ui
