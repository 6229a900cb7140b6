// The project that a window shows: the document, what follows from it, undo and selection. The only place where edits
// are made, each as one named undo step.
//
//   project.edit(tr("Rename"), [&](Transaction& t) { return t.rename(id, "stem"); });
#pragma once
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QUndoStack>
#include <functional>

#include "engine/document/transaction.h"
#include "engine/passes/unfold.h"
#include "ui/model/insight.h"
#include "ui/model/selection.h"

namespace ui {

class Project : public QObject {
  Q_OBJECT
 public:
  using Stage = std::function<engine::Done(engine::document::Transaction&)>;

  explicit Project(QObject* parent = nullptr);
  ~Project() override;

  const engine::document::Document& document() const { return document_; }
  // The network in view: the document's own, or that of the block that is open, as one of its uses has it.
  const engine::document::Document& shown() const { return level_ ? level_->document : document_; }
  // The network in view as a graph, node by node in its order, and all that can be told of it: renewed by each edit, before
  // changed() is emitted.
  const engine::Graph& network() const { return seen().expanded.network; }
  const engine::Inference& inference() const { return seen().inference; }
  const Insight& whole() const { return insight_; }  // of the document, whatever is in view
  const Insight& inView() const { return seen(); }
  const engine::Problems& problems() const { return insight_.problems; }  // of the whole document: problems first, then lints
  const engine::Problems& problemsInView() const { return seen().problems; }
  bool hasProblems() const;                                      // of the kind that keeps it from running
  // The problem that a node shows, worst first; null: it is fine.
  const engine::Problem* problemOf(engine::NodeId node) const;
  const engine::Problem* problemAt(size_t index) const;  // in the order of the network in view
  // A node of the network as it is calculated, blocks unfolded, of any depth.
  engine::Whereabouts whereIs(engine::NodeId id) const { return engine::whereIs(insight_.expanded.network, id); }
  // What a type of nodes stands for: a block of the project, an op, or a block of the library (model/shelf.h). Null: nothing
  // known. Holds until the next edit.
  const engine::OpType* typeOf(std::string_view type) const;
  std::optional<engine::Op> opOf(std::string_view type) const;
  // What may be added to the network in view: blocks of the project and of the library, and the ops that belong there.
  std::vector<engine::Op> choosable() const;

  // The uses of blocks, outermost first, that lead to the network in view; empty: it is the document's own.
  const std::vector<engine::NodeId>& way() const { return way_; }
  bool isWithin() const { return !way_.empty(); }
  std::vector<std::string> namesOfWay() const;
  // Shows the network at the end of the way, as far as it leads; selects there what is given. Nothing of the document changes.
  void go(std::vector<engine::NodeId> way, const std::vector<engine::NodeId>& selected = {});
  bool canOpen(engine::NodeId node) const;  // a use of a block, of the network in view
  void open(engine::NodeId block);
  void leave();                              // to the network around it
  // Goes where a node is drawn, and selects it there: one of the network as it is calculated, as problems() and runs call it, or one of
  // the network in view and its blocks, as problemsInView() do. A block's nodes may have the ids of others around it.
  void reveal(engine::NodeId node) { reveal(node, {}, insight_.expanded.network); }
  void revealFromView(engine::NodeId node) { reveal(node, way_, network()); }
  // A node of the network as it is calculated, as it is called in the network in view; 0: it is drawn in another one.
  engine::NodeId inView(engine::NodeId node) const;
  // Shapes and problems are those of before the last edits, for what follows from them is still being found: of an edit
  // from which more than kMostAtOnce shapes may follow, on another thread.
  bool isBehind() const { return base_ != nullptr; }
  static constexpr size_t kMostAtOnce = 1200;
  // The nodes of which the last edit, or catching up, may have changed anything that is shown, in the document's order.
  const std::vector<size_t>& touched() const { return touched_; }

  Selection& selection() { return selection_; }
  QUndoStack& undo() { return undo_; }

