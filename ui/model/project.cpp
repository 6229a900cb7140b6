#include "ui/model/project.h"

#include <QFileInfo>
#include <QUndoCommand>
#include <algorithm>

#include "engine/passes/lint.h"

namespace ui {

using engine::document::ChangeSet;
using engine::document::Document;
using engine::document::Transaction;

// One undo step: a change set and the selection on both sides of it. Never applied before it is pushed.
class Project::Step : public QUndoCommand {
 public:
  Step(Project& project, ChangeSet changes, const QString& text, quint64 gesture)
      : QUndoCommand(text), project_(project), changes_(std::move(changes)), gesture_(gesture),
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
    if (!project_.document_.apply(changes)) qFatal("the undo stack does not agree with the document");
    project_.selection_.keepOnly(project_.document_);
    project_.infer();
    emit project_.changed(changes);
    emit project_.stated();
  }
  Project& project_;
  ChangeSet changes_;
  quint64 gesture_;
  std::vector<engine::NodeId> before_, after_;
  bool done_ = false;
};

Project::Project(QObject* parent) : QObject(parent) {
  connect(&undo_, &QUndoStack::cleanChanged, this, &Project::fileChanged);
  infer();
}

// The undo stack empties itself as it goes; who listens to that would find half a project.
Project::~Project() { undo_.blockSignals(true); }

bool Project::hasProblems() const {
  return std::any_of(problems_.begin(), problems_.end(), [](const auto& p) { return p.severity == engine::Severity::problem; });
}

const engine::Problem* Project::problemOf(engine::NodeId node) const {
  const auto it = std::find_if(problems_.begin(), problems_.end(), [&](const auto& p) { return p.node == node; });
  return it == problems_.end() ? nullptr : &*it;
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
  undo_.push(new Step(*this, changes, text, gesture));
  return true;
}

quint64 Project::newGesture() {
  static quint64 last = 0;
  return ++last;
}

void Project::replace(Document document, const QString& path) {
  selection_.clear();
  undo_.clear();
  document_ = std::move(document);
  path_ = path;
  unsavedFolder_.clear();
  infer();
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

void Project::infer() {
  auto expanded = engine::document::expand(document_);
  network_ = std::move(expanded.network);
  inference_ = engine::infer(network_, {engine::kBatch, true, document_.recipe().phases.front().precision});
  problems_ = std::move(expanded.problems);
  problems_.insert(problems_.end(), inference_.problems.begin(), inference_.problems.end());
  const engine::Problems lints = engine::lint(network_, inference_);
  problems_.insert(problems_.end(), lints.begin(), lints.end());
  std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) { return a.severity < b.severity; });
}

}  // namespace ui
