// The figures of all nodes of the network in view, kept up with edits while somebody wants them: after an edit only the nodes that
// it touched are asked, and where these are many, on another thread.
#pragma once
#include <QObject>
#include <unordered_map>

#include "ui/model/node_figures.h"
#include "ui/model/project.h"

namespace ui {

class NetworkFigures : public QObject {
  Q_OBJECT
 public:
  explicit NetworkFigures(Project& project, QObject* parent = nullptr);
  void setWanted(bool wanted);
  using All = std::unordered_map<engine::NodeId, NodeFigures>;
  const All& all() const { return all_; }  // as far as they are known
  const FigureOptions& options() const { return options_; }
  size_t found() const { return found_; }  // nodes whose figures were found so far in the window's thread
  static constexpr size_t kMostAtOnce = 300;  // nodes, with those of blocks

 signals:
  void changed();

 private:
  void follow();
  void findAll();

  Project& project_;
  All all_;
  FigureOptions options_;
  quint64 asked_ = 0;
  size_t found_ = 0;
  bool wanted_ = false, anew_ = true, finding_ = false;
};

}  // namespace ui
