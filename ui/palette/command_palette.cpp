#include "ui/palette/command_palette.h"

#include <QApplication>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QSettings>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "engine/document/templates.h"
#include "engine/document/ways.h"
#include "engine/graph/op.h"
#include "ui/model/fuzzy.h"
#include "ui/model/text.h"
#include "ui/palette/layer_rows.h"
#include "ui/theme/style.h"
#include "ui/theme/mirror.h"
#include "ui/theme/tile.h"
#include "ui/widgets/search_line.h"

namespace ui {

namespace {

constexpr int kWidth = 600, kRows = 10, kRowHeight = 34, kMost = 60, kRemembered = 8;
const char kLastKey[] = "palette/last";
enum Role { kEntryRole = Qt::UserRole, kDetailRole, kRightRole, kIconRole, kOpNameRole, kOpGroupRole, kWhyNotRole, kMarkRole };

class EntryDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {100, kRowHeight}; }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    const QRect row = option.rect;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state & QStyle::State_Selected) {
      painter->setPen(t.kind == Theme::Kind::contrast ? QPen(t.accent.line, 1.5) : QPen(Qt::NoPen));
      painter->setBrush(t.accent.soft);
      painter->drawRoundedRect(QRectF(row).adjusted(1, 1, -1, -1), 6, 6);
    }
    const QString whyNot = index.data(kWhyNotRole).toString(), op = index.data(kOpNameRole).toString(), sign = index.data(kIconRole).toString();
    const QColor color = whyNot.isEmpty() ? t.text.primary : t.text.disabled;
    const Mirror placed(option.direction, row);
    if (!op.isEmpty()) paintTile(*painter, placed(QRectF(row.x() + 10, row.center().y() - 9, 20, 20)), op, index.data(kOpGroupRole).toString());
    else if (!sign.isEmpty()) painter->drawPixmap(placed(QRect(row.x() + 12, row.center().y() - 7, 16, 16)), iconPixmap(sign, color, 16, painter->device()->devicePixelRatioF()));
    QRect rest = row.adjusted(42, 0, -12, 0);
    painter->setFont(ui::font(FontSize::small));
    painter->setPen(t.text.secondary);
    const QString right = index.data(kRightRole).toString();
    painter->drawText(placed(rest), Qt::AlignRight | Qt::AlignVCenter, right);
    rest.adjust(0, 0, -painter->fontMetrics().horizontalAdvance(right) - (right.isEmpty() ? 0 : 12), 0);
    const QString text = index.data().toString();
    const int wide = QFontMetrics(ui::font(FontSize::body, QFont::Bold)).horizontalAdvance(text) + 12;
    paintMarked(*painter, placed(rest), text, index.data(kMarkRole).value<QList<int>>(), ui::font(FontSize::body), color);
    painter->setFont(ui::font(FontSize::small));
    painter->setPen(whyNot.isEmpty() ? t.text.secondary : t.text.disabled);
    const QString detail = whyNot.isEmpty() ? index.data(kDetailRole).toString() : whyNot;
    if (rest.width() > wide + 40) painter->drawText(placed(rest.adjusted(wide, 0, 0, 0)), Qt::AlignLeft | Qt::AlignVCenter, painter->fontMetrics().elidedText(detail, Qt::ElideRight, rest.width() - wide));
    painter->restore();
  }
};

}  // namespace

CommandPalette::CommandPalette(Project& project, Actions& actions, Files& files, QWidget* window)
    : QFrame(window), project_(project), actions_(actions), files_(files), search_(new QLineEdit(this)), list_(new QListView(this)), model_(new QStandardItemModel(this)) {
  setObjectName("command_palette");
  setProperty("kind", "popup");
  setAccessibleName(tr("Do anything"));
  hide();
  search_->setObjectName("command_search");
  search_->setAccessibleName(tr("What to do"));
  search_->setProperty("kind", "bare");
  search_->setFont(ui::font(FontSize::title));
  dressAsSearch(*search_, false);
  search_->installEventFilter(this);
  list_->setModel(model_);
  list_->setItemDelegate(new EntryDelegate(list_));
  list_->setAccessibleName(tr("What was found"));
  list_->setUniformItemSizes(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* nothing = new QLabel(tr("Nothing of that name."), this);
  nothing->setProperty("tone", "secondary");
  nothing->setContentsMargins(12, 8, 12, 12);
  nothing_ = nothing;
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 8, 8, 8);
  column->setSpacing(6);
  column->addWidget(search_);
  column->addWidget(list_);
  column->addWidget(nothing_);
  connect(search_, &QLineEdit::textChanged, this, &CommandPalette::fill);
  connect(list_, &QListView::clicked, this, &CommandPalette::choose);
}

