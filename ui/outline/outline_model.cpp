#include "ui/outline/outline_model.h"

#include <QSet>
#include <algorithm>
#include <numeric>

#include "ui/model/text.h"

namespace ui {

using engine::document::ChangeSet;
using engine::document::Document;

// A network: the one in view, or that within a use of a block of the level around it.
struct OutlineModel::Level {
  Level* around = nullptr;
  NodeId use = 0;
  Document document;  // of a block; that of the network in view is the project's
  Insight insight;
  std::vector<NodeId> order;
  mutable QHash<NodeId, int> rows;  // of `order`; empty until somebody asks
  mutable QHash<NodeId, OutlineRow> words;
  std::map<NodeId, std::unique_ptr<Level>> within;
};

OutlineModel::OutlineModel(Project& project, QObject* parent) : QAbstractItemModel(parent), project_(project), root_(std::make_unique<Level>()) {
  connect(&project, &Project::replaced, this, &OutlineModel::reset);
  connect(&project, &Project::viewed, this, &OutlineModel::reset);
  connect(&project, &Project::changed, this, [this](const ChangeSet& changes) {
    if (follows_) follow(project_.touched(), changes);
  });
  connect(&project, &Project::caughtUp, this, [this] {
    if (follows_) follow(project_.touched(), {});
  });
  root_->order = orderOf(*root_);
}

OutlineModel::~OutlineModel() = default;

// ------------------------------------------------------------------------- levels ----

OutlineModel::Level* OutlineModel::levelOf(const QModelIndex& index) const { return static_cast<Level*>(index.internalPointer()); }
const Document& OutlineModel::documentOf(const Level& level) const { return level.around ? level.document : project_.shown(); }
const Insight& OutlineModel::insightOf(const Level& level) const { return level.around ? level.insight : project_.inView(); }

std::vector<engine::NodeId> OutlineModel::orderOf(const Level& level) const {
  const auto nodes = documentOf(level).nodes();
  std::vector<bool> ordered(nodes.size());
  std::vector<NodeId> order;
  order.reserve(nodes.size());
  const auto take = [&](size_t place) {
    if (place < nodes.size() && !ordered[place]) order.push_back(nodes[place]->id), ordered[place] = true;
  };
  for (const int place : insightOf(level).inference.order) take(size_t(place));
  for (size_t place = 0; place < nodes.size(); ++place) take(place);
  return order;
}

int OutlineModel::rowOf(const Level& level, NodeId node) const {
  if (level.rows.isEmpty()) {
    level.rows.reserve(qsizetype(level.order.size()));
    for (size_t row = 0; row < level.order.size(); ++row) level.rows.insert(level.order[row], int(row));
  }
  return level.rows.value(node, -1);
}

QModelIndex OutlineModel::indexOf(const Level& level, NodeId node) const {
  const int row = rowOf(level, node);
  return row < 0 ? QModelIndex() : createIndex(row, 0, &level);
}
QModelIndex OutlineModel::indexOf(const Level& level) const { return level.around ? indexOf(*level.around, level.use) : QModelIndex(); }
QModelIndex OutlineModel::indexOf(NodeId node) const { return indexOf(*root_, node); }

QModelIndex OutlineModel::indexOf(const std::vector<NodeId>& way, NodeId node) const {
  Level* level = root_.get();
  for (const NodeId use : way)
    if (level = within(*level, use); !level) return {};
  return indexOf(*level, node);
}

bool OutlineModel::look(Level& level) const {
  const Document& around = documentOf(*level.around);
  const auto place = around.indexOf(level.use);
  const Document* block = place ? project_.document().block(around.nodes()[*place]->type) : nullptr;
  if (!block || *place >= insightOf(*level.around).inference.nodes.size()) return false;
  ++counters.levels;
  level.insight = insightWithin(insightOf(*level.around), *place, *block, project_.whole().expanded.blocks,
                                project_.document().recipe().phases.front().precision);
  level.document = *block;
  return true;
}

OutlineModel::Level* OutlineModel::within(Level& level, NodeId use) const {
  if (const auto known = level.within.find(use); known != level.within.end()) return known->second.get();
  auto made = std::make_unique<Level>();
  made->around = &level;
  made->use = use;
  if (!look(*made)) return nullptr;
  made->order = orderOf(*made);
  return (level.within[use] = std::move(made)).get();
}

// -------------------------------------------------------------------------- model ----

QModelIndex OutlineModel::index(int row, int column, const QModelIndex& parent) const {
  if (row < 0 || column != 0) return {};
  Level* level = parent.isValid() ? within(*levelOf(parent), nodeAt(parent)) : root_.get();
  return level && size_t(row) < level->order.size() ? createIndex(row, 0, level) : QModelIndex();
}

QModelIndex OutlineModel::parent(const QModelIndex& index) const { return index.isValid() ? indexOf(*levelOf(index)) : QModelIndex(); }

int OutlineModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return int(root_->order.size());
  if (!hasChildren(parent)) return 0;
  const Level* level = within(*levelOf(parent), nodeAt(parent));
  return level ? int(level->order.size()) : 0;
}

