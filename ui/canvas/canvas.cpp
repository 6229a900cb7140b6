#include "ui/canvas/canvas.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QSettings>
#include <QStatusTipEvent>
#include <unordered_set>

#include "ui/canvas/accessible.h"
#include "ui/canvas/breadcrumb.h"
#include "ui/canvas/cards.h"
#include "ui/canvas/fix_card.h"
#include "ui/canvas/overlays.h"
#include "ui/canvas/quick_add.h"
#include "ui/canvas/view.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/spoken.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr int kCorner = 12;  // pixels from the overlays to the edges
}  // namespace

Canvas::Canvas(Project& project, Actions& actions, QWidget* parent)
    : QWidget(parent), project_(project), actions_(actions) {
  setObjectName("canvas");
  installCanvasAccessibility();
  scene_ = new Scene(project, this);
  edits_ = new Edits(project, *scene_, this);
  view_ = new CanvasView(project, *scene_, *edits_, this);
  view_->setLayoutDirection(Qt::LeftToRight);  // data flow as in every drawing of a network, whatever is read
  quickAdd_ = new QuickAdd(this);  // above the overlays, too
  setFocusProxy(view_);
  bindActions();
  bindClipboard();
  bindView();
  auto* zoomBar = new ZoomBar(*view_, actions, this);
  zoomBar_ = zoomBar;
  bindPictureHandle(zoomBar->picture());
  minimap_ = new Minimap(*view_, this);
  breadcrumb_ = new Breadcrumb(project, this);
  new FixCard(project, *view_, this);

  connect(view_, &CanvasView::nodeWanted, this, &Canvas::askForNode);
  connect(view_, &CanvasView::menuWanted, this, &Canvas::showMenu);
  connect(view_, &CanvasView::frameMenuWanted, this, &Canvas::showFrameMenu);
  connect(view_, &CanvasView::hinted, this, &Canvas::setHint);
  connect(view_, &CanvasView::fieldsWanted, this, [this] {
    if (actions_.isBound("node.edit")) actions_.trigger("node.edit");
  });
  connect(view_, &CanvasView::problemWanted, this, [this] {
    actions_.refresh();  // it is selected since this click
    if (actions_.isBound("problem.show")) actions_.trigger("problem.show");
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
  view_->setEscape([this] { return endLayout(); });
  connect(view_, &CanvasView::toolBegan, this, &Canvas::endLayout);
  for (const auto signal : {&Project::replaced, &Project::viewed}) {
    connect(&project, signal, this, &Canvas::endLayout);
    connect(&project, signal, quickAdd_, &QuickAdd::close);  // it was asked about another network
  }
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

// Of a small canvas it would cover what it is a map of.
bool Canvas::hasRoomForMinimap() const { return width() >= 3 * minimap_->width() && height() >= 5 * minimap_->height() / 2; }

void Canvas::placeOverlays() {
  breadcrumb_->move(kCorner, kCorner);
  zoomBar_->move(kCorner, height() - zoomBar_->height() - kCorner);
  minimap_->move(width() - minimap_->width() - kCorner, height() - minimap_->height() - kCorner);
  minimap_->setVisible(hasRoomForMinimap() && QSettings().value("canvas/minimap", true).toBool());
}

// The foot line of the window shows it, as it shows what an action does.
void Canvas::setHint(const QString& text) {
  QStatusTipEvent tip(text);
  QApplication::sendEvent(this, &tip);
  const ReasonCard& reason = view_->reasonCard();
  announce(this, reason.isVisible() && !text.isEmpty() ? reason.spoken() + " " + text : text);
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
  if (!covers(minimap_) && !covers(zoomBar_)) return;
  constexpr double kWorth = 0.6;  // of the size; of a low canvas too little would be left
  const double whole = view_->zoom();
  view_->show(all, std::max(minimap_->height(), zoomBar_->height()) + kCorner);
  if (view_->zoom() < kWorth * whole) view_->show(all);
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
  NodeItem* item = scene_->node(node);
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
    add({"edit.select_all", "node.layout", "node.layout_down", "view.fit_all"});
  } else {
    if (project_.problemOf(project_.selection().current())) add({"problem.fix", "problem.show"});
    add({"node.edit", "node.rename", "node.connect", "node.disconnect"});
    if (project_.canOpen(project_.selection().current())) add({"node.open", "node.unfold", "node.detach", "node.save_block"});
    add({"node.fold", "node.bypass", "node.mute", "node.freeze"});
    add({"edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "edit.delete", "edit.delete_heal"});
    if (project_.selection().nodes().size() > 1) {
      QMenu* align = menu.addMenu(tr("Align"));
      for (const char* id : {"node.align_left", "node.align_center", "node.align_right", "node.align_top", "node.align_middle", "node.align_bottom",
                             "node.distribute_across", "node.distribute_down"})
        align->addAction(actions_[id]);
    }
    add({"frame.toggle", "node.layout", "node.layout_down", "view.fit_selection"});
    add({"help.node"});
  }
  menu.exec(global);
}

void Canvas::showFrameMenu(QPoint global, NodeId frame) {
  QMenu menu(this);
  connect(menu.addAction(tr("Rename...")), &QAction::triggered, this, [this, frame] { view_->renameFrame(frame); });
  QMenu* colors = menu.addMenu(tr("Color"));
  const auto* now = project_.shown().frames().frame(frame);
  for (int color = 0; color < engine::document::kFrameColors; ++color) {
    QAction* action = colors->addAction(frameSwatch(color), color == 0 ? tr("Plain") : tr("Color %1").arg(color));
    action->setCheckable(true);
    action->setChecked(now && now->color == color);
    connect(action, &QAction::triggered, this, [this, frame, color] { edits_->colorFrame(frame, color); });
  }
  menu.addSeparator();
  connect(menu.addAction(tr("Remove frame")), &QAction::triggered, this, [this, frame] { edits_->removeFrame(frame); });
  menu.exec(global);
}

}  // namespace ui