void CommandPalette::open(Mode mode) {
  mode_ = mode;
  if (!isVisible()) before_ = QApplication::focusWidget();
  actions_.refresh();
  entries_ = entries();
  search_->clear();
  search_->setPlaceholderText(mode == Mode::nodes ? tr("Find a node by name, type, shape or problem") : tr("An action, a layer, a node or a project"));
  fill();
  show();
  raise();
  search_->setFocus(Qt::PopupFocusReason);
}

QList<CommandPalette::Entry> CommandPalette::entries() const {
  QList<Entry> all;
  if (mode_ == Mode::everything) {
    addActions(all);
    addFiles(all);
    if (actions_["node.add"]->isEnabled()) addLayers(all);
  }
  addNodes(all);
  addNodesElsewhere(all);
  return all;
}

void CommandPalette::addActions(QList<Entry>& all) const {
  for (QAction* action : actions_.all()) {
    if (action->objectName() == "edit.everything") continue;
    Entry entry;
    entry.id = "action:" + action->objectName();
    entry.text = action->text().remove('&').remove("...");
    entry.detail = action->statusTip();
    entry.right = action->shortcut().toString(QKeySequence::NativeText);
    for (const ActionInfo& info : actionTable())
      if (action->objectName() == info.id) {
        entry.icon = info.icon;
        entry.searched = QCoreApplication::translate("actions", info.menu) + " " + entry.text;  // "help" finds what the menu Help has
      }
    entry.whyNot = action->isEnabled() ? QString() : action->property("whyNot").toString();
    entry.run = [action] { action->trigger(); };
    all << entry;
  }
}

void CommandPalette::addLayers(QList<Entry>& all) const {
  for (const engine::Op& choosable : project_.choosable()) {
    const engine::OpType* op = &choosable.type();
    Entry entry;
    entry.id = QString("layer:") + op->info.name;
    entry.text = tr("Add %1").arg(op->info.name);
    entry.searched = QString("%1 %2").arg(op->info.name, engineText(op->info.title));
    entry.detail = engineText(op->info.about);
    entry.op = op->info.name;
    entry.group = op->info.group;
    entry.run = [this, name = QString(op->info.name)] { emit const_cast<CommandPalette*>(this)->layerWanted(name); };
    entry.rank = 2;
    all << entry;
  }
}

void CommandPalette::addNodes(QList<Entry>& all) const {
  const auto& nodes = project_.shown().nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = *nodes[i];
    const auto& outputs = project_.inference().nodes[i].outputs;
    const QString shape = outputs.empty() ? QString() : textOf(outputs[0].shape);
    const engine::Problem* problem = project_.problemOf(node.id);
    const engine::OpType* op = project_.typeOf(node.type);
    Entry entry;
    entry.id = "node:" + qt(engine::document::hex(node.id));
    entry.text = qt(node.name);
    entry.detail = qt(node.type) + (problem ? ": " + textOf(*problem) : QString());
    entry.right = shape;
    entry.searched = entry.detail + " " + shape + " " + shape.simplified().remove(' ').remove(',') + (problem ? (problem->severity == engine::Severity::lint ? tr(" hint") : tr(" problem")) : QString());
    entry.op = qt(node.type);
    entry.group = op ? op->info.group : "";
    entry.run = [this, id = node.id] { emit const_cast<CommandPalette*>(this)->nodeWanted(id); };
    entry.rank = 1;
    all << entry;
  }
}

// A block's nodes stand there once, whatever the number of its uses.
void CommandPalette::addNodesElsewhere(QList<Entry>& all) const {
  const auto add = [&](const engine::document::Document& network, const std::vector<engine::NodeId>& way) {
    for (const auto& node : network.nodes()) {
      if (node->type == "BlockInput" || node->type == "BlockOutput") continue;
      const engine::OpType* op = project_.typeOf(node->type);
      Entry entry;
      entry.id = "node:" + qt(network.name()) + ":" + qt(engine::document::hex(node->id));
      entry.text = qt(node->name);
      entry.detail = tr("%1, in %2").arg(qt(node->type), qt(network.name()));
      entry.searched = entry.detail;
      entry.op = qt(node->type);
      entry.group = op ? op->info.group : "";
      entry.run = [this, way, id = node->id] {
        project_.go(way, {id});
        emit const_cast<CommandPalette*>(this)->nodeWanted(id);
      };
      entry.rank = 3;
      all << entry;
    }
  };
  if (project_.isWithin()) add(project_.document(), {});
  for (const auto& block : project_.document().blocks()) {
    if (project_.isWithin() && block->name() == project_.shown().name()) continue;
    if (const auto way = engine::document::wayTo(project_.document(), block->name())) add(*block, *way);
  }
}

