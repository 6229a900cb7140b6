#include "ui/model/project.h"

#include <QFileInfo>
#include <QUndoCommand>
#include <algorithm>

#include "ui/model/background.h"

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
        before_(project.selection_.nodes()) {}

  int id() const override { return gesture_ ? 1 : -1; }
  void redo() override {
    apply(changes_);
    if (done_) project_.selection_.set(after_);
    done_ = true;
  }
  void undo() override {
    after_ = project_.selection_.nodes();
    apply(changes_.inverse());
    project_.selection_.set(before_);
    project_.selection_.keepOnly(project_.document_);
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
    project_.selection_.keepOnly(project_.document_);
    emit project_.changed(changes);
    emit project_.stated();
  }
  Project& project_;
  ChangeSet changes_;
  std::optional<Document> next_;  // until it is done for the first time
  quint64 gesture_;
  std::vector<engine::NodeId> before_, after_;
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
  const auto index = document_.indexOf(node);
  return index ? problemAt(*index) : nullptr;
}

const engine::Problem* Project::problemAt(size_t index) const {
  const int problem = insight_.worstProblem[index];
  return problem < 0 ? nullptr : &insight_.problems[size_t(problem)];
}

engine::Result<ChangeSet> Project::stage(const Stage& stage) const {
  Transaction transaction(document_);
  if (engine::Done done = stage(transaction); !done) return tl::unexpected(done.error());
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
  undo_.push(new Step(*this, std::move(changes), std::move(after), text, 0));
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
