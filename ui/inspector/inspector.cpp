#include "ui/inspector/inspector.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>
#include <set>
#include <unordered_map>

#include "engine/graph/formulas.h"
#include "ui/widgets/line.h"
#include "ui/inspector/binding_section.h"
#include "ui/inspector/block_page.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/problem_card.h"
#include "ui/inspector/what_follows.h"
#include "ui/model/fixes.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"
#include "ui/theme/tile.h"

namespace ui {

using engine::Done;
using engine::FieldInfo;
using engine::FieldValue;
using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;

namespace {

constexpr int kMostWithin = 4;  // problems in a block that its use tells; the list has all

// Of an op, made once: thousands of nodes may be selected.
const std::vector<FieldInfo>& infosOf(const engine::OpType& op) {
  static std::vector<FieldInfo> ofBlock;  // the last one: such types come and go
  if (engine::isBlock(op)) return ofBlock = engine::fieldInfos(op);
  static std::unordered_map<const engine::OpType*, std::vector<FieldInfo>> known;
  const auto [at, isNew] = known.try_emplace(&op);
  if (isNew) at->second = engine::fieldInfos(op);
  return at->second;
}

// The fields that all the nodes have: same name, same kind, same words.
std::vector<FieldInfo> commonFields(const Project& project, const std::vector<const Node*>& nodes) {
  std::set<std::string_view> types;
  for (const Node* node : nodes) types.insert(node->type);
  std::set<const engine::OpType*> ops;
  for (const std::string_view type : types) ops.insert(project.typeOf(type));
  std::vector<FieldInfo> common;
  bool first = true;
  for (const engine::OpType* op : ops) {
    const std::vector<FieldInfo> infos = op && *op->info.group ? infosOf(*op) : std::vector<FieldInfo>();
    if (first) common = infos;
    else
      std::erase_if(common, [&](const FieldInfo& field) {
        return std::none_of(infos.begin(), infos.end(), [&](const FieldInfo& other) { return other.name == field.name && other.kind == field.kind && other.words == field.words; });
      });
    first = false;
  }
  return common;
}

}  // namespace

Inspector::Inspector(Project& project, Actions& actions, QWidget* parent)
    : QWidget(parent), project_(project), actions_(actions), pages_(new QStackedWidget(this)) {
  setObjectName("inspector");
  setAccessibleName(tr("Inspector"));
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  setMinimumWidth(size::inspectorWidth);
  auto* nothing = new QLabel(tr("Select a node to see its fields."), this);
  nothing->setAlignment(Qt::AlignCenter);
  nothing->setProperty("tone", "secondary");
  nothing->setWordWrap(true);
  empty_ = nothing;
  nodePage_ = makeNodePage();
  pages_->addWidget(empty_);
  pages_->addWidget(nodePage_);
  blockPage_ = new BlockPage(project_, pages_);
  pages_->addWidget(blockPage_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(pages_);
  connect(&project_, &Project::stated, this, &Inspector::refresh);
  connect(&project_, &Project::viewed, this, &Inspector::refresh);
  connect(&project_.selection(), &Selection::changed, this, &Inspector::refresh);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, &Inspector::showProblems);
  refresh();
}

void Inspector::setEmptyPage(QWidget* page) {
  pages_->removeWidget(empty_);
  empty_->deleteLater();
  empty_ = page;
  pages_->insertWidget(0, page);
  refresh();
}

QWidget* Inspector::makeNodePage() {
  auto* scroll = new QScrollArea(pages_);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  auto* page = new QWidget(scroll);
  page->setProperty("surface", "panel");
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(16, 16, 14, 16);
  column->setSpacing(12);

  tile_ = new Tile(32, page);
  name_ = new QLineEdit(page);
  name_->setObjectName("name");
  name_->setAccessibleName(tr("Name of the node"));
  name_->setToolTip(tr("The node's name; its parameters are named after it."));
  name_->setFont(ui::font(FontSize::title, QFont::DemiBold));
  name_->setProperty("kind", "title");
  leaveUndoToTheWindow(name_);
  nameWrong_ = new QLabel(page);
  nameWrong_->setFont(ui::font(FontSize::caption));
  nameWrong_->setProperty("tone", "problem");
  nameWrong_->setWordWrap(true);
  nameWrong_->hide();
  type_ = new QLabel(page);
  type_->setFont(ui::font(FontSize::small));
  type_->setProperty("tone", "secondary");
  type_->setContentsMargins(8, 0, 0, 0);
  auto* names = new QVBoxLayout;
  names->setSpacing(0);
  names->addWidget(name_);
  names->addWidget(type_);
  names->addWidget(nameWrong_);
  auto* head = new QHBoxLayout;
  head->setSpacing(4);
  head->addWidget(tile_, 0, Qt::AlignTop);
  head->addLayout(names, 1);
  column->addLayout(head);

  about_ = new QLabel(page);
  about_->setWordWrap(true);
  about_->setFont(ui::font(FontSize::small));
  about_->setProperty("tone", "secondary");
  formula_ = new QLabel(page);
  formula_->setObjectName("formula");
  formula_->setTextFormat(Qt::PlainText);
  formula_->setWordWrap(true);
  formula_->setFont(monoFont(FontSize::small));
  formula_->setProperty("tone", "secondary");
  formula_->setLayoutDirection(Qt::LeftToRight);  // in every language
  auto* said = new QVBoxLayout;
  said->setSpacing(4);
  said->addWidget(about_);
  said->addWidget(formula_);
  column->addLayout(said);
  state_ = new QLabel(page);
  state_->setObjectName("state");
  state_->setWordWrap(true);
  state_->setFont(ui::font(FontSize::small));
  state_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  connect(state_, &QLabel::linkActivated, this, [this](const QString& action) { actions_.trigger(utf8(action).c_str()); });
  column->addWidget(state_);
  cards_ = new QVBoxLayout;
  cards_->setSpacing(6);
  column->addLayout(cards_);
  fieldsTitle_ = new QLabel(tr("Parameters"), page);
  fieldsTitle_->setFont(ui::font(FontSize::small, QFont::DemiBold));
  column->addWidget(fieldsTitle_);
  fields_ = new QVBoxLayout;
  fields_->setSpacing(0);
  column->addLayout(fields_);
  binding_ = new BindingSection(project_, page);
  column->addWidget(binding_);
  column->addWidget(lineOf(page));
  follows_ = new WhatFollows(page);
  column->addWidget(follows_);
  auto* help = new QPushButton(page);
  help->setObjectName("help");
  help->setProperty("kind", "link");
  const auto setBook = [help] { help->setIcon(icon("book", theme().text.link)); };
  setBook();
  connect(&themeWatcher(), &ThemeWatcher::changed, help, setBook);
  help->setCursor(Qt::PointingHandCursor);
  help->setFont(ui::font(FontSize::small, QFont::Medium));
  connect(help, &QPushButton::clicked, this, [this] { actions_.trigger("help.node"); });
  help_ = help;
  column->addWidget(help, 0, Qt::AlignLeft);
  column->addStretch(1);
  scroll->setWidget(page);

  connect(name_, &QLineEdit::editingFinished, this, [this] {
    const Node* node = project_.shown().node(project_.selection().current());
    if (!node || name_->isReadOnly() || utf8(name_->text()) == node->name) return;
    const std::string wish = utf8(name_->text().trimmed());
    const auto staged = project_.stage([&](Transaction& t) { return t.rename(node->id, wish); });
    nameWrong_->setVisible(!staged);
    if (!staged) nameWrong_->setText(textOf(staged.error()));
    if (staged) project_.apply(tr("Rename to %1").arg(qt(wish)), *staged);
    else name_->setText(qt(node->name));
  });
  return scroll;
}

std::vector<const Node*> Inspector::nodes() const {
  std::vector<const Node*> nodes;
  for (const NodeId id : project_.selection().nodes())
    if (const Node* node = project_.shown().node(id)) nodes.push_back(node);
  return nodes;
}

void Inspector::refresh() {
  const auto page = [this] { return !nodes().empty() ? nodePage_ : project_.isWithin() ? blockPage_ : empty_; };
  if (page() != pages_->currentWidget()) leave({pages_->currentWidget()});
  pages_->setCurrentWidget(page());
  const auto selected = nodes();
  if (selected.empty()) {
    built_.clear();
    return;
  }
  const auto isBuilt = [](const Node* node, const auto& built) { return node->id == built.first && node->type == built.second; };
  if (!std::equal(selected.begin(), selected.end(), built_.begin(), built_.end(), isBuilt)) {
    built_.clear();
    for (const Node* node : selected) built_.emplace_back(node->id, node->type);
    build(selected);
  }
  showValues(selected);
  showProblems();
}

// Before they go with the focus in them, which Qt would give to whatever stands next in the window: Train, or the choice of a file.
void Inspector::leave(const QList<QWidget*>& going) {
  const QWidget* focus = QApplication::focusWidget();
  if (focus && std::any_of(going.begin(), going.end(), [&](const QWidget* each) { return each->isAncestorOf(focus); })) emit done();
}

void Inspector::build(const std::vector<const Node*>& selected) {
  leave({rows_.begin(), rows_.end()});
  for (FieldRow* row : rows_) {
    fields_->removeWidget(row);
    row->hide();
    row->deleteLater();  // one of them may be the sender of what brought us here
  }
  rows_.clear();
  nameWrong_->hide();
  name_->setText(qt(selected.back()->name));  // also where it has the focus: it is another node's
  for (FieldInfo info : commonFields(project_, selected)) {
    info.help = utf8(engineText(info.help));
    auto* row = new FieldRow(info, this);
    fields_->addWidget(row);
    rows_ << row;
    const std::string field = info.name;
    connect(row, &FieldRow::edited, this, [this, field](const FieldValue& value, quint64 gesture) {
      project_.edit(
          tr("Set %1").arg(fieldInText(field)),
          [&](Transaction& t) -> Done {
            for (const Node* node : nodes())
              if (Done done = t.setField(node->id, field, value); !done) return done;
            return {};
          },
          gesture);
    });
    connect(row, &FieldRow::entered, this, &Inspector::done);
    connect(row, &FieldRow::resetWanted, this, [this, field] {
      project_.edit(tr("Reset %1").arg(fieldInText(field)), [&](Transaction& t) -> Done {
        for (const Node* node : nodes())
          if (engine::document::find(node->fields, field))
            if (Done done = t.clearField(node->id, field); !done) return done;
        return {};
      });
    });
    connect(row, &FieldRow::fixWanted, this, [this, field] {
      for (const engine::Problem& problem : project_.problemsInView())
        if (problem.node == project_.selection().current() && problem.place == engine::Place::field(field)) {
          applyFixInView(project_, engine::Problem(problem));
          return;
        }
    });
  }
  fieldsTitle_->setVisible(!rows_.isEmpty());
}

void Inspector::showValues(const std::vector<const Node*>& selected) {
  const Node& current = *selected.back();
  const engine::OpType* op = project_.typeOf(current.type);
  const bool known = op && *op->info.group, one = selected.size() == 1;
  const bool sameType = std::all_of(selected.begin(), selected.end(), [&](const Node* node) { return node->type == current.type; });
  tile_->show(sameType ? qt(current.type) : QString("dots"), sameType && known ? QString(op->info.group) : QString());
  if (!name_->hasFocus() || name_->isReadOnly() || !one) name_->setText(one ? qt(current.name) : tr("%n nodes", nullptr, int(selected.size())));
  name_->setReadOnly(!one);
  name_->setFocusPolicy(one ? Qt::StrongFocus : Qt::NoFocus);
  type_->setText(sameType ? qt(current.type) : tr("of several types"));
  about_->setText(one ? (known ? engineText(op->info.about) : tr("This version does not know the type. The node is kept as it is, in the file too.")) : rows_.isEmpty() ? tr("They have no field in common.") : tr("An edit holds for all of them."));
  // The result alone; help says what it is made of.
  const engine::Formula* formula = one && known && !project_.document().block(current.type) ? engine::formulaOf(current.type) : nullptr;
  formula_->setText(formula ? QString(formula->text).section('\n', 0, 0) : QString());
  formula_->setVisible(!formula_->text().isEmpty());
  static_cast<QPushButton*>(help_)->setText(sameType && known ? tr("About %1").arg(engineText(op->info.title)) : QString());
  help_->setVisible(one && known && actions_.isBound("help.node"));

  showState(selected);
  for (FieldRow* row : rows_) {
    std::optional<FieldValue> value;
    bool isDefault = true, mixed = false;
    const FieldValue* shown = nullptr;
    for (const Node* node : selected) {
      const FieldValue* given = engine::document::find(node->fields, row->info().name);
      isDefault = isDefault && !given;
      // Ops have defaults of their own for a field of the same name.
      const FieldValue* now = given;
      if (!given)
        for (const FieldInfo& info : infosOf(*project_.typeOf(node->type)))
          if (info.name == row->info().name) now = &info.initial;
      mixed = mixed || (shown && shown != now && *shown != *now);
      shown = now;
      if (mixed && !isDefault) break;  // nothing else can be found out
    }
    if (shown && !mixed) value = *shown;
    row->show(value, isDefault);
  }
  binding_->show(one && (current.type == "Input" || current.type == "Target") ? current.id : 0);
  follows_->setVisible(one);
  if (one) follows_->show(project_, current.id);
}

// Why it does not do, or learn, what it could, and the way back.
void Inspector::showState(const std::vector<const Node*>& selected) {
  const auto all = [&](auto&& is) { return std::all_of(selected.begin(), selected.end(), is); };
  QStringList lines;
  const auto add = [&](const QString& what, const char* action, const QString& end) {
    lines << QString("%1 <a href=\"%2\">%3</a>").arg(what.toHtmlEscaped(), action, end.toHtmlEscaped());
  };
  if (all([](const Node* node) { return node->mode == engine::Mode::bypassed; })) add(tr("Bypassed: what comes in goes out."), "node.bypass", tr("Let it work"));
  if (all([](const Node* node) { return node->mode == engine::Mode::muted; })) add(tr("Muted: it gives zeros."), "node.mute", tr("Let it work"));
  if (all([](const Node* node) { return node->frozen; })) add(tr("Frozen: its parameters stay as they are."), "node.freeze", tr("Let it learn"));
  state_->setText(lines.join("<br>"));
  state_->setVisible(!lines.isEmpty());
}

void Inspector::showProblems() {
  while (QLayoutItem* item = cards_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();
    delete item;
  }
  const auto& ids = project_.selection().nodes();
  for (FieldRow* row : rows_) row->showProblem(nullptr);
  if (ids.size() != 1) return;
  const bool block = project_.canOpen(ids.front());
  int within = 0;
  for (const engine::Problem& problem : project_.problemsInView()) {
    if (problem.node != ids.front()) {
      const bool inside = block && within < kMostWithin && !project_.shown().node(problem.node);
      const auto where = inside ? engine::whereIs(project_.network(), problem.node) : engine::Whereabouts();
      if (where.way.empty() || where.way.front().node != ids.front()) continue;
      ++within;
      addCard(problem, qt(where.name));
      continue;
    }
    FieldRow* beside = nullptr;
    if (problem.place.kind == engine::Place::Kind::field)
      for (FieldRow* row : rows_)
        if (row->info().name == problem.place.name) beside = row;
    if (beside) {
      beside->showProblem(&problem);
      continue;
    }
    addCard(problem);
  }
}

void Inspector::addCard(const engine::Problem& problem, const QString& place) {
  auto* card = new ProblemCard(nodePage_);
  card->show(problem, place);
  connect(card, &ProblemCard::fixWanted, this, [this, problem] { applyFixInView(project_, problem); });
  connect(card, &ProblemCard::placeWanted, this, [this, node = problem.node] { project_.revealFromView(node); });
  cards_->addWidget(card);
}

bool Inspector::focusFields() {
  if (!rows_.isEmpty()) rows_.first()->editor().setFocusHere();
  else if (!name_->isReadOnly()) focusName();
  else return false;
  return true;
}

void Inspector::focusName() {
  name_->setFocus(Qt::ShortcutFocusReason);
  name_->selectAll();
}

}  // namespace ui
