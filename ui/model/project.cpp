#include "ui/model/project.h"

#include <QFileInfo>
#include <QUndoCommand>
#include <algorithm>
#include <numeric>

#include "ui/model/background.h"
#include "ui/model/shelf.h"

namespace ui {

using engine::document::ChangeSet;
using engine::document::Document;
using engine::document::Transaction;

// One undo step: a change set and the selection on both sides of it. Never applied before it is pushed.
class Project::Step : public QUndoCommand {
 public:
  // `after` is what the changes make of the document.
  Step(Project& project, ChangeSet changes, Document after, const QString& text, quint64 gesture)
      : QUndoCommand(text), project_(project), changes_(std::move(changes)), next_(std::move(after)), gesture_(gesture),
        way_(project.way_), before_(project.selection_.nodes()) {}

  int id() const override { return gesture_ ? 1 : -1; }
  void redo() override {
    if (done_) project_.go(way_);
    apply(changes_);
    if (done_) project_.selection_.set(after_);
    done_ = true;
  }
  void undo() override {
    project_.go(way_);  // where it was made: what comes back is seen
    after_ = project_.selection_.nodes();
    apply(changes_.inverse());
    project_.selection_.set(before_);
    project_.selection_.keepOnly(project_.shown());
  }
  // Both are applied when this is called.
  bool mergeWith(const QUndoCommand* other) override {
    const auto* next = static_cast<const Step*>(other);
    if (next->gesture_ != gesture_) return false;
    Document before = project_.document_;
    if (!before.apply(next->changes_.inverse()) || !before.apply(changes_.inverse())) return false;
    changes_ = between(before, project_.document_);
    if (changes_.empty()) setObsolete(true);
    return true;
  }