void CommandPalette::addFiles(QList<Entry>& all) const {
  for (const QString& path : files_.recent()) {
    const QFileInfo info(path);
    Entry entry;
    entry.id = "file:" + path;
    entry.text = tr("Open %1").arg(info.completeBaseName());
    entry.detail = info.absolutePath();
    entry.icon = "folder";
    entry.run = [this, path] { files_.open(path); };
    entry.rank = 3;
    all << entry;
  }
  for (const auto& t : engine::document::templates()) {
    Entry entry;
    entry.id = QString("template:") + t.name;
    entry.text = tr("New from template %1").arg(t.name);
    entry.icon = "star";
    entry.run = [this, name = QString(t.name)] { files_.openTemplate(name); };
    entry.rank = 4;
    all << entry;
  }
}

void CommandPalette::fill() {
  struct Row {
    int entry, score;
    QList<int> places;
  };
  const QString pattern = search_->text().trimmed();
  const QStringList last = QSettings().value(kLastKey).toStringList();
  std::vector<Row> rows;
  for (int i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const int recent = int(last.indexOf(entry.id));
    const int bonus = (recent >= 0 ? 60 - recent : 0) - 10 * entry.rank - (entry.whyNot.isEmpty() ? 0 : 3000);
    if (pattern.isEmpty()) {
      // Layers are in the list at the left; here they wait for a letter.
      if (mode_ == Mode::nodes || entry.rank != 2 || recent >= 0) rows.push_back({i, bonus + (recent >= 0 ? 1000 : 0), {}});
    } else if (const auto match = fuzzyMatch(pattern, entry.text)) {
      rows.push_back({i, match->score + bonus, match->places});
    } else if (const auto other = entry.searched.isEmpty() ? std::nullopt : fuzzyMatch(pattern, entry.searched)) {
      rows.push_back({i, other->score / 2 + bonus, {}});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.score > b.score; });
  model_->clear();
  for (size_t r = 0; r < rows.size() && int(r) < kMost; ++r) {
    const Entry& entry = entries_[rows[r].entry];
    auto* item = new QStandardItem(entry.text);
    item->setData(rows[r].entry, kEntryRole);
    item->setData(entry.detail, kDetailRole);
    item->setData(entry.right, kRightRole);
    item->setData(entry.icon, kIconRole);
    item->setData(entry.op, kOpNameRole);
    item->setData(entry.group, kOpGroupRole);
    item->setData(entry.whyNot, kWhyNotRole);
    item->setData(QVariant::fromValue(rows[r].places), kMarkRole);
    item->setToolTip(entry.whyNot.isEmpty() ? entry.detail : entry.whyNot);
    model_->appendRow(item);
  }
  list_->setVisible(!rows.empty());
  nothing_->setVisible(rows.empty());
  if (!rows.empty()) list_->setCurrentIndex(model_->index(0, 0));
  list_->setFixedHeight(std::min<int>(kRows, std::max(1, model_->rowCount())) * kRowHeight);
  const int width = std::min(kWidth, parentWidget()->width() - 40);
  layout()->activate();
  setGeometry((parentWidget()->width() - width) / 2, 84, width, layout()->sizeHint().height());
}

void CommandPalette::choose() {
  const QModelIndex index = list_->currentIndex();
  if (!index.isValid()) return;
  const Entry entry = entries_[index.data(kEntryRole).toInt()];
  if (!entry.whyNot.isEmpty()) return;  // its row says why
  QSettings settings;
  QStringList last = settings.value(kLastKey).toStringList();
  last.removeAll(entry.id);
  last.prepend(entry.id);
  settings.setValue(kLastKey, QStringList(last.mid(0, kRemembered)));
  dismiss();
  entry.run();
}

void CommandPalette::dismiss() {
  hide();
  if (before_) before_->setFocus();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == search_ && event->type() == QEvent::FocusOut && isVisible() && static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason && static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason) hide();
  if (watched != search_ || event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const auto move = [this](int rows) {
    const int count = model_->rowCount();
    if (count > 0) list_->setCurrentIndex(model_->index((list_->currentIndex().row() + rows + count) % count, 0));
  };
  switch (key->key()) {
    case Qt::Key_Down: move(1); return true;
    case Qt::Key_Up: move(-1); return true;
    case Qt::Key_PageDown: move(std::min(kRows, model_->rowCount() - 1 - list_->currentIndex().row())); return true;
    case Qt::Key_PageUp: move(-std::min(kRows, list_->currentIndex().row())); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: choose(); return true;
    case Qt::Key_Escape: dismiss(); return true;
    default: return QFrame::eventFilter(watched, event);
  }
}

}  // namespace ui
