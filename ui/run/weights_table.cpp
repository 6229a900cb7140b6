#include "ui/run/weights_table.h"

#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/sorted_table.h"

namespace ui {

using Match = WeightsImport::Match;
using Kind = Match::Kind;

namespace {
// What asks for a hand stands first.
int urgency(Kind kind) { return kind == Kind::otherShape ? 3 : kind == Kind::missing ? 2 : kind == Kind::unused ? 1 : 0; }

QString shapeText(const engine::Shape& shape) {
  if (shape.isMissing()) return {};
  QStringList sizes;
  for (const int64_t size : shape) sizes << QString::number(size);
  return sizes.isEmpty() ? WeightsTable::tr("1 number") : sizes.join(" × ");
}
}  // namespace

WeightsTable::WeightsTable(WeightsImport& import, QObject* parent) : QAbstractTableModel(parent), import_(import) {
  connect(&import_, &WeightsImport::changed, this, &WeightsTable::take);
}

void WeightsTable::take() {
  const bool there = import_.state() == WeightsImport::State::there;
  const auto same = [](const Match& a, const Match& b) { return a.kind == b.kind && a.name == b.name && a.node == b.node && a.inFile == b.inFile && a.inNetwork == b.inNetwork; };
  if (there && prefix_ == import_.prefix() && std::equal(shown_.begin(), shown_.end(), import_.matches().begin(), import_.matches().end(), same)) return;
  beginResetModel();
  shown_.clear();
  if (there) shown_ = import_.matches(), prefix_ = import_.prefix();
  endResetModel();
}

QString WeightsTable::textAt(const Match& match, int column) const {
  const bool otherType = match.kind == Kind::otherShape && match.inFile == match.inNetwork;
  const auto typed = [&](const engine::Shape& of, engine::Type type) { return shapeText(of) + (otherType ? ' ' + qt(std::string(nameOf(type))) : QString()); };
  switch (column) {
    case name: return match.kind == Kind::unused ? QString() : qt(match.name);
    case inFile: return match.kind == Kind::missing ? QString() : match.kind == Kind::unused ? qt(match.name) : prefix_ + qt(match.name);
    case shape: return typed(match.inNetwork, match.typeInNetwork);
    case shapeInFile: return typed(match.inFile, match.typeInFile);
    default:
      return match.kind == Kind::fits       ? tr("fits")
             : match.kind == Kind::missing  ? tr("not in the file")
             : match.kind == Kind::unused   ? tr("not used")
             : otherType                    ? tr("another type")
                                            : tr("another shape");
  }
}

QVariant WeightsTable::data(const QModelIndex& index, int role) const {
  const Match& match = shown_[size_t(index.row())];
  const int column = index.column();
  switch (role) {
    case SortedTable::kNode: return qulonglong(match.node);
    case Qt::TextAlignmentRole: return int(Qt::AlignVCenter | (column == shape || column == shapeInFile ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
      if (column != state || match.kind == Kind::unused) return {};
      return match.kind == Kind::fits ? theme().state.successText : theme().state.warningText;
    case Qt::ToolTipRole:
      return match.kind == Kind::fits      ? textAt(match, column)
             : match.kind == Kind::missing ? tr("%1 begins as the seed draws it: the file has no such name.").arg(qt(match.name))
             : match.kind == Kind::unused  ? tr("The network has no %1: give a node that name, or leave it.").arg(qt(match.name))
                                           : tr("%1 begins as the seed draws it: the file's is %2, the network's %3.").arg(qt(match.name), textAt(match, shapeInFile), textAt(match, shape));
    case Qt::DisplayRole: return textAt(match, column);
    case SortedTable::kNumber:
      if (column == state) return urgency(match.kind);
      if (column == shape || column == shapeInFile) {
        const engine::Shape& of = column == shape ? match.inNetwork : match.inFile;
        return of.isMissing() ? qlonglong(-1) : qlonglong(of.elements());
      }
      return textAt(match, column);
    default: return {};
  }
}

QVariant WeightsTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (section == shape || section == shapeInFile ? Qt::AlignRight : Qt::AlignLeft));
  if (role != Qt::DisplayRole) return {};
  static const char* const names[] = {QT_TR_NOOP("In the network"), QT_TR_NOOP("In the file"), QT_TR_NOOP("Shape"), QT_TR_NOOP("Shape in the file"), QT_TR_NOOP("State")};
  return tr(names[section]);
}

QString WeightsTable::csv() const {
  QString text = "network,file,shape,file_shape,state\n";
  for (const Match& match : shown_) {
    QStringList cells;
    for (int c = 0; c < columns; ++c) cells << '"' + textAt(match, c).replace('"', "\"\"") + '"';
    text += cells.join(',') + '\n';
  }
  return text;
}

}  // namespace ui
