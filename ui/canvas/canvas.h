// The network as nodes and wires: drawn, and edited by mouse and keyboard. One room of the window: it knows the project
// and the actions, and binds edit.*, node.* and view.zoom* to what its hands can do.
#pragma once
#include <QPointer>
#include <QVariantAnimation>
#include <QWidget>
#include <functional>
#include <map>
#include <optional>

#include "engine/document/arrange.h"
#include "ui/model/project.h"
#include "ui/shell/actions.h"

class QMimeData;

namespace ui {

class CanvasView;
class Edits;
class PictureFile;
class PictureHandle;
class QuickAdd;
class Scene;
struct LayoutEdit;
struct PortRef;

class Canvas : public QWidget {
  Q_OBJECT
 public:
  // Binds its actions: edit.*, node.*, view.zoom* and view.fit*.
  Canvas(Project& project, Actions& actions, QWidget* parent = nullptr);
  ~Canvas() override;

  CanvasView& view() { return *view_; }
  Scene& scene() { return *scene_; }
  QuickAdd& quickAdd() { return *quickAdd_; }
  Actions& actions() { return actions_; }

  // A new layer, wired to the selected ones, else in the middle of the view.
  void addNode(const QString& op);
  // Shows and selects a node of the network in view.
  void goTo(engine::NodeId node);
  void fitAll();
  // A block of the project into the library: in the place of one of that name, or under a name that it gets for it.
  void saveBlock(const QString& block);
  void saveBlockBeside(const QString& block);
  void showMenu(QPoint global);  // what can be done with what is selected
  // Writes the network as a picture, SVG, PDF or PNG by the file's name; it says when it is there.
  PictureFile* exportPicture(const QString& path);

 signals:
  void libraryHasAnother(const QString& block);  // Save to library would lose it: somebody has to choose

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void bindActions();
  void bindClipboard();
  void bindView();
  void askForNode(QPointF at, const PortRef& port);
  void layOut(engine::document::Direction direction);
  void takeLayout(LayoutEdit edit);
  bool endLayout();  // one that is being found changes nothing, one that moves stands there; false: there is none
  void bindArranging();
  void bindMeaning();
  engine::NodeId currentFrame() const;
  void showFrameMenu(QPoint global, engine::NodeId frame);
  void choosePicture();
  void copyPicture();
  void paintPicture(const std::function<void(QMimeData* both)>& take);  // null where it cannot be
  void bindPictureHandle(PictureHandle& handle);
  void setHint(const QString& text);
  void placeOverlays();
  bool hasRoomForMinimap() const;
  void showAnother();
  void ownKeys(std::initializer_list<const char*> ids);

  Project& project_;
  Actions& actions_;
  Scene* scene_;
  Edits* edits_;
  CanvasView* view_;
  QuickAdd* quickAdd_;
  std::function<engine::NodeId(const QString& op)> addChosen_;  // where quick add was asked for
  QWidget* zoomBar_;
  QWidget* minimap_;
  QWidget* breadcrumb_;
  struct Seen {
    double zoom;
    QPointF middle;
  };
  std::map<std::vector<engine::NodeId>, Seen> views_;  // of the networks that were in view, by the way to them
  std::vector<engine::NodeId> way_;                    // to the one that is
  quint64 layouts_ = 0;      // that were asked for
  bool findsLayout_ = false;  // the last of them
  QPointer<QVariantAnimation> moving_;  // its nodes, to where they stand already
  std::optional<QString> whyNotPaste_;  // read once a change: asking the clipboard may mean asking another program
};

}  // namespace ui