bool OutlineModel::hasChildren(const QModelIndex& parent) const {
  if (!parent.isValid()) return !root_->order.empty();
  const auto* node = documentOf(*levelOf(parent)).node(nodeAt(parent));
  return node && project_.document().block(node->type);
}

engine::NodeId OutlineModel::nodeAt(const QModelIndex& index) const {
  if (!index.isValid()) return 0;
  const auto& order = levelOf(index)->order;
  return size_t(index.row()) < order.size() ? order[size_t(index.row())] : 0;
}

engine::NodeId OutlineModel::inViewAt(const QModelIndex& index) const {
  const auto way = wayTo(index);
  return way.empty() ? nodeAt(index) : way.front();
}

std::vector<engine::NodeId> OutlineModel::wayTo(const QModelIndex& index) const {
  std::vector<NodeId> way;
  for (const Level* level = index.isValid() ? levelOf(index) : nullptr; level && level->around; level = level->around) way.push_back(level->use);
  std::reverse(way.begin(), way.end());
  return way;
}

const OutlineRow* OutlineModel::row(const QModelIndex& index) const {
  const NodeId node = nodeAt(index);
  if (!node) return nullptr;
  const Level& level = *levelOf(index);
  if (const auto known = level.words.constFind(node); known != level.words.constEnd()) return &*known;
  const auto place = documentOf(level).indexOf(node);
  if (!place || *place >= insightOf(level).inference.nodes.size()) return nullptr;
  ++counters.rows;
  return &*level.words.insert(node, rowFor(level, *place));
}

OutlineRow OutlineModel::rowFor(const Level& level, size_t place) const {
  const Document& document = documentOf(level);
  const NodeFacts facts = factsOf(document, insightOf(level), place, {});
  OutlineRow row;
  row.look = lookOf(facts);
  row.name = row.look.note && !row.look.note->isEmpty() ? *row.look.note : row.look.name;
  const QString parameters = facts.parameters > 0 ? tr("%1 params", nullptr, plural(double(facts.parameters))).arg(countText(double(facts.parameters))) : QString();
  // From the outermost frame to the innermost.
  std::vector<const engine::document::Frame*> frames;
  for (const auto& frame : document.frames().list)
    if (std::find(frame.nodes.begin(), frame.nodes.end(), facts.node->id) != frame.nodes.end()) frames.push_back(&frame);
  std::stable_sort(frames.begin(), frames.end(), [](auto* a, auto* b) { return a->nodes.size() > b->nodes.size(); });
  QStringList titles;
  for (const auto* frame : frames) titles << (frame->title.empty() ? tr("untitled") : qt(frame->title)), row.frameColor = frame->color;
  const QString in = tr("in frames %1", nullptr, int(frames.size())).arg(titles.join(QStringLiteral(" › ")));
  QStringList below{row.look.note ? row.look.type : row.look.subtitle}, spoken{row.look.spoken()};
  if (!row.look.shape.isEmpty()) below << row.look.shape;
  if (!parameters.isEmpty()) below << parameters, spoken << parameters;
  if (!frames.empty()) below << in, spoken << in;
  row.below = below.join(QStringLiteral("  ·  "));
  row.spoken = spoken.join(", ");
  return row;
}