  // Stages an edit of the network in view and makes it, as one undo step called `text`. Where it cannot be made, nothing changes, refused() is
  // emitted, and false comes back. An edit that changes nothing is none, and true. Edits in a row with the same gesture
  // (other than 0) become one step: newGesture() when a drag or a stretch of typing begins.
  bool edit(const QString& text, const Stage& stage, quint64 gesture = 0);
  bool apply(const QString& text, const engine::document::ChangeSet& changes, quint64 gesture = 0);
  // The same of the whole document, whatever is in view: data, recipe, blocks.
  bool editWhole(const QString& text, const Stage& stage, quint64 gesture = 0);
  bool applyWhole(const QString& text, const engine::document::ChangeSet& changes, quint64 gesture = 0);
  engine::Result<engine::document::ChangeSet> stageWhole(const Stage& stage) const;
  // The same for changes whose outcome is there already: another thread made `after` of this very state, and of no other.
  void take(const QString& text, engine::document::ChangeSet changes, engine::document::Document after);
  // What edit() would do, without doing it.
  engine::Result<engine::document::ChangeSet> stage(const Stage& stage) const;
  static quint64 newGesture();
  // Another number after each edit and for each document: what was asked for before is of another state.
  quint64 state() const { return states_; }

  // Another document in the place of this one; undo and selection begin anew. `path` is "" for one without a file.
  void replace(engine::document::Document document, const QString& path);
  // With what is known of it already: finding that takes time, and another thread may have spent it.
  void replace(engine::document::Document document, Insight insight, const QString& path);
  // The document is in that file: as it is now, or as it was before the last edits.
  void savedAs(const QString& path, bool asItIsNow = true);
  // Where the nodes of a new document stand that have no positions, as Insight has it.
  const std::vector<QPointF>& layout() const { return seen().layout; }
  const QString& path() const { return path_; }
  QString folder() const;  // that the paths of its data are relative to
  // Where the runs of a project without a file are; "" before the first.
  const QString& unsavedFolder() const { return unsavedFolder_; }
  void setUnsavedFolder(const QString& folder);
  QString title() const;   // for windows and lists
  bool isModified() const { return !undo_.isClean(); }

 signals:
  // After each edit, undo and redo, with what it did to the network in view: nothing where that stayed.
  void changed(const engine::document::ChangeSet& changes);
  void replaced();                                           // another document
  void viewed();                                             // another network is in view
  void caughtUp();                                           // what follows from the last edits is known, or more of it
  void stated();                                             // after each: shapes and problems are new
  void refused(const engine::Problem& problem);
  void fileChanged();  // path, title, isModified or unsavedFolder

 private:
  class Step;
  struct Known {
    engine::document::Document document;
    Insight insight;
    std::vector<size_t> touched;
  };
  // The network in view, where it is a block's.
  struct Level {
    engine::document::Document document;
    Insight insight;
  };
  void reveal(engine::NodeId node, std::vector<engine::NodeId> around, const engine::Graph& network);
  const Insight& seen() const { return level_ ? level_->insight : insight_; }
  std::optional<Level> levelAt(std::vector<engine::NodeId>& way) const;
  engine::document::ChangeSet followWithin(const engine::document::ChangeSet& changes);
  engine::Result<engine::document::ChangeSet> ofWhole(const engine::document::ChangeSet& changes) const;
  void follow(const engine::document::Document& before, const engine::document::ChangeSet& changes);
  void startCatchingUp();
  void catchUp(quint64 opened, quint64 networks, Known found);

  engine::document::Document document_;
  Insight insight_;
  std::vector<engine::NodeId> way_;
  std::optional<Level> level_;
  std::shared_ptr<const Known> base_;  // what was known last for sure, while what is shown is behind
  quint64 opened_ = 0, states_ = 0, networks_ = 0;  // documents, their states, and those of their networks, so far
  bool catchingUp_ = false;
  QThreadPool finding_;
  std::vector<size_t> touched_;
  Selection selection_;
  QUndoStack undo_;
  QString path_, unsavedFolder_;
};

}  // namespace ui
