#include "ui/canvas/canvas.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QSettings>
#include <QStatusTipEvent>
#include <QVariantAnimation>
#include <unordered_set>

#include "ui/canvas/accessible.h"
#include "ui/canvas/breadcrumb.h"
#include "ui/canvas/laid_out.h"
#include "ui/canvas/overlays.h"
#include "ui/canvas/picture_file.h"
#include "ui/canvas/quick_add.h"
#include "ui/canvas/view.h"
#include "ui/model/arrange.h"
#include "ui/model/background.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/ask_path.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr int kCorner = 12;  // pixels from the overlays to the edges
constexpr double kZoomStep = 1.25;
constexpr int kLayOutMilliseconds = 240;  // tokens.json, duration_ms.layout
constexpr size_t kLaidOutAtOnce = 300;    // nodes; of more on another thread
constexpr size_t kAnimated = 300;         // that many move at once; more stand there at once
}  // namespace

Canvas::Canvas(Project& project, Actions& actions, QWidget* parent)
    : QWidget(parent), project_(project), actions_(actions) {
  setObjectName("canvas");
  installCanvasAccessibility();
  scene_ = new Scene(project, this);
  edits_ = new Edits(project, *scene_, this);
  view_ = new CanvasView(project, *scene_, *edits_, this);
  quickAdd_ = new QuickAdd(view_->viewport());
  setFocusProxy(view_);
  bindActions();
  bindClipboard();
  bindView();
  zoomBar_ = new ZoomBar(*view_, actions, this);
  minimap_ = new Minimap(*view_, this);
  breadcrumb_ = new Breadcrumb(project, this);
  minimap_->setVisible(QSettings().value("canvas/minimap", true).toBool());

  connect(view_, &CanvasView::nodeWanted, this, &Canvas::askForNode);
  connect(view_, &CanvasView::menuWanted, this, &Canvas::showMenu);
  connect(view_, &CanvasView::hinted, this, &Canvas::setHint);
  connect(view_, &CanvasView::fieldsWanted, this, [this] {
    if (actions_.isBound("node.edit")) actions_.trigger("node.edit");
  });
  connect(quickAdd_, &QuickAdd::chosen, this, [this](const QString& op) {
    const NodeId id = addChosen_(op);
    view_->setFocus();
    if (const NodeItem* item = scene_->node(id)) view_->reveal(item->nodeRect());
  });
  connect(quickAdd_, &QuickAdd::closed, this, [this] { view_->setFocus(); });
  connect(&project, &Project::replaced, this, &Canvas::fitAll);
  connect(&project, &Project::replaced, this, [this] { views_.clear(), way_.clear(); });
  connect(&project, &Project::viewed, this, &Canvas::showAnother);
  connect(&project.selection(), &Selection::changed, this, [this] { tellFocus(*view_); });
  for (const auto signal : {&Scene::settled, &Scene::refreshed})
    connect(scene_, signal, this, [this] { tellNodes(*view_); });
  connect(QApplication::clipboard(), &QClipboard::dataChanged, this, [this] {
    whyNotPaste_.reset();
    actions_.refreshSoon();
  });
  connect(&project.selection(), &Selection::changed, &actions_, &Actions::refreshSoon);
  connect(view_, &CanvasView::zoomed, this, [this, last = 0.0]() mutable {  // not while it only pans
    if (std::exchange(last, view_->zoom()) != view_->zoom()) actions_.refreshSoon();
  });
}

Canvas::~Canvas() {
  // The project may be gone already; nobody is told of what goes now.
  quickAdd_->disconnect(this);
  scene_->disconnect(this);
  delete view_;
}

void Canvas::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  view_->setGeometry(rect());
  placeOverlays();
  if (event->oldSize().isEmpty() || event->oldSize().width() < 0) fitAll();
}

void Canvas::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (actions_.isBound("node.edit")) ownKeys({"node.edit"});  // another room's work, but this one's key: Enter
}

void Canvas::placeOverlays() {
  breadcrumb_->move(kCorner, kCorner);
  zoomBar_->move(kCorner, height() - zoomBar_->height() - kCorner);
  minimap_->move(width() - minimap_->width() - kCorner, height() - minimap_->height() - kCorner);
}

// The foot line of the window shows it, as it shows what an action does.
void Canvas::setHint(const QString& text) {
  QStatusTipEvent tip(text);
  QApplication::sendEvent(this, &tip);
}