QVariant OutlineModel::data(const QModelIndex& index, int role) const {
  const NodeId id = nodeAt(index);
  const auto* node = id ? documentOf(*levelOf(index)).node(id) : nullptr;
  if (!node) return {};
  switch (role) {
    case Qt::DisplayRole:  // by which letters search: of thousands, without their words
    case Qt::EditRole: {
      const auto* text = node->type == "Note" ? engine::document::find(node->fields, "text") : nullptr;
      const QString note = text && std::holds_alternative<std::string>(*text) ? qt(std::get<std::string>(*text)) : QString();
      return text && (role == Qt::EditRole || !note.isEmpty()) ? note : qt(node->name);
    }
    case Qt::AccessibleTextRole:
      if (const OutlineRow* words = row(index)) return words->spoken;
      return {};
    case Qt::ToolTipRole:
      if (const OutlineRow* words = row(index)) {
        QString tip = "<b>" + words->name.toHtmlEscaped() + "</b><br>" + words->below.toHtmlEscaped();
        if (!words->look.reason.isEmpty()) tip += "<br>" + words->look.reason.toHtmlEscaped();
        return tip;
      }
      return {};
    default: return {};
  }
}

Qt::ItemFlags OutlineModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return {};
  // What is within a block is edited there.
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | (levelOf(index)->around ? Qt::NoItemFlags : Qt::ItemIsEditable);
}

bool OutlineModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const NodeId id = nodeAt(index);
  const auto* node = role == Qt::EditRole && id && !levelOf(index)->around ? project_.shown().node(id) : nullptr;
  const QString text = value.toString().simplified();
  if (!node || text == data(index, Qt::EditRole).toString()) return false;
  if (node->type == "Note") return project_.edit(tr("Write note"), [&](engine::document::Transaction& t) { return t.setField(id, "text", utf8(text)); });
  return !text.isEmpty() && project_.edit(tr("Rename"), [&](engine::document::Transaction& t) { return t.rename(id, utf8(text)); });
}

// -------------------------------------------------------------------------- edits ----

void OutlineModel::setFollowing(bool follows) {
  if (follows && !follows_) followAll();
  follows_ = follows;
}

void OutlineModel::reset() {
  ++counters.resets;
  changing_ = true;
  beginResetModel();
  root_ = std::make_unique<Level>();
  if (follows_) root_->order = orderOf(*root_);
  endResetModel();
  changing_ = false;
}

