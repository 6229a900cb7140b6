#include "ui/palette/layer_palette.h"

#include <QDrag>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPainter>
#include <QVBoxLayout>
#include <map>

#include "engine/graph/op.h"
#include "ui/model/fuzzy.h"
#include "ui/model/project.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/palette/layer_rows.h"
#include "ui/shell/key_book.h"
#include "ui/theme/theme.h"
#include "ui/theme/tile.h"
#include "ui/widgets/search_line.h"

namespace ui {

namespace {

struct Group {
  const char* name;   // Info::group
  const char* title;  // over its rows
};
// In the order in which a network is drawn; groups that the table does not name follow under their own names.
constexpr Group kGroups[] = {
    {"Data", QT_TRANSLATE_NOOP("ui::LayerPalette", "Data")},
    {"Layer", QT_TRANSLATE_NOOP("ui::LayerPalette", "Layers")},
    {"Activation", QT_TRANSLATE_NOOP("ui::LayerPalette", "Activations")},
    {"Normalization", QT_TRANSLATE_NOOP("ui::LayerPalette", "Normalisation")},
    {"Regularization", QT_TRANSLATE_NOOP("ui::LayerPalette", "Regularisation")},
    {"Structure", QT_TRANSLATE_NOOP("ui::LayerPalette", "Shape")},
    {"Arithmetic", QT_TRANSLATE_NOOP("ui::LayerPalette", "Math")},
    {"Logic", QT_TRANSLATE_NOOP("ui::LayerPalette", "Logic")},
    {"Loss", QT_TRANSLATE_NOOP("ui::LayerPalette", "Losses")},
    {"Metric", QT_TRANSLATE_NOOP("ui::LayerPalette", "Metrics")},
    {"Blocks", QT_TRANSLATE_NOOP("ui::LayerPalette", "Blocks")},
};

struct Found {
  const engine::OpType* op;
  FuzzyMatch match;
};

// By name first; the title and the sentence count less, and are not marked.
std::optional<FuzzyMatch> matchOf(const QString& pattern, const engine::Info& info) {
  if (auto match = fuzzyMatch(pattern, info.name)) return match;
  for (const QString& text : {engineText(info.title), engineText(info.about)})
    if (pattern.size() > 2 && text.contains(pattern, Qt::CaseInsensitive)) return FuzzyMatch{1, {}};
  return std::nullopt;
}

// Shows what is dragged as a small tile with its name.
class Tree : public QTreeView {
 public:
  using QTreeView::QTreeView;