 private:
  void apply(const ChangeSet& changes) {
    // It was made for this state of the document, and undo goes back through the states in order.
    const Document before = project_.document_;
    if (next_) project_.document_ = *std::exchange(next_, std::nullopt);
    else if (!project_.document_.apply(changes)) qFatal("the undo stack does not agree with the document");
    project_.follow(before, changes);
    const auto way = project_.way_;
    const ChangeSet inView = project_.level_ ? project_.followWithin(changes) : changes;
    project_.selection_.keepOnly(project_.shown());
    if (way == project_.way_) emit project_.changed(inView);
    else emit project_.viewed(), emit project_.changed(ChangeSet());
    emit project_.stated();
  }
  Project& project_;
  ChangeSet changes_;
  std::optional<Document> next_;  // until it is done for the first time
  quint64 gesture_;
  std::vector<engine::NodeId> way_, before_, after_;
  bool done_ = false;
};

Project::Project(QObject* parent) : QObject(parent), insight_(insightOf(document_)) {
  finding_.setMaxThreadCount(1);
  connect(&undo_, &QUndoStack::cleanChanged, this, &Project::fileChanged);
}

// The undo stack empties itself as it goes; who listens to that would find half a project.
Project::~Project() { undo_.blockSignals(true); }

bool Project::hasProblems() const {
  return !problems().empty() && problems().front().severity == engine::Severity::problem;
}

const engine::Problem* Project::problemOf(engine::NodeId node) const {
  const auto index = shown().indexOf(node);
  return index ? problemAt(*index) : nullptr;
}

const engine::Problem* Project::problemAt(size_t index) const {
  const int problem = seen().worstProblem[index];
  return problem < 0 ? nullptr : &seen().problems[size_t(problem)];
}

engine::Result<ChangeSet> Project::stageWhole(const Stage& stage) const {
  Transaction transaction(document_);
  if (engine::Done done = stage(transaction); !done) return tl::unexpected(done.error());
  return transaction.finish();
}

engine::Result<ChangeSet> Project::stage(const Stage& stage) const {
  if (!level_) return stageWhole(stage);
  // Of a block: it knows which blocks there are while it is edited, and has none of its own afterwards.
  Transaction transaction(level_->document);
  for (const auto& block : document_.blocks())
    if (engine::Done done = transaction.setBlock(*block); !done) return tl::unexpected(done.error());
  if (engine::Done done = stage(transaction); !done) return tl::unexpected(done.error());
  return transaction.finish();
}

// What an edit of the block in view is to the document.
engine::Result<ChangeSet> Project::ofWhole(const ChangeSet& changes) const {
  ChangeSet within = changes;
  within.blocks = {};
  Document block = level_->document;
  if (engine::Done done = block.apply(within); !done) return tl::unexpected(done.error());
  Transaction transaction(document_);
  if (changes.blocks)
    for (const auto& brought : changes.blocks.after->list)
      if (brought->name() != block.name())
        if (engine::Done done = transaction.setBlock(*brought); !done) return tl::unexpected(done.error());
  if (engine::Done done = transaction.setBlock(std::move(block)); !done) return tl::unexpected(done.error());
  return transaction.finish();
}

bool Project::edit(const QString& text, const Stage& stageEdits, quint64 gesture) {
  auto changes = stage(stageEdits);
  if (!changes) {
    emit refused(changes.error());
    return false;
  }
  return apply(text, *changes, gesture);
}

bool Project::apply(const QString& text, const ChangeSet& changes, quint64 gesture) {
  if (!level_ || changes.empty()) return applyWhole(text, changes, gesture);
  auto whole = ofWhole(changes);
  if (!whole) {
    emit refused(whole.error());
    return false;
  }
  return applyWhole(text, *whole, gesture);
}

bool Project::editWhole(const QString& text, const Stage& stageEdits, quint64 gesture) {
  auto changes = stageWhole(stageEdits);
  if (!changes) {
    emit refused(changes.error());
    return false;
  }
  return applyWhole(text, *changes, gesture);
}

bool Project::applyWhole(const QString& text, const ChangeSet& changes, quint64 gesture) {
  if (changes.empty()) return true;
  Document trial = document_;  // shares all nodes: cheap
  if (engine::Done done = trial.apply(changes); !done) {
    emit refused(done.error());
    return false;
  }
  undo_.push(new Step(*this, changes, std::move(trial), text, gesture));
  return true;
}

void Project::take(const QString& text, ChangeSet changes, Document after) {
  if (level_) {
    apply(text, changes);
    return;
  }
  undo_.push(new Step(*this, std::move(changes), std::move(after), text, 0));
}

// ------------------------------------------------------------------- within blocks ----

// Cuts the way where it leads no further.
std::optional<Project::Level> Project::levelAt(std::vector<engine::NodeId>& way) const {
  std::optional<Level> level;
  for (size_t i = 0; i < way.size(); ++i) {
    const Document& around = level ? level->document : document_;
    const Insight& known = level ? level->insight : insight_;
    const auto index = around.indexOf(way[i]);
    const Document* block = index ? document_.block(around.nodes()[*index]->type) : nullptr;
    if (!block || *index >= known.inference.nodes.size()) {
      way.resize(i);
      break;
    }
    Insight insight = insightWithin(known, *index, *block, insight_.expanded.blocks, document_.recipe().phases.front().precision);
    level = Level{*block, std::move(insight)};
  }
  return level;
}

ChangeSet Project::followWithin(const ChangeSet&) {
  const Document before = level_->document;
  std::optional<Level> level = levelAt(way_);
  if (!level) {
    level_.reset();
    return {};
  }
  level_ = std::move(level);
  touched_.resize(level_->document.nodes().size());
  std::iota(touched_.begin(), touched_.end(), size_t(0));
  return between(before, level_->document);
}

std::vector<std::string> Project::namesOfWay() const {
  std::vector<std::string> names;
  const Document* around = &document_;
  for (const engine::NodeId id : way_) {
    const auto* use = around->node(id);
    names.push_back(use->name);
    around = document_.block(use->type);
  }
  return names;
}

void Project::go(std::vector<engine::NodeId> way, const std::vector<engine::NodeId>& selected) {
  auto level = levelAt(way);
  if (way != way_) {
    selection_.clear();
    way_ = std::move(way);
    level_ = std::move(level);
    ++states_;
    touched_.clear();
    emit viewed();
    emit stated();
  }
  std::vector<engine::NodeId> there;
  for (const engine::NodeId id : selected)
    if (shown().node(id)) there.push_back(id);
  if (!there.empty()) selection_.set(there);
}

bool Project::canOpen(engine::NodeId node) const {
  const auto* use = shown().node(node);
  return use && document_.block(use->type);
}

void Project::open(engine::NodeId block) {
  if (!canOpen(block)) return;
  auto way = way_;
  way.push_back(block);
  go(std::move(way));
}

void Project::leave() {
  if (way_.empty()) return;
  auto way = way_;
  const engine::NodeId left = way.back();
  way.pop_back();
  go(std::move(way), {left});
}

void Project::reveal(engine::NodeId node, std::vector<engine::NodeId> around, const engine::Graph& network) {
  const auto where = engine::whereIs(network, node);
  if (where.way.empty()) return;
  for (size_t i = 0; i + 1 < where.way.size(); ++i) around.push_back(where.way[i].node);
  go(std::move(around), {where.way.back().node});
}

engine::NodeId Project::inView(engine::NodeId node) const {
  const auto steps = whereIs(node).way;
  if (steps.size() != way_.size() + 1) return 0;
  for (size_t i = 0; i < way_.size(); ++i)
    if (steps[i].node != way_[i]) return 0;
  return steps.back().node;
}

const engine::OpType* Project::typeOf(std::string_view type) const {
  if (const auto block = insight_.expanded.blocks.find(type); block != insight_.expanded.blocks.end()) return &block->second.op.type();
  if (const engine::OpType* op = engine::findOp(type)) return op;
  const ShelfBlock* block = shelfBlock(type);
  return block ? &block->op.type() : nullptr;
}

std::vector<engine::Op> Project::choosable() const {
  std::vector<engine::Op> ops;
  for (const auto& [name, block] : insight_.expanded.blocks) {
    // None within itself.
    const bool around = isWithin() && (name == shown().name() || engine::usesBlock(block.op, shown().name()));
    if (!around) ops.push_back(block.op);
  }
  for (const ShelfBlock& block : shelf())
    if (!insight_.expanded.blocks.contains(block.block.name)) ops.push_back(block.op);
  for (const engine::OpType* type : engine::allOps()) {
    const std::string_view name = type->info.name, group = type->info.group;
    const bool port = name == "BlockInput" || name == "BlockOutput", outer = name == "Input" || name == "Target";
    if (!group.empty() && (isWithin() ? !outer : !port)) ops.push_back(*engine::Op::named(name));
  }
  return ops;
}

std::optional<engine::Op> Project::opOf(std::string_view type) const {
  if (const auto block = insight_.expanded.blocks.find(type); block != insight_.expanded.blocks.end()) return block->second.op;
  if (auto op = engine::Op::named(type)) return op;
  const ShelfBlock* block = shelfBlock(type);
  return block ? std::optional(block->op) : std::nullopt;
}

// ------------------------------------------------------------------- what follows ----

namespace {
// Freeing thousands of shapes takes a while too.
template <class T>
void letGo(QThreadPool& pool, T value) {
  pool.start([kept = std::make_shared<T>(std::move(value))] {});
}
}  // namespace

void Project::follow(const Document& before, const ChangeSet& changes) {
  ++states_;
  touched_.clear();
  if (!concernsNetwork(changes)) {
    touched_ = changedBy(document_, changes);
    return;
  }
  ++networks_;
  auto expanded = engine::document::expand(document_, before, insight_.expanded);
  if (!isBehind() && reachOf(document_, expanded.network, changes) <= kMostAtOnce) {
    insight_ = insightAfter(document_, std::move(expanded), before, changes, std::move(insight_), touched_);
    return;
  }
  if (!isBehind()) base_ = std::make_shared<const Known>(Known{before, std::move(insight_), {}});
  insight_ = insightMeanwhile(document_, std::move(expanded), base_->document, base_->insight);
  touched_ = changedBy(document_, changes);
  startCatchingUp();
}

void Project::startCatchingUp() {
  if (std::exchange(catchingUp_, true)) return;
  const auto find = [document = document_, base = base_] {
    Known found;
    auto expanded = engine::document::expand(document, base->document, base->insight.expanded);
    found.insight = insightAfter(document, std::move(expanded), base->document, between(base->document, document),
                                 base->insight, found.touched);
    found.document = document;
    return found;
  };
  inBackground(
      this, find,
      [this, opened = opened_, networks = networks_](Known found) { catchUp(opened, networks, std::move(found)); },
      &finding_);
}

void Project::catchUp(quint64 opened, quint64 networks, Known found) {
  catchingUp_ = false;
  if (opened != opened_) {  // of a document that is gone
    letGo(finding_, std::move(found));
    if (isBehind()) startCatchingUp();
    return;
  }
  letGo(finding_, std::exchange(base_, nullptr));
  if (networks == networks_) {
    touched_ = std::move(found.touched);
    letGo(finding_, std::exchange(insight_, std::move(found.insight)));
  } else {
    // Edits went on meanwhile: what was found is nearer to what is shown than what was known before.
    touched_.clear();
    for (const size_t n : found.touched)
      if (const auto now = document_.indexOf(found.document.nodes()[n]->id)) touched_.push_back(*now);
    std::sort(touched_.begin(), touched_.end());
    base_ = std::make_shared<const Known>(std::move(found));
    auto expanded = std::move(insight_.expanded);
    insight_ = insightMeanwhile(document_, std::move(expanded), base_->document, base_->insight);
    startCatchingUp();
  }
  if (level_) followWithin({});
  emit caughtUp();
  emit stated();
}

quint64 Project::newGesture() {
  static quint64 last = 0;
  return ++last;
}

void Project::replace(Document document, const QString& path) {
  Insight insight = insightOf(document);
  replace(std::move(document), std::move(insight), path);
}

void Project::replace(Document document, Insight insight, const QString& path) {
  selection_.clear();
  undo_.clear();
  ++opened_, ++states_, ++networks_;
  way_.clear();
  level_.reset();
  letGo(finding_, Known{std::exchange(document_, std::move(document)), std::exchange(insight_, std::move(insight)), {}});
  base_.reset();
  touched_.clear();
  path_ = path;
  unsavedFolder_.clear();
  emit replaced();
  emit stated();
  emit fileChanged();
}

void Project::savedAs(const QString& path, bool asItIsNow) {
  path_ = path;
  if (asItIsNow) undo_.setClean();
  else undo_.resetClean();
  emit fileChanged();
}

void Project::setUnsavedFolder(const QString& folder) {
  unsavedFolder_ = folder;
  emit fileChanged();
}

QString Project::folder() const { return path_.isEmpty() ? QString(".") : QFileInfo(path_).absolutePath(); }

QString Project::title() const {
  if (!path_.isEmpty()) return QFileInfo(path_).completeBaseName();
  return document_.name().empty() ? tr("Untitled") : QString::fromStdString(document_.name());
}

}  // namespace ui
