// Everything by a few letters: actions, layers to add, nodes to find, projects to open. Or nodes alone.
#pragma once
#include <QFrame>
#include <functional>

#include "ui/files/files.h"
#include "ui/model/project.h"
#include "ui/shell/actions.h"

class QLineEdit;
class QListView;
class QStandardItemModel;

namespace ui {

class CommandPalette : public QFrame {
  Q_OBJECT
 public:
  enum class Mode { everything, nodes };
  // Lies over the window.
  CommandPalette(Project& project, Actions& actions, Files& files, QWidget* window);
  void open(Mode mode);

 signals:
  void nodeWanted(engine::NodeId node);
  void layerWanted(const QString& op);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Entry {
    QString id;      // what is remembered of it: "action:edit.undo"
    QString text, detail, right, searched;
    QString icon, op, group;
    QString whyNot;
    std::function<void()> run;
    int rank = 0;    // among equally good matches; smaller first
  };
  QList<Entry> entries() const;
  void addActions(QList<Entry>& all) const;
  void addLayers(QList<Entry>& all) const;
  void addNodes(QList<Entry>& all) const;
  void addNodesElsewhere(QList<Entry>& all) const;  // in blocks, and around the open one
  void addFiles(QList<Entry>& all) const;
  void fill();
  void choose();
  void dismiss();

  Project& project_;
  Actions& actions_;
  Files& files_;
  Mode mode_ = Mode::everything;
  QLineEdit* search_;
  QListView* list_;
  QStandardItemModel* model_;
  QWidget* nothing_;
  QList<Entry> entries_;
  QPointer<QWidget> before_;  // what had the focus
};

}  // namespace ui
