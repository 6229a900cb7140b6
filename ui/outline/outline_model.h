// The network in view as a tree of rows: its nodes in the order of the data, and under a use of a block what is in it, found when
// somebody looks. Follows edits row by row: what an edit did not touch is neither asked for nor told again.
#pragma once
#include <QAbstractItemModel>
#include <map>
#include <memory>
#include <optional>

#include "ui/canvas/node_look.h"
#include "ui/model/project.h"

namespace ui {

struct OutlineRow {
  NodeLook look;
  QString name;      // as it stands in the row
  QString below;     // type and what matters, shape, parameters, frames: the second line
  QString spoken;    // all of it, in the canvas' words
  std::optional<int> frameColor;  // of the innermost frame around it
};

class OutlineModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  explicit OutlineModel(Project& project, QObject* parent = nullptr);
  ~OutlineModel() override;

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& index) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& = {}) const override { return 1; }
  bool hasChildren(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

  engine::NodeId nodeAt(const QModelIndex& index) const;   // 0: none
  engine::NodeId inViewAt(const QModelIndex& index) const;  // the node of the network in view that it is, or is in
  std::vector<engine::NodeId> wayTo(const QModelIndex& index) const;  // the uses of blocks from the network in view to it
  QModelIndex indexOf(engine::NodeId node) const;           // of the network in view
  QModelIndex indexOf(const std::vector<engine::NodeId>& way, engine::NodeId node) const;
  const OutlineRow* row(const QModelIndex& index) const;    // null: it is gone

  // Nobody looks: edits are followed later, all at once.
  void setFollowing(bool follows);
  bool isChanging() const { return changing_; }

  // What was done so far, for whoever asks what an edit costs.
  struct Counters {
    int rows = 0;    // whose words were made
    int levels = 0;  // networks within blocks that were looked into
    int orders = 0;  // times that rows came, went or moved
    int resets = 0;
  };
  mutable Counters counters;

 private:
  struct Level;
  using NodeId = engine::NodeId;
  Level* levelOf(const QModelIndex& index) const;
  const engine::document::Document& documentOf(const Level& level) const;
  const Insight& insightOf(const Level& level) const;
  std::vector<NodeId> orderOf(const Level& level) const;
  int rowOf(const Level& level, NodeId node) const;
  QModelIndex indexOf(const Level& level, NodeId node) const;
  QModelIndex indexOf(const Level& level) const;  // of the use that it is within
  Level* within(Level& level, NodeId use) const;
  bool look(Level& level) const;  // at the block that its use stands for now; false: there is none
  void reorder(Level& level);
  void renew(Level& around, NodeId use);
  void tell(const Level& level, std::vector<int> rows);
  void follow(const std::vector<size_t>& touched, const engine::document::ChangeSet& changes);
  void followAll();
  void reset();
  OutlineRow rowFor(const Level& level, size_t place) const;

  Project& project_;
  std::unique_ptr<Level> root_;
  bool follows_ = true, changing_ = false;
};

}  // namespace ui
