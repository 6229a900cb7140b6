#include "ui/inspector/block_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/model/text.h"
#include "ui/theme/style.h"
#include "ui/theme/tile.h"
#include "ui/widgets/field_editor.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/line.h"

namespace ui {

using engine::Done;
using engine::NodeId;
using engine::document::Exposed;
using engine::document::Interface;
using engine::document::Transaction;

namespace {

constexpr int kButton = 24;

QToolButton* smallButton(const char* name, const QString& what, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setObjectName(name);
  button->setProperty("kind", "quiet");
  button->setIcon(icon(name));
  button->setIconSize({14, 14});
  button->setFixedSize(kButton, kButton);
  button->setStyleSheet("min-height: 0; padding: 0");
  button->setAccessibleName(what);
  button->setToolTip(what);
  return button;
}

QLabel* smallTitle(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(ui::font(FontSize::small, QFont::DemiBold));
  return label;
}

QLabel* quiet(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(ui::font(FontSize::small));
  label->setProperty("tone", "secondary");
  label->setWordWrap(true);
  return label;
}

void clear(QVBoxLayout* rows) {
  while (QLayoutItem* item = rows->takeAt(0)) {
    if (QWidget* row = item->widget()) row->hide(), row->deleteLater();  // it may be the sender of what brought us here
    delete item;
  }
}

}  // namespace

BlockPage::BlockPage(Project& project, QWidget* parent) : QWidget(parent), project_(project) {
  setObjectName("block_page");
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  auto* around = new QVBoxLayout(this);
  around->setContentsMargins(0, 0, 0, 0);
  around->addWidget(scroll);
  auto* page = new QWidget(scroll);
  page->setProperty("surface", "panel");
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(16, 16, 14, 16);
  column->setSpacing(8);

  auto* tile = new Tile(32, page);
  tile->show("block", "Blocks");
  name_ = new QLineEdit(page);
  name_->setObjectName("block_name");
  name_->setAccessibleName(tr("Name of the block"));
  name_->setToolTip(tr("What the block is called, in the list of layers and on its uses."));
  name_->setFont(ui::font(FontSize::title, QFont::DemiBold));
  name_->setProperty("kind", "title");
  leaveUndoToTheWindow(name_);
  uses_ = quiet({}, page);
  uses_->setContentsMargins(8, 0, 0, 0);
  auto* names = new QVBoxLayout;
  names->setSpacing(0);
  names->addWidget(name_);
  names->addWidget(uses_);
  auto* head = new QHBoxLayout;
  head->setSpacing(4);
  head->addWidget(tile, 0, Qt::AlignTop);
  head->addLayout(names, 1);
  column->addLayout(head);
  about_ = new QLineEdit(page);
  about_->setObjectName("block_about");
  about_->setAccessibleName(tr("What the block does"));
  about_->setPlaceholderText(tr("What it does, in a sentence"));
  leaveUndoToTheWindow(about_);
  column->addWidget(about_);
  column->addWidget(lineOf(page));
  const auto part = [&](const QString& title) {
    column->addWidget(smallTitle(title, page));
    auto* rows = new QVBoxLayout;
    rows->setSpacing(4);
    column->addLayout(rows);
    return rows;
  };
  inputs_ = part(tr("Inputs"));
  outputs_ = part(tr("Outputs"));
  fields_ = part(tr("Fields"));
  add_ = new QPushButton(tr("Show a field..."), page);
  add_->setObjectName("show_field");
  add_->setToolTip(tr("A field of a layer within, for every use of the block to set."));
  menu_ = new QMenu(add_);
  add_->setMenu(menu_);
  column->addWidget(add_, 0, Qt::AlignLeft);
  column->addStretch(1);
  scroll->setWidget(page);

  connect(menu_, &QMenu::aboutToShow, this, &BlockPage::fillMenu);
  connect(name_, &QLineEdit::editingFinished, this, [this] {
    const std::string now = project_.shown().name(), wish = utf8(name_->text().trimmed());
    if (!project_.isWithin() || wish == now) return;
    if (wish.empty() || !project_.editWhole(tr("Rename block to %1").arg(qt(wish)), [&](Transaction& t) { return t.renameBlock(now, wish); })) name_->setText(qt(now));
  });
  connect(about_, &QLineEdit::editingFinished, this, [this] {
    Interface interface = project_.shown().interface();
    if (!project_.isWithin() || utf8(about_->text()) == interface.about) return;
    interface.about = utf8(about_->text());
    project_.edit(tr("Describe block"), [&](Transaction& t) { return t.setInterface(interface); });
  });
  connect(&project_, &Project::stated, this, &BlockPage::refresh);
  connect(&project_, &Project::viewed, this, &BlockPage::refresh);
  refresh();
}

void BlockPage::refresh() {
  if (!project_.isWithin()) return;
  const auto& block = project_.shown();
  if (!name_->hasFocus()) name_->setText(qt(block.name()));
  if (!about_->hasFocus()) {
    about_->setText(qt(block.interface().about));
    about_->setCursorPosition(0);  // a sentence is read from its beginning
    about_->setToolTip(about_->text());
  }
  const int uses = usesOf(project_.document(), block.name());
  uses_->setText(tr("A block; edits hold for all %n uses", nullptr, int(uses)));
  // Rows are made anew where there are others: a name that is being typed stays.
  std::vector<QString> now{qt(block.name())};
  for (const auto& node : block.nodes())
    if (node->type == "BlockInput" || node->type == "BlockOutput") now.push_back(qt(node->type + " " + node->name));
  for (const Exposed& exposed : block.interface().fields) now.push_back(qt("field " + exposed.name));
  if (now == shown_) return;
  shown_ = std::move(now);
  showPorts("BlockInput", inputs_, tr("None: add a BlockInput."));
  showPorts("BlockOutput", outputs_, tr("None: add a BlockOutput."));
  showFields();
}

void BlockPage::fill(QVBoxLayout* rows, const QString& object, std::vector<Entry> entries, const QString& none) {
  clear(rows);
  if (entries.empty()) rows->addWidget(quiet(none, this));
  for (Entry& entry : entries) {
    auto* row = new QWidget(this);
    row->setObjectName(object);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(2);
    auto* name = new QLineEdit(entry.name, row);
    name->setObjectName("name");
    name->setAccessibleName(tr("Name of %1").arg(entry.name));
    name->setToolTip(entry.tip);
    leaveUndoToTheWindow(name);
    connect(name, &QLineEdit::editingFinished, row, [name, rename = entry.rename, was = entry.name] {
      const QString wish = name->text().trimmed();
      if (wish == was) return;
      if (wish.isEmpty()) return name->setText(was);
      rename(wish);
    });
    line->addWidget(name, 1);
    const auto add = [&](const char* icon, const QString& what, const std::function<void()>& run) {
      QToolButton* button = smallButton(icon, what, row);
      button->setEnabled(bool(run));
      connect(button, &QToolButton::clicked, row, run);
      line->addWidget(button);
    };
    add("up", tr("Move %1 up").arg(entry.name), entry.up);
    add("down", tr("Move %1 down").arg(entry.name), entry.down);
    add("close", tr("Remove %1").arg(entry.name), entry.remove);
    rows->addWidget(row);
  }
}

void BlockPage::showPorts(const char* type, QVBoxLayout* rows, const QString& none) {
  std::vector<std::pair<NodeId, QString>> ports;
  for (const auto& node : project_.shown().nodes())
    if (node->type == type) ports.emplace_back(node->id, qt(node->name));
  std::vector<Entry> entries;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto swap = [this](NodeId a, NodeId b) {
      return [this, a, b] { project_.edit(tr("Move port"), [&](Transaction& t) { return t.swapPlaces(a, b); }); };
    };
    const auto& [id, name] = ports[i];
    Entry entry{name, tr("The port's name, which is that of its node."), {}, {}, {}, {}};
    entry.rename = [this, id = id, name = name](const QString& wish) {
      if (!project_.edit(tr("Rename port"), [&](Transaction& t) { return t.rename(id, utf8(wish)); })) shown_.clear(), refresh();
    };
    if (i > 0) entry.up = swap(ports[i - 1].first, id);
    if (i + 1 < ports.size()) entry.down = swap(id, ports[i + 1].first);
    entry.remove = [this, id = id] { project_.edit(tr("Remove port"), [&](Transaction& t) { return t.removeNode(id); }); };
    entries.push_back(std::move(entry));
  }
  fill(rows, type, std::move(entries), none);
}

