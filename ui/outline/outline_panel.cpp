#include "ui/outline/outline_panel.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QTreeView>
#include <algorithm>

#include "ui/model/text.h"
#include "ui/outline/outline_model.h"
#include "ui/outline/outline_rows.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quiet_tree.h"

namespace ui {

namespace {

constexpr int kSide = 12, kIndent = 18, kArrow = 12;  // pixels

class OutlineTree : public Quiet<QTreeView> {
 public:
  using Quiet::Quiet;

 protected:
  void drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const override {
    if (!model()->hasChildren(index)) return;
    QRect arrow(0, rect.center().y() - kArrow / 2, kArrow, kArrow);
    const bool fromRight = isRightToLeft();
    arrow.moveLeft(fromRight ? rect.left() + (kIndent - kArrow) / 2 : rect.right() - kIndent + (kIndent - kArrow) / 2);
    QPixmap sign = iconPixmap(isExpanded(index) ? "down" : "right", theme().text.secondary, kArrow, devicePixelRatioF());
    if (fromRight && !isExpanded(index)) sign = sign.transformed(QTransform::fromScale(-1, 1));
    painter->drawPixmap(arrow, sign);
  }
};

}  // namespace

OutlinePanel::OutlinePanel(Project& project, Actions& actions, QWidget* parent)
    : ListPanel("outline", tr("Outline"), kSide, parent), project_(project), actions_(actions), model_(new OutlineModel(project, this)), tree_(new OutlineTree(this)) {
  setMinimumWidth(160);
  auto* title = new QLabel(tr("Outline"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  title->setFixedHeight(size::field);
  where_ = new ElidedLabel(this);
  where_->setObjectName("outline.where");
  where_->setFont(ui::font(FontSize::small));
  where_->setProperty("tone", "secondary");
  head().addWidget(title);
  head().addWidget(where_, 1);

  tree_->setObjectName("outline.tree");
  tree_->setAccessibleName(tr("Outline"));
  tree_->setAccessibleDescription(tr("The nodes of the network in the order of the data. Enter shows one on the canvas."));
  tree_->setModel(model_);
  tree_->setItemDelegate(new OutlineDelegate(*model_, tree_));
  tree_->setHeaderHidden(true);
  tree_->setIndentation(kIndent);
  tree_->setUniformRowHeights(true);
  tree_->setExpandsOnDoubleClick(false);
  tree_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  tree_->setEditTriggers(QAbstractItemView::NoEditTriggers);  // F2 is an action's key, and may be another one
  tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  tree_->setMouseTracking(true);
  tree_->installEventFilter(this);
  tree_->viewport()->installEventFilter(this);
  setList(tree_);

  connect(tree_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &OutlinePanel::takeSelection);
  connect(tree_, &QTreeView::doubleClicked, this, &OutlinePanel::reveal);
  const auto wayOf = [this](const QModelIndex& index) {
    std::vector<NodeId> way = project_.way();
    const auto within = model_->wayTo(index);
    way.insert(way.end(), within.begin(), within.end());
    way.push_back(model_->nodeAt(index));
    return way;
  };
  connect(tree_, &QTreeView::expanded, this, [this, wayOf](const QModelIndex& index) { expanded_.insert(wayOf(index)); });
  connect(tree_, &QTreeView::collapsed, this, [this, wayOf](const QModelIndex& index) { expanded_.erase(wayOf(index)); });
  connect(&project_, &Project::replaced, this, [this] { expanded_.clear(); });
  connect(model_, &QAbstractItemModel::modelReset, this, &OutlinePanel::expandAgain);
  connect(&project_.selection(), &Selection::changed, this, &OutlinePanel::showSelection);
  connect(&project_, &Project::stated, this, [this] {
    describe();
    showSelection();
  });
  connect(&project_, &Project::fileChanged, this, &OutlinePanel::describe);
  connect(&themeWatcher(), &ThemeWatcher::changed, tree_->viewport(), qOverload<>(&QWidget::update));
  model_->setFollowing(false);
  describe();
}

void OutlinePanel::focusTree() {
  tree_->setFocus(Qt::ShortcutFocusReason);
  if (!tree_->currentIndex().isValid()) tree_->selectionModel()->setCurrentIndex(model_->index(0, 0), QItemSelectionModel::NoUpdate);
}

void OutlinePanel::showEvent(QShowEvent* event) {
  ListPanel::showEvent(event);
  model_->setFollowing(true);
  showSelection();
}

void OutlinePanel::hideEvent(QHideEvent* event) {
  ListPanel::hideEvent(event);
  model_->setFollowing(false);
}

// Where one is, and how much there is.
void OutlinePanel::describe() {
  QStringList names{project_.title()};
  for (const std::string& name : project_.namesOfWay()) names << qt(name);
  const int count = int(project_.shown().nodes().size());
  where_->setWords(tr("%1, %2").arg(names.join(QStringLiteral(" › ")), tr("%n nodes", nullptr, count)));
  showEmpty(count == 0 ? tr("The canvas is empty: drag a layer onto it.") : QString());
}

void OutlinePanel::expandAgain() {
  const auto& here = project_.way();
  for (const auto& way : expanded_) {  // what is around comes first
    if (way.size() <= here.size() || !std::equal(here.begin(), here.end(), way.begin())) continue;
    const std::vector<NodeId> within(way.begin() + std::ptrdiff_t(here.size()), way.end() - 1);
    if (const QModelIndex index = model_->indexOf(within, way.back()); index.isValid()) tree_->expand(index);
  }
}

// ---------------------------------------------------------------------- selection ----

// As nodes of the network in view: a row within a block stands for the block's use. The current one last.
std::vector<engine::NodeId> OutlinePanel::selected() const {
  std::vector<NodeId> nodes;
  std::set<NodeId> known;
  for (const QItemSelectionRange& range : tree_->selectionModel()->selection())
    for (int row = range.top(); row <= range.bottom(); ++row)
      if (const NodeId node = model_->inViewAt(model_->index(row, 0, range.parent())); node && known.insert(node).second) nodes.push_back(node);
  const NodeId current = model_->inViewAt(tree_->currentIndex());
  if (const auto at = std::find(nodes.begin(), nodes.end(), current); at != nodes.end()) std::rotate(at, at + 1, nodes.end());
  return nodes;
}

void OutlinePanel::takeSelection() {
  if (syncing_ || model_->isChanging() || !isVisible()) return;
  syncing_ = true;
  project_.selection().set(selected());
  syncing_ = false;
}

void OutlinePanel::showSelection() {
  if (syncing_ || model_->isChanging() || !isVisible()) return;
  std::vector<NodeId> wanted = project_.selection().nodes(), shown = selected();
  const NodeId current = project_.selection().current();
  std::sort(wanted.begin(), wanted.end());
  std::sort(shown.begin(), shown.end());
  if (wanted == shown) return;
  syncing_ = true;
  std::vector<int> rows;
  for (const NodeId node : wanted)
    if (const QModelIndex index = model_->indexOf(node); index.isValid()) rows.push_back(index.row());
  std::sort(rows.begin(), rows.end());
  QItemSelection selection;
  for (size_t first = 0; first < rows.size();) {
    size_t last = first;
    while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1) ++last;
    selection.append(QItemSelectionRange(model_->index(rows[first], 0), model_->index(rows[last], 0)));
    first = last + 1;
  }
  tree_->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
  if (const QModelIndex index = model_->indexOf(current); index.isValid()) {
    tree_->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
    tree_->scrollTo(index);
  }
  syncing_ = false;
}

// --------------------------------------------------------------------------- hands ----

bool OutlinePanel::enter(const QModelIndex& index) {
  const auto within = model_->wayTo(index);
  if (within.empty()) return false;
  const NodeId node = model_->nodeAt(index);
  std::vector<NodeId> way = project_.way();
  way.insert(way.end(), within.begin(), within.end());
  project_.go(std::move(way), {node});  // the tree is that of the block now
  return true;
}

void OutlinePanel::reveal(const QModelIndex& index) {
  const NodeId node = model_->nodeAt(index);
  if (!node) return;
  enter(index);
  emit revealWanted(node);
}

bool OutlinePanel::press(const QKeyEvent& key) {
  if (QApplication::focusWidget() != tree_) return false;  // a name is being typed
  const QModelIndex index = tree_->currentIndex();
  if ((key.key() == Qt::Key_Return || key.key() == Qt::Key_Enter) && key.modifiers() == Qt::NoModifier) {
    reveal(index);
    return true;
  }
  const auto is = [&](const char* id) { return actions_.isBound(id) && actions_[id]->shortcuts().contains(QKeySequence(key.keyCombination())); };
  if (is("node.rename")) {
    enter(index);
    if (const QModelIndex now = tree_->currentIndex(); now.isValid()) tree_->edit(now);
    return true;
  }
  // What the canvas has keys of its own for, without keys that are letters: those search.
  for (const char* id : {"edit.delete", "edit.delete_heal", "edit.copy", "edit.cut", "edit.paste", "edit.paste_wired", "edit.duplicate", "edit.select_all"})
    if (is(id)) {
      if (QByteArray(id).startsWith("edit.delete")) enter(index);
      actions_.refresh();
      actions_.trigger(id);
      return true;
    }
  return false;
}

void OutlinePanel::showMenu(QPoint global) {
  const QModelIndex index = tree_->currentIndex();
  if (!index.isValid()) return;
  if (model_->wayTo(index).empty()) {
    emit menuWanted(global);
    return;
  }
  QMenu menu(this);
  connect(menu.addAction(tr("Show in its block")), &QAction::triggered, this, [this, index = QPersistentModelIndex(index)] { reveal(index); });
  menu.exec(global);
}

bool OutlinePanel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && watched == tree_ && press(*static_cast<QKeyEvent*>(event))) return true;
  if (event->type() == QEvent::ContextMenu && (watched == tree_ || watched == tree_->viewport())) {
    const auto& asked = *static_cast<QContextMenuEvent*>(event);
    if (asked.reason() == QContextMenuEvent::Keyboard) showMenu(tree_->viewport()->mapToGlobal(tree_->visualRect(tree_->currentIndex()).center()));
    else showMenu(asked.globalPos());
    return true;
  }
  return ListPanel::eventFilter(watched, event);
}

}  // namespace ui
