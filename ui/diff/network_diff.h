// What is different between the project and another version of it: as it was saved, as a run has it, or another file. Found again after
// each edit, off the window's thread; the canvas and the list of changes show it.
#pragma once
#include <QHash>
#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <functional>
#include <memory>

#include "engine/document/diff.h"
#include "ui/model/project.h"

namespace ui {

class Actions;
class Training;

using DiffKind = engine::document::Difference::Kind;

// Of a node, or, where there is none, of the project as a whole.
struct DiffRow {
  DiffKind kind = DiffKind::changed;
  std::vector<engine::NodeId> way;  // to the network that it is in: uses of blocks, outermost first
  QString block;                    // the block that it is in; "" where it is the project's own network
  engine::NodeId node = 0;          // of either version
  QString name;
  QStringList words;  // "out features 64, was 32"; of a node that is new or gone: its type
  bool operator==(const DiffRow&) const = default;
};

// Of the network in view.
struct DiffInView {
  struct Mark {
    DiffKind kind = DiffKind::changed;
    QStringList words;
    bool operator==(const Mark&) const = default;
  };
  QHash<engine::NodeId, Mark> nodes;                       // of either version
  std::vector<engine::document::Wire> added, removed;      // wires that only this, or only the other version has
};

class NetworkDiff : public QObject {
  Q_OBJECT
 public:
  // Binds diff.*.
  NetworkDiff(Project& project, Training& training, Actions& actions, QObject* parent = nullptr);
  ~NetworkDiff() override;

  bool isOn() const { return other_ != nullptr; }
  const QString& against() const { return against_; }  // "the saved version", "the last run", "other.netw"
  const std::vector<DiffRow>& rows() const { return rows_; }
  int count(DiffKind kind) const;
  QString summary() const;  // "2 new, 1 gone, 3 changed"
  const DiffInView& inView() const { return inView_; }
  // The version that it is compared with, with the ids that its nodes have here. It shows the network in view, where it has that: see
  // leadsHere().
  const Project& other() const { return *other_; }
  bool leadsHere() const;

  void compareWith(const QString& file, const QString& name);  // name: how the bar calls it
  void end();
  // One undo step: nodes of the network in view become what they are in the other version.
  void takeBack(std::vector<engine::NodeId> nodes);
  void takeBack(const DiffRow& row);  // goes to its network first
  void choose(int row);               // shows it, and is where next and previous go on from
  int chosen() const { return chosen_; }

 signals:
  void began();
  void changed();                               // on or off, rows or marks
  void revealWanted(const ui::DiffRow& row);  // in the network in view by now

 private:
  enum class With { saved, run, file };
  struct Found {
    std::vector<DiffRow> rows;
    DiffInView inView;
  };
  void bindActions(Actions& actions);
  void compareSaved();
  void compareRun();
  void chooseFile();
  void openFile(const QString& file, const QString& name, With with);
  void open(const std::function<engine::Result<engine::document::Document>()>& read, const QString& name, With with);
  void take(engine::document::Document other, Insight insight, const QString& name, With with);
  void follow();  // after an edit, or where another network is in view
  void step(int by);
  static Found find(const engine::document::Document& before, const engine::document::Document& now, const std::vector<engine::NodeId>& way);

  Project& project_;
  Training& training_;
  Actions& actions_;
  std::unique_ptr<Project> other_;
  QString against_;
  With with_ = With::file;
  std::vector<DiffRow> rows_;
  DiffInView inView_;
  int chosen_ = -1;
  quint64 opened_ = 0;
  bool finding_ = false, stale_ = false;
};

}  // namespace ui