bool BlockPage::setFields(const QString& text, std::vector<Exposed> fields) {
  Interface interface = project_.shown().interface();
  interface.fields = std::move(fields);
  return project_.edit(text, [&](Transaction& t) { return t.setInterface(interface); });
}

// What uses gave to it goes with it.
void BlockPage::hideField(const std::string& name) {
  const std::string of = project_.shown().name();
  project_.editWhole(tr("Hide field"), [&](Transaction& t) { return t.removeField(of, name); });
}

void BlockPage::showFields() {
  const auto& document = project_.shown();
  std::vector<Entry> entries;
  const auto& fields = document.interface().fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    QStringList of;
    for (const auto& inner : fields[i].inners)
      if (const auto* node = document.node(inner.node)) of << tr("%1 of %2").arg(fieldInText(inner.field), qt(node->name));
    Entry entry{qt(fields[i].name), tr("Sets %1.").arg(of.join(", ")), {}, {}, {}, {}};
    entry.rename = [this, name = fields[i].name](const QString& wish) {
      const std::string block = project_.shown().name();
      if (!project_.editWhole(tr("Rename field"), [&](Transaction& t) { return t.renameField(block, name, utf8(wish)); })) shown_.clear(), refresh();
    };
    const auto moved = [this](size_t from, size_t to) {
      return [this, from, to] {
        std::vector<Exposed> all = project_.shown().interface().fields;
        if (std::max(from, to) < all.size()) std::swap(all[from], all[to]), setFields(tr("Move field"), std::move(all));
      };
    };
    if (i > 0) entry.up = moved(i, i - 1);
    if (i + 1 < fields.size()) entry.down = moved(i, i + 1);
    entry.remove = [this, name = fields[i].name] { hideField(name); };
    entries.push_back(std::move(entry));
  }
  fill(fields_, "field", std::move(entries), tr("None: a use has only how often it is repeated."));
}