 protected:
  void drawBranches(QPainter*, const QRect&, const QModelIndex&) const override {}
  void startDrag(Qt::DropActions) override {
    const QModelIndex index = currentIndex();
    QMimeData* dragged = model()->mimeData({index});
    if (!dragged) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(dragged);
    const QString name = index.data().toString();
    const QFont small = ui::font(FontSize::body, QFont::Medium);
    const QSize whole(44 + QFontMetrics(small).horizontalAdvance(name), 32);
    QPixmap pixmap(whole * devicePixelRatioF());
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(theme().accent.line);
    painter.setBrush(theme().surface.node);
    painter.drawRoundedRect(QRectF(0.5, 0.5, whole.width() - 1, whole.height() - 1), 8, 8);
    paintTile(painter, QRectF(6, 6, 20, 20), index.data(kOpRole).toString(), index.data(kGroupRole).toString());
    painter.setFont(small);
    painter.setPen(theme().text.primary);
    painter.drawText(QRect(34, 0, whole.width(), whole.height()), Qt::AlignVCenter, name);
    painter.end();
    drag->setPixmap(pixmap);
    drag->setHotSpot(QPoint(16, 16));
    drag->exec(Qt::CopyAction);
  }
};

}  // namespace

LayerPalette::LayerPalette(Project& project, QWidget* parent) : QWidget(parent), project_(project), search_(new QLineEdit(this)), tree_(new Tree(this)), model_(new LayerModel(this)) {
  setObjectName("layers");
  setAccessibleName(tr("Layers"));
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  setMinimumWidth(160);

  auto* title = new QLabel(tr("Layers"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  title->setContentsMargins(12, 0, 0, 0);
  title->setFixedHeight(size::dockTitle);
  search_->setAccessibleName(tr("Search layers"));
  const auto showTip = [this] {
    const auto keys = keyBook().value("dock.find_layer");
    const QString tip = tr("A few letters of a layer's name, or a word of what it does.");
    search_->setToolTip(keys.isEmpty() ? tip : tip + " " + tr("%1 comes here from anywhere.").arg(textOf(keys)));
  };
  connect(&keyWatcher(), &KeyWatcher::changed, search_, showTip);
  showTip();
  dressAsSearch(*search_);
  search_->installEventFilter(this);

  tree_->setObjectName("layer_list");
  tree_->setAccessibleName(tr("Layers by group"));
  tree_->setModel(model_);
  tree_->setItemDelegate(new LayerDelegate(tree_));
  tree_->setHeaderHidden(true);
  tree_->setIndentation(0);
  tree_->setUniformRowHeights(true);
  tree_->setRootIsDecorated(false);
  tree_->setExpandsOnDoubleClick(false);
  tree_->setDragEnabled(true);
  tree_->setDragDropMode(QAbstractItemView::DragOnly);
  tree_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  tree_->setMouseTracking(true);
  tree_->installEventFilter(this);
  connect(tree_, &QTreeView::clicked, this, [this](const QModelIndex& index) {
    if (index.data(kOpRole).toString().isEmpty()) tree_->setExpanded(index, !tree_->isExpanded(index));
  });
  connect(tree_, &QTreeView::doubleClicked, this, &LayerPalette::choose);
  tree_->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(tree_, &QTreeView::customContextMenuRequested, this, [this](const QPoint& at) {
    if (!tree_->indexAt(at).data(kOpRole).toString().isEmpty()) tree_->setCurrentIndex(tree_->indexAt(at));
    if (!current().isEmpty()) emit menuWanted(tree_->viewport()->mapToGlobal(at));
  });

  auto* nothing = new QLabel(tr("No layer of that name. A word of what it does works too: “mean”, “scores”."), this);
  nothing->setWordWrap(true);
  nothing->setProperty("tone", "secondary");
  nothing->setContentsMargins(14, 8, 14, 8);
  nothing->setAlignment(Qt::AlignTop);
  nothing_ = nothing;

  auto* around = new QVBoxLayout;
  around->setContentsMargins(12, 0, 12, 8);
  around->addWidget(search_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(title);
  column->addLayout(around);
  column->addWidget(nothing_);
  column->addWidget(tree_, 1);
  connect(search_, &QLineEdit::textChanged, this, &LayerPalette::fill);
  connect(&themeWatcher(), &ThemeWatcher::changed, tree_->viewport(), qOverload<>(&QWidget::update));
  // The project's blocks, and what belongs in the network in view.
  connect(&project_, &Project::stated, this, [this] {
    QString now;
    for (const engine::Op& op : project_.choosable()) now += qt(op.name()) + " ";
    if (now != offered_) fill(search_->text());
  });
  connect(&shelfWatcher(), &ShelfWatcher::changed, this, [this] { fill(search_->text()); });
  fill({});
}

void LayerPalette::focusSearch() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

QString LayerPalette::current() const { return tree_->currentIndex().data(kOpRole).toString(); }

void LayerPalette::addCurrent() { choose(tree_->currentIndex()); }

bool LayerPalette::hasFocusInList() const { return tree_->hasFocus(); }

void LayerPalette::fill(const QString& pattern) {
  std::map<QString, std::vector<Found>> byGroup;
  int count = 0;
  const std::vector<engine::Op> ops = project_.choosable();
  offered_.clear();
  for (const engine::Op& op : ops) {
    ++count;
    offered_ += qt(op.name()) + " ";
    const engine::Info& info = op.type().info;
    if (const auto match = matchOf(pattern, info)) byGroup[info.group].push_back({&op.type(), *match});
  }
  search_->setPlaceholderText(tr("Search %n layers", nullptr, int(count)));
  QList<std::pair<QString, QString>> order;
  for (const Group& group : kGroups) order << std::pair(QString(group.name), tr(group.title));
  for (const auto& [name, rows] : byGroup)
    if (std::none_of(order.begin(), order.end(), [&](const auto& known) { return known.first == name; })) order << std::pair(name, name);

  model_->clear();
  QStandardItem* best = nullptr;
  int bestScore = -1;
  for (const auto& [name, title] : order) {
    const auto rows = byGroup.find(name);
    if (rows == byGroup.end()) continue;
    auto* group = new QStandardItem(title);
    group->setData(int(rows->second.size()), kCountRole);
    group->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    group->setData(tr("%1, %n layers", nullptr, int(rows->second.size())).arg(title), Qt::AccessibleTextRole);
    for (const Found& found : rows->second) {
      const engine::Info& info = found.op->info;
      auto* item = new QStandardItem(QString(info.name));
      item->setData(QString(info.name), kOpRole);
      item->setData(QString(info.group), kGroupRole);
      item->setData(QVariant::fromValue(found.match.places), kPlacesRole);
      item->setToolTip("<b>" + engineText(info.title).toHtmlEscaped() + "</b><br>" + engineText(info.about).toHtmlEscaped());
      item->setData(tr("%1: %2").arg(info.name, engineText(info.about)), Qt::AccessibleDescriptionRole);
      item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsDragEnabled);
      group->appendRow(item);
      if (!pattern.isEmpty() && found.match.score > bestScore) bestScore = found.match.score, best = item;
    }
    model_->appendRow(group);
  }
  tree_->expandAll();
  if (best) tree_->setCurrentIndex(best->index());
  nothing_->setVisible(byGroup.empty());
  tree_->setVisible(!byGroup.empty());
}

void LayerPalette::choose(const QModelIndex& index) {
  if (const QString op = index.data(kOpRole).toString(); !op.isEmpty()) emit chosen(op);
}

bool LayerPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
  if (watched == search_) {
    if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up) {
      tree_->setFocus();
      if (!tree_->currentIndex().isValid()) tree_->setCurrentIndex(model_->index(0, 0));
      else if (!search_->text().isEmpty()) QCoreApplication::sendEvent(tree_, event);
      return true;
    }
    if (key->key() == Qt::Key_Escape && !search_->text().isEmpty()) {
      search_->clear();
      return true;
    }
    if (enter) {
      choose(tree_->currentIndex());
      return true;
    }
  } else if (enter) {
    const QModelIndex index = tree_->currentIndex();
    if (index.data(kOpRole).toString().isEmpty()) tree_->setExpanded(index, !tree_->isExpanded(index));
    else choose(index);
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace ui