void Canvas::fitAll() {
  const QRectF all = scene_->contentRect();
  view_->show(all);
  // Where what lies over the lower corners would cover a node, everything is shown above it.
  const auto covers = [this](const QWidget* overlay) {
    if (overlay->isHidden()) return false;
    const QRect place(view_->viewport()->mapFrom(this, overlay->pos()), overlay->size());
    const QRectF part = view_->mapToScene(place).boundingRect();
    const auto nodes = scene_->nodes();
    return std::any_of(nodes.begin(), nodes.end(), [&](const NodeItem* n) {
      return n->reach().intersects(part) && n->nodeRect().intersects(part);
    });
  };
  if (covers(minimap_) || covers(zoomBar_))
    view_->show(all, std::max(minimap_->height(), zoomBar_->height()) + kCorner);
}

// A network that was in view before comes back as it was left.
void Canvas::showAnother() {
  views_[std::exchange(way_, project_.way())] = {view_->zoom(), view_->middle()};
  const auto known = views_.find(way_);
  if (known == views_.end()) return fitAll();
  const auto [zoom, middle] = known->second;
  view_->setZoom(zoom);
  view_->pan(QPointF(view_->viewport()->rect().center()) - QPointF(view_->viewportTransform().map(middle)));
}

void Canvas::goTo(NodeId node) {
  if (!scene_->node(node)) project_.reveal(node);  // in a block, or around this one
  const auto& selected = project_.selection().nodes();
  NodeItem* item = scene_->node(node);
  if (!item && !selected.empty()) item = scene_->node(node = selected.back());
  if (!item) return;
  project_.selection().set({node});
  if (view_->zoom() < 0.5) view_->setZoom(1);
  view_->reveal(item->nodeRect());
}

// --------------------------------------------------------------------------- add ----

void Canvas::addNode(const QString& op) {
  const auto& selected = project_.selection().nodes();
  const NodeId id = selected.empty() ? edits_->add(op, view_->middle()) : edits_->append(op, selected);
  if (const NodeItem* item = scene_->node(id)) view_->reveal(item->nodeRect());
  view_->setFocus();
}

void Canvas::askForNode(QPointF at, const PortRef& port) {
  std::vector<PortRef> ports;
  std::vector<NodeId> feeders;
  if (port) {
    ports = {port};
  } else {
    for (const NodeId id : project_.selection().nodes())
      if (const NodeItem* item = scene_->node(id); item && !item->look().outputs.empty())
        ports.push_back({id, false, 0}), feeders.push_back(id);
  }
  addChosen_ = [this, at, port, feeders](const QString& op) {
    return port ? edits_->addTo(op, at, port) : feeders.empty() ? edits_->add(op, at) : edits_->append(op, feeders);
  };
  quickAdd_->ask(view_->mapFromScene(at), project_, ports);
}

// ----------------------------------------------------------------------- actions ----