// Every field of every layer within; those that are shown already have a mark, and lose it by being chosen.
void BlockPage::fillMenu() {
  menu_->clear();
  const auto& block = project_.shown();
  for (const auto& node : block.nodes()) {
    const auto op = project_.opOf(node->type);
    if (!op || node->type == "BlockInput" || node->type == "BlockOutput") continue;
    const auto infos = engine::fieldInfos(op->type());
    if (infos.empty()) continue;
    QMenu* of = menu_->addMenu(qt(node->name));
    for (const engine::FieldInfo& info : infos) {
      const engine::document::Inner inner{node->id, info.name};
      const auto& fields = block.interface().fields;
      const auto at = std::find_if(fields.begin(), fields.end(), [&](const Exposed& e) { return std::find(e.inners.begin(), e.inners.end(), inner) != e.inners.end(); });
      const bool isShown = at != fields.end();
      QAction* action = of->addAction(fieldTitle(info.name));
      action->setCheckable(true);
      action->setChecked(isShown);
      connect(action, &QAction::triggered, this, [this, inner, isShown] {
        Interface interface = project_.shown().interface();
        if (isShown) {
          for (Exposed& exposed : interface.fields) {
            if (exposed.inners == std::vector{inner}) return hideField(exposed.name);
            std::erase(exposed.inners, inner);
          }
          setFields(tr("Hide field"), std::move(interface.fields));
          return;
        }
        // One that has its name already is of another layer: it gets that one's name before its own.
        std::string name = inner.field;
        const auto isTaken = [&](const std::string& wish) {
          return interface.field(wish) || std::any_of(std::begin(engine::kFieldsOfBlocks), std::end(engine::kFieldsOfBlocks), [&](const char* own) { return wish == own; });
        };
        if (isTaken(name)) name = project_.shown().node(inner.node)->name + "_" + inner.field;
        for (int number = 2; isTaken(name); ++number) name = inner.field + "_" + std::to_string(number);
        interface.fields.push_back({name, {}, {inner}, {}});
        setFields(tr("Show %1").arg(fieldInText(name)), std::move(interface.fields));
      });
    }
  }
  if (menu_->isEmpty()) menu_->addAction(tr("No layer within has fields."))->setEnabled(false);
}

}  // namespace ui
