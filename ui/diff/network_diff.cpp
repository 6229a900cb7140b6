#include "ui/diff/network_diff.h"

#include <QFileInfo>
#include <algorithm>
#include <set>

#include "engine/document/counterparts.h"
#include "engine/document/json.h"
#include "engine/document/ways.h"
#include "engine/training/run.h"
#include "ui/model/background.h"
#include "ui/model/difference_words.h"
#include "ui/model/text.h"
#include "ui/run/training.h"
#include "ui/shell/actions.h"
#include "ui/widgets/ask_path.h"

namespace ui {

using engine::NodeId;
using engine::document::Difference;
using engine::document::Document;
using engine::document::Node;
using engine::document::NodePointer;
using engine::document::Wire;

namespace {

// Blocks in which something is different, and those that use such a block.
std::set<std::string> otherBlocks(const Document& before, const Document& now) {
  std::set<std::string> names;
  for (const auto& block : now.blocks())
    if (const Document* was = before.block(block->name()); !was || !engine::document::diff(*was, *block).empty()) names.insert(block->name());
  for (bool more = true; std::exchange(more, false);)
    for (const auto& block : now.blocks())
      if (!names.contains(block->name()) && std::any_of(block->nodes().begin(), block->nodes().end(), [&](const NodePointer& n) { return names.contains(n->type); }))
        more = names.insert(block->name()).second;
  return names;
}

// Nodes of one network, in its order, those that are gone last; then what concerns no node.
std::vector<DiffRow> rowsOf(const Document& before, const Document& now, const std::set<std::string>& others, const std::vector<NodeId>& way, const QString& block) {
  std::vector<DiffRow> rows;
  QHash<NodeId, std::vector<const Difference*>> ofNode;
  const std::vector<Difference> all = engine::document::diff(before, now);
  for (const Difference& d : all)
    if (d.node) ofNode[d.node].push_back(&d);
  for (const NodePointer& node : now.nodes()) {
    const Node* was = before.node(node->id);
    DiffRow row{was ? DiffKind::changed : DiffKind::added, way, block, node->id, qt(node->name), {}};
    if (!was) row.words << qt(node->type);
    else
      for (const Difference* d : ofNode.value(node->id)) row.words << shortWordsOf(*d, *was, *node);
    if (was && others.contains(node->type)) row.words << NetworkDiff::tr("what is in %1").arg(qt(node->type));
    if (!row.words.isEmpty()) rows.push_back(std::move(row));
  }
  for (const NodePointer& node : before.nodes())
    if (!now.node(node->id)) rows.push_back({DiffKind::removed, way, block, node->id, qt(node->name), {qt(node->type)}});
  for (const Difference& d : all)
    if (!d.node && !(d.what.starts_with("block ") && d.what.find(": ") != std::string::npos))  // what is in a block has rows of its own
      rows.push_back({d.kind, way, block, 0, {}, {wordsOf(d)}});
  return rows;
}

}  // namespace

NetworkDiff::NetworkDiff(Project& project, Training& training, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), training_(training), actions_(actions) {
  connect(&project_, &Project::changed, this, &NetworkDiff::follow);
  connect(&project_, &Project::viewed, this, [this] {
    if (!other_) return;
    other_->go(project_.way());
    inView_ = {};  // of the network that was in view
    emit changed();
    follow();
  });
  connect(&project_, &Project::replaced, this, &NetworkDiff::end);
  connect(&project_, &Project::fileChanged, this, [this] {
    if (other_ && with_ == With::saved && !project_.isModified()) compareSaved();  // what is saved is another version now
  });
  connect(this, &NetworkDiff::changed, &actions_, &Actions::refreshSoon);
  bindActions(actions);
}

NetworkDiff::~NetworkDiff() = default;

void NetworkDiff::bindActions(Actions& actions) {
  actions.bind("diff.saved", [this] { compareSaved(); },
               [this] { return project_.path().isEmpty() ? tr("The project was not saved yet.") : QString(); });
  actions.bind("diff.run", [this] { compareRun(); }, [this] {
    return training_.snapshot() || (!project_.path().isEmpty() && engine::training::lastRunFolder(utf8(project_.path()))) ? QString() : tr("There was no run yet.");
  });
  actions.bind("diff.file", [this] { chooseFile(); });
  const auto needsDiff = [this] { return isOn() ? QString() : tr("Compare with another version first."); };
  const auto needsRows = [this, needsDiff] { return isOn() && rows_.empty() ? tr("Nothing is different.") : needsDiff(); };
  actions.bind("diff.next", [this] { step(1); }, needsRows);
  actions.bind("diff.previous", [this] { step(-1); }, needsRows);
  actions.bind("diff.take_back", [this] {
    std::vector<NodeId> nodes = project_.selection().nodes();
    std::erase_if(nodes, [this](NodeId id) { return !inView_.nodes.contains(id); });
    takeBack(std::move(nodes));
  }, [this, needsDiff] {
    if (!isOn()) return needsDiff();
    const auto& nodes = project_.selection().nodes();
    const bool any = std::any_of(nodes.begin(), nodes.end(), [this](NodeId id) { return inView_.nodes.contains(id); });
    return any ? QString() : tr("Select a node that is different first.");
  });
  actions.bind("diff.end", [this] { end(); }, needsDiff);
}

// ------------------------------------------------------------------ which version ----

void NetworkDiff::compareSaved() { openFile(project_.path(), tr("the saved version"), With::saved); }

void NetworkDiff::compareRun() {
  if (const Document* ofRun = training_.snapshot()) open([run = *ofRun] { return engine::Result<Document>(run); }, tr("the last run"), With::run);
  else if (const auto folder = engine::training::lastRunFolder(utf8(project_.path()))) openFile(qt(*folder) + "/project.netw", tr("the last run"), With::run);
}

void NetworkDiff::chooseFile() {
  const QString file = askPath(nullptr, {PathQuestion::Kind::open, tr("Compare with"), project_.folder(), tr("Netwright projects (*.netw)"), {}});
  if (!file.isEmpty()) compareWith(file, QFileInfo(file).fileName());
}

void NetworkDiff::compareWith(const QString& file, const QString& name) { openFile(file, name, With::file); }

void NetworkDiff::openFile(const QString& file, const QString& name, With with) {
  open([path = utf8(file)] { return engine::document::load(path); }, name, with);
}

void NetworkDiff::open(const std::function<engine::Result<Document>()>& read, const QString& name, With with) {
  using Read = engine::Result<std::pair<Document, Insight>>;
  const quint64 opened = ++opened_;
  inBackground(this, [read, now = project_.document()]() -> Read {
    auto document = read();
    if (!document) return tl::unexpected(document.error());
    Document other = withIdsOf(now, *document);
    Insight insight = insightOf(other);
    return std::pair(std::move(other), std::move(insight));
  }, [this, opened, name, with](Read found) {
    if (opened != opened_) return;
    if (!found) return (void)emit project_.refused(found.error());
    take(std::move(found->first), std::move(found->second), name, with);
  });
}

void NetworkDiff::take(Document other, Insight insight, const QString& name, With with) {
  const bool isNew = !other_;
  other_ = std::make_unique<Project>();
  other_->replace(std::move(other), std::move(insight), {});
  other_->go(project_.way());
  against_ = name;
  with_ = with;
  chosen_ = -1;
  rows_.clear();
  inView_ = {};
  follow();
  if (isNew) emit began();
  emit changed();
}

void NetworkDiff::end() {
  ++opened_;
  if (!other_) return;
  other_.reset();
  rows_.clear();
  inView_ = {};
  emit changed();
}

bool NetworkDiff::leadsHere() const { return other_ && other_->way() == project_.way(); }

// ----------------------------------------------------------------------- following ----

void NetworkDiff::follow() {
  if (!other_) return;
  stale_ = finding_;
  if (finding_) return;
  finding_ = true;
  const quint64 opened = opened_;
  inBackground(this, [before = other_->document(), now = project_.document(), way = project_.way()] { return find(before, now, way); },
               [this, opened, way = project_.way()](Found found) {
                 finding_ = false;
                 if (std::exchange(stale_, false) || opened != opened_ || way != project_.way()) return follow();
                 if (!other_) return;
                 rows_ = std::move(found.rows);
                 inView_ = std::move(found.inView);
                 chosen_ = std::min(chosen_, int(rows_.size()) - 1);
                 emit changed();
               });
}

NetworkDiff::Found NetworkDiff::find(const Document& before, const Document& now, const std::vector<NodeId>& way) {
  Found found;
  const std::set<std::string> others = otherBlocks(before, now);
  found.rows = rowsOf(before, now, others, {}, {});
  for (const auto& block : now.blocks()) {
    const Document* was = before.block(block->name());
    const auto to = was && others.contains(block->name()) ? wayTo(now, block->name()) : std::nullopt;
    if (!to) continue;  // a new one is told as a whole
    for (DiffRow& row : rowsOf(*was, *block, others, *to, qt(block->name()))) found.rows.push_back(std::move(row));
  }

  const Document nothing, *here = networkAt(now, way), *there = networkAt(before, way);
  if (!here) return found;
  if (!there) there = &nothing;
  for (const DiffRow& row : rowsOf(*there, *here, others, {}, {}))
    if (row.node) found.inView.nodes[row.node] = {row.kind, row.words};
  const auto same = [](const Wire* wire, const Wire& other) { return wire && wire->from == other.from && wire->output == other.output; };
  for (const Wire& wire : here->wires())
    if (!same(there->wireInto(wire.to, wire.input), wire)) found.inView.added.push_back(wire);
  for (const Wire& wire : there->wires())
    if (!same(here->wireInto(wire.to, wire.input), wire)) found.inView.removed.push_back(wire);
  return found;
}

int NetworkDiff::count(DiffKind kind) const {
  return int(std::count_if(rows_.begin(), rows_.end(), [kind](const DiffRow& row) { return row.kind == kind; }));
}

QString NetworkDiff::summary() const {
  QStringList parts;
  if (const int n = count(DiffKind::added)) parts << tr("%1 new").arg(n);
  if (const int n = count(DiffKind::removed)) parts << tr("%1 gone").arg(n);
  if (const int n = count(DiffKind::changed)) parts << tr("%1 changed").arg(n);
  return parts.isEmpty() ? tr("nothing is different") : parts.join(", ");
}

// ---------------------------------------------------------------------- what is done ----

void NetworkDiff::takeBack(std::vector<NodeId> nodes) {
  if (!other_) return;
  const Document nothing;
  const Document& before = leadsHere() ? other_->shown() : nothing;
  // Those that come back come first, so that the others can be wired to them.
  std::stable_partition(nodes.begin(), nodes.end(), [this](NodeId id) { return !project_.shown().node(id); });
  project_.edit(tr("Take back"), [&](engine::document::Transaction& t) -> engine::Done {
    for (const NodeId id : nodes)
      if (engine::Done done = restore(t, before, id); !done) return done;
    return {};
  });
}

void NetworkDiff::takeBack(const DiffRow& row) {
  if (!row.node) return;
  const NodeId node = row.node;  // the row may be one of ours, which the edit replaces
  project_.go(row.way);
  takeBack(std::vector{node});
}

void NetworkDiff::choose(int row) {
  if (row < 0 || row >= int(rows_.size())) return;
  chosen_ = row;
  const DiffRow wanted = rows_[size_t(row)];
  if (!wanted.node) return (void)emit changed();
  project_.go(wanted.way);
  emit revealWanted(wanted);
  emit changed();
}

void NetworkDiff::step(int by) {
  if (rows_.empty()) return;
  const int n = int(rows_.size());
  choose(chosen_ < 0 ? (by > 0 ? 0 : n - 1) : (chosen_ + by + n) % n);
}

}  // namespace ui