void Canvas::bindActions() {
  const auto selected = [this]() -> const std::vector<NodeId>& { return project_.selection().nodes(); };
  const auto needsNode = [this] {
    return project_.selection().nodes().empty() ? tr("Select a layer first.") : QString();
  };
  const auto needsTwo = [this] {
    return project_.selection().nodes().size() < 2 ? tr("Select two layers or more first.") : QString();
  };
  const auto needsAny = [this] {
    return project_.selection().empty() ? tr("Select a layer or a wire first.") : QString();
  };

  const auto current = [this] { return project_.selection().current(); };
  actions_.bind("node.open", [this, current] { project_.open(current()); },
                [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind("node.leave", [this] { project_.leave(); }, [this] { return project_.isWithin() ? QString() : tr("No block is open."); });
  actions_.bind(
      "node.detach",
      [this, current] {
        project_.edit(tr("Detach %1").arg(qt(project_.shown().node(current())->name)), [&](engine::document::Transaction& t) -> engine::Done {
          const auto name = t.detach(current());
          return name ? engine::Done() : tl::unexpected(name.error());
        });
      },
      [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind(
      "node.save_block",
      [this, current] {
        const std::string block = project_.shown().node(current())->type;
        if (engine::Done done = putOnShelf(project_.document(), block); !done) emit project_.refused(done.error());
        else setHint(tr("%1 is in the list of layers of every project now.").arg(qt(block)));
      },
      [this, current] { return project_.canOpen(current()) ? QString() : tr("Select a block."); });
  actions_.bind("node.add", [this] { askForNode(view_->pointer(), {}); });
  actions_.bind(
      "node.rename", [this] { view_->rename(project_.selection().current()); }, needsNode);
  actions_.bind(
      "node.connect",
      [this] {
        const NodeItem* item = scene_->node(project_.selection().current());
        if (item)
          view_->startWire(item->look().outputs.empty() ? PortRef{item->id(), true, 0} : PortRef{item->id(), false, 0});
      },
      needsNode);
  actions_.bind(
      "node.disconnect", [this, selected] { edits_->dropWires(selected()); },
      [this, needsNode] {
        if (const QString why = needsNode(); !why.isEmpty()) return why;
        for (const NodeId id : project_.selection().nodes())
          if (!scene_->wiresAt(id).empty()) return QString();
        return tr("The selected layers have no wires.");
      });
  actions_.bind(
      "node.layout", [this] { layOut(); },
      [this] { return project_.shown().nodes().empty() ? tr("There is nothing to lay out yet.") : QString(); });
  actions_.bind(
      "node.align_top", [this, selected] { edits_->align(selected(), Qt::TopEdge); }, needsTwo);
  actions_.bind(
      "node.align_left", [this, selected] { edits_->align(selected(), Qt::LeftEdge); }, needsTwo);
  actions_.bind(
      "edit.delete", [this, selected] { edits_->remove(selected(), project_.selection().wires()); }, needsAny);
  actions_.bind(
      "edit.delete_heal",
      [this, selected] {
        if (selected().empty()) edits_->remove({}, project_.selection().wires());
        else edits_->removeAndHeal(selected());
      },
      needsAny);
  actions_.bind(
      "edit.select_all",
      [this] {
        std::vector<NodeId> all;
        for (const auto& node : project_.shown().nodes()) all.push_back(node->id);
        project_.selection().set(std::move(all));
      },
      [this] { return project_.shown().nodes().empty() ? tr("There is nothing to select yet.") : QString(); });
}

void Canvas::bindClipboard() {
  const auto needsNode = [this] {
    return project_.selection().nodes().empty() ? tr("Select a layer first.") : QString();
  };
  const auto copy = [this] { QApplication::clipboard()->setText(edits_->copyText(project_.selection().nodes())); };
  const auto whyNotPaste = [this] {
    if (!whyNotPaste_) whyNotPaste_ = Edits::whyNotPaste(QApplication::clipboard()->text());
    return *whyNotPaste_;
  };
  // Where the pointer is; from the menu, in the middle.
  const auto paste = [this](bool wired) { edits_->paste(QApplication::clipboard()->text(), view_->pointer(), wired); };
  actions_.bind("edit.copy", copy, needsNode);
  actions_.bind(
      "edit.cut",
      [this, copy] {
        copy();
        edits_->remove(project_.selection().nodes(), {});
      },
      needsNode);
  actions_.bind(
      "edit.paste", [paste] { paste(false); }, whyNotPaste);
  actions_.bind(
      "edit.paste_wired", [paste] { paste(true); }, whyNotPaste);
  actions_.bind(
      "edit.duplicate", [this] { edits_->duplicate(project_.selection().nodes()); }, needsNode);
}

void Canvas::bindView() {
  const auto empty = [this] {
    return project_.shown().nodes().empty() ? tr("There is nothing to show yet.") : QString();
  };
  actions_.bind(
      "view.zoom_in", [this] { view_->setZoom(view_->zoom() * kZoomStep); },
      [this] { return view_->zoom() >= CanvasView::kMostZoom ? tr("It cannot be shown larger.") : QString(); });
  actions_.bind(
      "view.zoom_out", [this] { view_->setZoom(view_->zoom() / kZoomStep); },
      [this] { return view_->zoom() <= CanvasView::kLeastZoom ? tr("It cannot be shown smaller.") : QString(); });
  actions_.bind("view.zoom_reset", [this] { view_->setZoom(1); });
  actions_.bind(
      "view.fit_all", [this] { fitAll(); }, empty);
  actions_.bind(
      "view.fit_selection",
      [this] {
        QRectF part;
        for (const NodeId id : project_.selection().nodes()) part |= scene_->node(id)->nodeRect();
        view_->show(part.isEmpty() ? scene_->contentRect() : part);
      },
      empty);
  actions_.bindToggle(
      "view.minimap",
      [this](bool on) {
        QSettings().setValue("canvas/minimap", on);
        minimap_->setVisible(on);
      },
      [this] { return minimap_->isVisibleTo(this); });
  actions_.bind(
      "file.export_picture", [this] { choosePicture(); }, empty);

  ownKeys({"node.add", "node.rename", "node.connect", "edit.delete", "edit.delete_heal", "edit.select_all", "edit.copy",
           "edit.cut", "edit.paste", "edit.paste_wired", "edit.duplicate", "view.fit_all", "view.fit_selection"});
}

// Keys without Ctrl or Alt, and those of the clipboard, mean something else in lists and fields: here they are the
// canvas's own, not the window's.
void Canvas::ownKeys(std::initializer_list<const char*> ids) {
  for (const char* id : ids) {
    QAction* action = actions_[id];
    const auto objects = action->associatedObjects();
    for (QObject* object : objects)
      if (auto* widget = qobject_cast<QWidget*>(object); widget && widget == window()) widget->removeAction(action);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(action);
  }
}

PictureFile* Canvas::exportPicture(const QString& path) {
  auto* picture = new PictureFile(*scene_, path, project_.title(), this);
  connect(picture, &PictureFile::written, this, [this, path] { setHint(tr("%1 is written.").arg(path)); });
  connect(picture, &PictureFile::failed, this, [this, path](const QString& why) {
    engine::Problem problem;
    problem.place = engine::Place::file(utf8(path));
    problem.needs = engine::Message("{0}", utf8(why));
    emit project_.refused(problem);
  });
  return picture;
}

void Canvas::choosePicture() {
  const QString offered = project_.folder() + "/" + project_.title() + ".svg";
  const QString path = askPath(
      this, {PathQuestion::Kind::save, tr("Export picture"), offered, tr("Pictures (*.svg *.png)"), "svg"});
  if (path.isEmpty()) return;
  setHint(tr("Painting %1...").arg(path));
  exportPicture(path);
}

void Canvas::showMenu(QPoint global) {
  QMenu menu(this);
  const auto add = [&](std::initializer_list<const char*> ids) {
    if (!menu.isEmpty()) menu.addSeparator();
    for (const char* id : ids)
      if (actions_.isBound(id)) menu.addAction(actions_[id]);
  };
  actions_.refresh();
  if (project_.selection().nodes().empty()) {
    add({"node.add", "edit.paste"});
    if (!project_.selection().wires().empty()) add({"edit.delete"});
    add({"edit.select_all", "node.layout", "view.fit_all"});
  } else {
    add({"node.edit", "node.rename", "node.connect", "node.disconnect"});
    add({"edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "edit.delete", "edit.delete_heal"});
    add({"node.layout", "node.align_top", "node.align_left", "view.fit_selection"});
    add({"help.node"});
  }
  menu.exec(global);
}

// ------------------------------------------------------------------------ layout ----

void Canvas::layOut() {
  const auto& document = project_.shown();
  LayoutRequest request{document, {}, {}};
  if (project_.selection().nodes().size() > 1) request.nodes = project_.selection().nodes();
  for (const auto& node : document.nodes()) request.shownAt[node->id] = scene_->positionOf(node->id);
  if (document.nodes().size() <= kLaidOutAtOnce) {
    if (auto edit = laidOut(request)) takeLayout(*std::move(edit));
    return;
  }
  inBackground(
      this, [request = std::move(request)] { return laidOut(request); },
      [this, state = project_.state()](engine::Result<LayoutEdit> edit) {
        if (state != project_.state()) layOut();  // of what it has become
        else if (edit) takeLayout(*std::move(edit));
      });
}

void Canvas::takeLayout(LayoutEdit edit) {
  auto& [changes, after, from, to] = edit;
  if (!edits_->layOut(std::move(changes), std::move(after), int(to.size())) || to.size() > kAnimated) return;
  // The edit is done; what moves is only the picture.
  for (const auto& [id, position] : from) scene_->preview(id, position);
  auto* animation = new QVariantAnimation(this);
  animation->setDuration(kLayOutMilliseconds);
  animation->setStartValue(0.0);
  animation->setEndValue(1.0);
  animation->setEasingCurve(QEasingCurve::InOutCubic);
  connect(animation, &QVariantAnimation::valueChanged, this, [this, from = std::move(from), to = std::move(to)](const QVariant& value) {
    for (const auto& [id, position] : to)
      scene_->preview(id, from.at(id) + (position - from.at(id)) * value.toDouble());
  });
  connect(animation, &QVariantAnimation::finished, scene_, &Scene::restore);
  connect(scene_, &Scene::settled, animation, [animation] { animation->stop(); });
  connect(view_, &CanvasView::toolBegan, animation, [animation, this] {
    animation->stop();
    scene_->restore();
  });
  animation->start(QAbstractAnimation::DeleteWhenStopped);
}

}  // namespace ui
