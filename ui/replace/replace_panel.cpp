#include "ui/replace/replace_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

#include "ui/model/text.h"
#include "engine/document/ways.h"
#include "engine/graph/block.h"
#include "ui/replace/replace_form.h"
#include "ui/theme/theme.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/switch.h"

namespace ui {

using engine::FieldInfo;
using engine::NodeId;
using engine::document::Document;
using engine::document::Replacing;
using engine::document::Search;
using engine::document::SearchHit;

namespace {

constexpr int kMostShown = 300, kEdge = 16, kNameColumn = 200, kTypeColumn = 150;
enum Verb { kSet, kTimes, kDefault };

// The network of a hit; null where it is gone.
const Document* networkOf(const Document& document, const SearchHit& hit) { return hit.block.empty() ? &document : document.block(hit.block); }

// Its own network, then those of its blocks.
template <class Look>
void eachNetwork(const Document& document, Look&& look) {
  look(document);
  for (const auto& block : document.blocks()) look(*block);
}

}  // namespace

ReplacePanel::ReplacePanel(Project& project, QWidget* parent) : ListPanel("replace", tr("Find and replace layers"), 0, parent), project_(project), list_(new QTreeWidget(this)) {
  find_ = new ReplaceForm({"replace.find", tr("Find"), tr("where"), tr("any type"), tr("any field"),
                           {tr("is there"), tr("is"), tr("is not"), tr("is below"), tr("is above")}, {1, 2, 3, 4}},
                          this);
  with_ = new ReplaceForm({"replace.with", tr("Replace"), tr("with"), tr("same type"), tr("same fields"), {tr("set to"), tr("times"), tr("default")}, {kSet, kTimes}, kTimes}, this);
  selected_ = new Switch(this);
  selected_->setObjectName("replace.selected");
  selected_->setAccessibleName(tr("Only selected"));
  auto* onlySelected = new QLabel(tr("Only selected"), this);
  onlySelected->setFont(ui::font(FontSize::small));
  onlySelected->setBuddy(selected_);
  selected_->setToolTip(tr("Only layers that are selected in the network in view."));
  count_ = new QLabel(this);
  count_->setObjectName("replace.count");
  count_->setFont(ui::font(FontSize::small));
  count_->setProperty("tone", "secondary");
  const auto button = [this](const char* name, const QString& text, const char* kind) {
    auto* made = new QPushButton(text, this);
    made->setObjectName(name);
    made->setProperty("kind", kind);
    return made;
  };
  select_ = button("replace.select", tr("Select them"), "quiet");
  replace_ = button("replace.all", tr("Replace all"), "primary");
  auto* foot = new QHBoxLayout;
  foot->setContentsMargins(kEdge, 0, 8, 0);
  foot->setSpacing(12);
  foot->addWidget(count_);
  foot->addWidget(selected_);
  foot->addWidget(onlySelected);
  foot->addStretch();
  foot->addWidget(select_);
  foot->addWidget(replace_);
  auto* forms = new QVBoxLayout;
  forms->setContentsMargins(0, 0, 0, 0);
  forms->setSpacing(4);
  forms->addWidget(find_);
  forms->addWidget(with_);
  forms->addLayout(foot);
  head().setContentsMargins(0, 0, 0, 0);
  head().addLayout(forms, 1);

  list_->setObjectName("replace.list");
  list_->setAccessibleName(tr("Layers that were found"));
  list_->setColumnCount(3);
  list_->setHeaderHidden(true);
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setTextElideMode(Qt::ElideRight);
  list_->header()->setStretchLastSection(true);
  list_->header()->resizeSection(0, kNameColumn);
  list_->header()->resizeSection(1, kTypeColumn);
  setList(list_, kEdge - 8);

  connect(find_, &ReplaceForm::typeChanged, this, &ReplacePanel::takeAllFields);
  connect(with_, &ReplaceForm::typeChanged, this, &ReplacePanel::takeAllFields);
  for (ReplaceForm* form : {find_, with_}) connect(form, &ReplaceForm::changed, this, &ReplacePanel::search);
  connect(selected_, &Switch::toggled, this, &ReplacePanel::search);
  const auto choose = [this](QTreeWidgetItem* item) { showOne(list_->indexOfTopLevelItem(item)); };
  connect(list_, &QTreeWidget::itemClicked, this, choose);
  connect(list_, &QTreeWidget::itemActivated, this, choose);
  connect(select_, &QPushButton::clicked, this, &ReplacePanel::selectAll);
  connect(replace_, &QPushButton::clicked, this, &ReplacePanel::replaceAll);
  const auto follow = [this] {
    if (!isVisible()) return;  // it looks again when it is seen
    takeTypes();
    search();
  };
  connect(&project_, &Project::stated, this, follow);
  connect(&project_, &Project::replaced, this, follow);
  connect(&project_.selection(), &Selection::changed, this, [this] {
    if (isVisible() && selected_->isChecked()) search();
  });
  takeTypes();
  search();
}

void ReplacePanel::showEvent(QShowEvent* event) {
  ListPanel::showEvent(event);
  takeTypes();
  search();
}

void ReplacePanel::begin() {
  takeTypes();
  std::set<std::string> types;
  for (const NodeId id : project_.selection().nodes()) types.insert(project_.shown().node(id)->type);
  if (types.size() == 1) find_->chooseType(qt(*types.begin()));
  selected_->setChecked(project_.selection().nodes().size() > 1);
  find_->focusType();
}

void ReplacePanel::takeTypes() {
  std::set<QString> used, all;
  eachNetwork(project_.document(), [&](const Document& network) {
    for (const auto& node : network.nodes()) used.insert(qt(node->type));
  });
  // What has no input, and ports, are what they are.
  for (const engine::Op& op : project_.choosable())
    if (!op.type().info.inputs.empty() && !op.is("BlockOutput") && (!engine::isBlock(op) || project_.document().block(op.name()))) all.insert(qt(op.name()));
  find_->setTypes({used.begin(), used.end()});
  with_->setTypes({all.begin(), all.end()});
  takeAllFields();
}

// What is to change are the fields of what it will be: of another type, else of what is found.
void ReplacePanel::takeAllFields() {
  takeFields(*find_, find_->type());
  takeFields(*with_, with_->type().isEmpty() ? find_->type() : with_->type());
}

// Of a type, or of all that there are: the first that has a field says what it takes.
void ReplacePanel::takeFields(ReplaceForm& form, const QString& type) {
  std::vector<FieldInfo> fields;
  if (!type.isEmpty()) {
    fields = engine::document::fieldsOf(project_.document(), utf8(type));
  } else {
    std::set<std::string> seen, names;
    eachNetwork(project_.document(), [&](const Document& network) {
      for (const auto& node : network.nodes())
        if (seen.insert(node->type).second)
          for (FieldInfo& info : engine::document::fieldsOf(project_.document(), node->type))
            if (names.insert(info.name).second) fields.push_back(std::move(info));
    });
    std::sort(fields.begin(), fields.end(), [](const FieldInfo& a, const FieldInfo& b) { return a.name < b.name; });
  }
  form.setFields(fields);
}

void ReplacePanel::search() {
  Search search;
  search.type = utf8(find_->type());
  search.field = utf8(find_->field());
  if (find_->value() && find_->needsValue()) search.is = Search::Is(find_->verb()), search.value = *find_->value();
  hits_ = find_->isWrong() ? std::vector<SearchHit>() : engine::document::find(project_.document(), search);
  const bool asks = !search.type.empty() || !search.field.empty() || selected_->isChecked();
  if (!asks) hits_.clear();
  if (selected_->isChecked()) {
    const std::string here = project_.isWithin() ? project_.shown().name() : std::string();
    const auto& nodes = project_.selection().nodes();
    std::erase_if(hits_, [&](const SearchHit& hit) { return hit.block != here || std::find(nodes.begin(), nodes.end(), hit.node) == nodes.end(); });
  }
  showEmpty(!asks ? tr("Choose a type or a field: the layers that have it are listed here.") : hits_.empty() ? tr("No layer is like that.") : QString());
  count_->setText(tr("%n layers", nullptr, int(hits_.size())));
  count_->setVisible(asks);
  select_->setEnabled(!hits_.empty());
  const QString why = whyNot();
  replace_->setEnabled(why.isEmpty());
  replace_->setToolTip(why.isEmpty() ? tr("One step, which undo takes back.") : why);
  fill();
}

Replacing ReplacePanel::wanted() const {
  Replacing with;
  with.type = utf8(with_->type());
  with.field = utf8(with_->field());
  if (with.field.empty()) return with;
  if (with_->verb() == kSet) with.value = with_->value();
  if (with_->verb() == kTimes && with_->value())
    if (const auto* factor = std::get_if<double>(&*with_->value())) with.factor = *factor;
  return with;
}

QString ReplacePanel::whyNot() const {
  const Replacing with = wanted();
  if (hits_.empty()) return tr("No layer was found.");
  if (with.type.empty() && with.field.empty()) return tr("Choose another type, or a field that is to change.");
  if (with_->isWrong() || (with_->needsValue() && !with_->value())) return tr("The value is not one that the field takes.");
  return {};
}

QString ReplacePanel::valueIn(const SearchHit& hit) const {
  const QString field = find_->field().isEmpty() ? with_->field() : find_->field();
  const Document* network = networkOf(project_.document(), hit);
  const auto* node = network ? network->node(hit.node) : nullptr;
  if (field.isEmpty() || !node) return {};
  if (const auto* given = engine::document::find(node->fields, utf8(field))) return fieldTitle(utf8(field)) + " " + fieldText(*given);
  for (const FieldInfo& info : engine::document::fieldsOf(project_.document(), node->type))
    if (qt(info.name) == field) return fieldTitle(info.name) + " " + fieldText(info.initial);
  return {};
}

void ReplacePanel::fill() {
  list_->clear();
  for (size_t i = 0; i < hits_.size() && i < size_t(kMostShown); ++i) {
    const Document* network = networkOf(project_.document(), hits_[i]);
    const auto* node = network ? network->node(hits_[i].node) : nullptr;
    if (!node) continue;
    const QString name = hits_[i].block.empty() ? qt(node->name) : tr("%1 in %2").arg(qt(node->name), qt(hits_[i].block));
    auto* item = new QTreeWidgetItem(list_, {name, qt(node->type), valueIn(hits_[i])});
    item->setFont(0, ui::font(FontSize::small, QFont::DemiBold));
    item->setFont(1, ui::font(FontSize::small));
    item->setFont(2, ui::font(FontSize::small));
    item->setSizeHint(0, {kNameColumn, kRow});
    item->setToolTip(0, name);
  }
  if (hits_.size() > size_t(kMostShown)) new QTreeWidgetItem(list_, {tr("and %1 more").arg(hits_.size() - size_t(kMostShown))});
}

void ReplacePanel::showOne(int row) {
  if (row < 0 || size_t(row) >= hits_.size()) return;
  const SearchHit hit = hits_[size_t(row)];
  const auto way = hit.block.empty() ? std::vector<NodeId>() : engine::document::wayTo(project_.document(), hit.block).value_or(std::vector<NodeId>());
  if (hit.block.empty() || !way.empty()) project_.go(way, {hit.node});
  if (project_.shown().node(hit.node)) emit revealWanted(hit.node);
}

// Of the network in view; where none of them is there, of the first one's.
void ReplacePanel::selectAll() {
  const auto inView = [this] {
    std::vector<NodeId> nodes;
    const std::string here = project_.isWithin() ? project_.shown().name() : std::string();
    for (const SearchHit& hit : hits_)
      if (hit.block == here) nodes.push_back(hit.node);
    return nodes;
  };
  std::vector<NodeId> nodes = inView();
  if (nodes.empty() && !hits_.empty()) {
    showOne(0);
    nodes = inView();
  }
  if (!nodes.empty()) project_.selection().set(nodes);
}

void ReplacePanel::replaceAll() {
  if (!whyNot().isEmpty()) return;
  const std::vector<SearchHit> hits = hits_;
  const Replacing with = wanted();
  project_.editWhole(tr("Replace %n layers", nullptr, int(hits.size())),
                     [&](engine::document::Transaction& t) { return replace(t, hits, with); });
}

}  // namespace ui