// What goes, then what stands elsewhere, then what comes: rows that stay keep their places in the views.
void OutlineModel::reorder(Level& level) {
  const std::vector<NodeId> now = orderOf(level);
  if (now == level.order) return;
  ++counters.orders;
  const QModelIndex parent = indexOf(level);
  const QSet<NodeId> stay(now.begin(), now.end());
  for (int end = int(level.order.size()); end > 0;) {
    if (stay.contains(level.order[size_t(end) - 1])) {
      --end;
      continue;
    }
    int first = end - 1;
    while (first > 0 && !stay.contains(level.order[size_t(first) - 1])) --first;
    beginRemoveRows(parent, first, end - 1);
    const std::vector<NodeId> gone(level.order.begin() + first, level.order.begin() + end);
    level.order.erase(level.order.begin() + first, level.order.begin() + end);
    level.rows.clear();
    endRemoveRows();
    for (const NodeId node : gone) level.words.remove(node), level.within.erase(node);
    end = first;
  }
  const QSet<NodeId> were(level.order.begin(), level.order.end());
  std::vector<NodeId> kept;
  kept.reserve(were.size());
  for (const NodeId node : now)
    if (were.contains(node)) kept.push_back(node);
  if (kept != level.order) {
    emit layoutAboutToBeChanged({parent});
    QModelIndexList before, after;
    for (const QModelIndex& index : persistentIndexList())
      if (levelOf(index) == &level) before << index;
    std::vector<NodeId> nodes;
    for (const QModelIndex& index : before) nodes.push_back(nodeAt(index));
    level.order = kept;
    level.rows.clear();
    for (const NodeId node : nodes) after << indexOf(level, node);
    changePersistentIndexList(before, after);
    emit layoutChanged({parent});
  }
  for (size_t first = 0; first < now.size(); ++first) {
    if (were.contains(now[first])) continue;
    size_t end = first + 1;
    while (end < now.size() && !were.contains(now[end])) ++end;
    beginInsertRows(parent, int(first), int(end) - 1);
    level.order.insert(level.order.begin() + std::ptrdiff_t(first), now.begin() + std::ptrdiff_t(first), now.begin() + std::ptrdiff_t(end));
    level.rows.clear();
    endInsertRows();
    first = end - 1;
  }
}

void OutlineModel::tell(const Level& level, std::vector<int> rows) {
  constexpr size_t kRuns = 64;  // of many, one that has them all
  std::sort(rows.begin(), rows.end());
  if (rows.empty()) return;
  std::vector<std::pair<int, int>> runs;
  for (const int row : rows)
    if (!runs.empty() && row <= runs.back().second + 1) runs.back().second = row;
    else runs.emplace_back(row, row);
  if (runs.size() > kRuns) runs = {{rows.front(), rows.back()}};
  for (const auto& [first, last] : runs) emit dataChanged(createIndex(first, 0, &level), createIndex(last, 0, &level));
}

// What is within a use of a block, looked at again.
void OutlineModel::renew(Level& around, NodeId use) {
  const auto known = around.within.find(use);
  if (known == around.within.end()) return;
  Level& level = *known->second;
  if (!look(level)) {
    if (!level.order.empty()) {
      beginRemoveRows(indexOf(level), 0, int(level.order.size()) - 1);
      level.order.clear();
      level.rows.clear();
      endRemoveRows();
    }
    around.within.erase(known);
    return;
  }
  level.words.clear();
  reorder(level);
  std::vector<int> all(level.order.size());
  std::iota(all.begin(), all.end(), 0);
  tell(level, std::move(all));
  std::vector<NodeId> uses;
  for (const auto& [inner, _] : level.within) uses.push_back(inner);
  for (const NodeId inner : uses) renew(level, inner);
}

void OutlineModel::follow(const std::vector<size_t>& touched, const ChangeSet& changes) {
  changing_ = true;
  reorder(*root_);
  const auto nodes = project_.shown().nodes();
  std::vector<NodeId> others;
  for (const size_t place : touched)
    if (place < nodes.size()) others.push_back(nodes[place]->id);
  if (changes.frames)
    for (const auto* frames : {changes.frames.before.get(), changes.frames.after.get()})
      for (const auto& frame : frames->list) others.insert(others.end(), frame.nodes.begin(), frame.nodes.end());
  std::vector<int> rows;
  for (const NodeId node : others) {
    root_->words.remove(node);
    if (const int row = rowOf(*root_, node); row >= 0) rows.push_back(row);
  }
  tell(*root_, std::move(rows));
  std::vector<NodeId> uses;
  for (const auto& [use, _] : root_->within)
    if (changes.blocks || std::find(others.begin(), others.end(), use) != others.end()) uses.push_back(use);
  for (const NodeId use : uses) renew(*root_, use);
  changing_ = false;
}

void OutlineModel::followAll() {
  std::vector<size_t> all(project_.shown().nodes().size());
  std::iota(all.begin(), all.end(), size_t(0));
  follow(all, {});
}

}  // namespace ui
