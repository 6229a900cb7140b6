#include "ui/inspector/binding_section.h"

#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/field_row.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::Done;
using engine::FieldInfo;
using engine::FieldValue;
using engine::document::Binding;
using engine::document::Transaction;

namespace {
const char kAutomatic[] = QT_TRANSLATE_NOOP("ui::BindingSection", "automatic");

std::vector<double> realsOf(const FieldValue& value) {
  const auto* list = std::get_if<std::vector<double>>(&value);
  return list ? *list : std::vector<double>();
}
}  // namespace

BindingSection::BindingSection(Project& project, QWidget* parent)
    : QWidget(parent), project_(project), data_(DataSummary::of(project)), rows_(new QVBoxLayout), note_(new QLabel(this)) {
  auto* title = new QLabel(tr("Data"), this);
  title->setFont(ui::font(FontSize::small, QFont::DemiBold));
  note_->setFont(ui::font(FontSize::caption));
  note_->setProperty("tone", "secondary");
  note_->setWordWrap(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  column->addWidget(title);
  column->addLayout(rows_);
  column->addWidget(note_);
  rows_->setSpacing(0);
  connect(&data_, &DataSummary::changed, this, [this] {
    if (!node_) return;
    build();
    refresh();
  });
}

FieldRow* BindingSection::add(FieldInfo info) {
  auto* row = new FieldRow(std::move(info), this);
  rows_->addWidget(row);
  return row;
}

// The words of the column's field are the columns, so it is made anew where those are.
void BindingSection::build() {
  const bool first = !column_;
  std::vector<std::string> words{utf8(tr(kAutomatic))};
  for (const auto& column : data_.columns()) words.push_back(column.name);
  // A column that the data do not have still shows.
  if (const Binding* binding = project_.document().data().binding(node_); binding && std::find(words.begin(), words.end(), binding->column) == words.end())
    words.push_back(binding->column);
  if (first || column_->info().words != words) {
    FieldRow* former = column_;
    column_ = new FieldRow({"column", FieldInfo::Kind::choice, words.front(), {}, {}, words, utf8(tr("The column of the data that this node reads. Automatic: by its name, or the only one that fits."))}, this);
    rows_->insertWidget(0, column_);
    if (former) former->hide(), former->deleteLater();
    connect(column_, &FieldRow::edited, this, [this](const FieldValue& value, quint64 gesture) {
      const QString column = qt(std::get<std::string>(value));
      if (column != tr(kAutomatic)) set(tr("Bind to %1").arg(column), [&](Binding& b) { b.column = utf8(column); }, gesture);
      else emit column_->resetWanted();
    });
    connect(column_, &FieldRow::resetWanted, this, [this] {
      if (project_.document().data().binding(node_))
        project_.editWhole(tr("Bind automatically"), [&](Transaction& t) { return t.clearBinding(node_); });
      refresh();
    });
  }
  if (!first) return;
  scale_ = add({"scale", FieldInfo::Kind::real, 1.0, engine::anyNumber(), {}, {}, utf8(tr("What each number is multiplied by first: 1/255 (0.00392) for pictures of bytes."))});
  mean_ = add({"mean", FieldInfo::Kind::reals, std::vector<double>(), engine::anyNumber(), {0, 4096}, {}, utf8(tr("What is then subtracted: one number, or one for each channel."))});
  std_ = add({"std", FieldInfo::Kind::reals, std::vector<double>(), engine::above(0), {0, 4096}, {}, utf8(tr("What it is then divided by: one number, or one for each channel."))});
  connect(scale_, &FieldRow::edited, this, [this](const FieldValue& v, quint64 g) { set(tr("Set scale"), [&](Binding& b) { b.scale = std::get<double>(v); }, g); });
  connect(mean_, &FieldRow::edited, this, [this](const FieldValue& v, quint64 g) { set(tr("Set mean"), [&](Binding& b) { b.mean = realsOf(v); }, g); });
  connect(std_, &FieldRow::edited, this, [this](const FieldValue& v, quint64 g) { set(tr("Set std"), [&](Binding& b) { b.std = realsOf(v); }, g); });
  connect(scale_, &FieldRow::resetWanted, this, [this] { set(tr("Reset scale"), [](Binding& b) { b.scale.reset(); }, 0); });
  connect(mean_, &FieldRow::resetWanted, this, [this] { set(tr("Reset mean"), [](Binding& b) { b.mean.clear(); }, 0); });
  connect(std_, &FieldRow::resetWanted, this, [this] { set(tr("Reset std"), [](Binding& b) { b.std.clear(); }, 0); });
}

void BindingSection::set(const QString& what, const std::function<void(Binding&)>& change, quint64 gesture) {
  const Binding* present = project_.document().data().binding(node_);
  Binding binding = present ? *present : Binding{};
  binding.node = node_;
  change(binding);
  if (binding.column.empty()) {
    note_->setText(tr("Choose the column first."));
    refresh();
    return;
  }
  project_.editWhole(what, [&](Transaction& t) { return t.setBinding(binding); }, gesture);
}

void BindingSection::show(engine::NodeId node) {
  node_ = node;
  setVisible(node != 0);
  if (!node) return;
  data_.want();
  build();
  refresh();
}

void BindingSection::refresh() {
  const Binding* binding = project_.document().data().binding(node_);
  const engine::document::Node* node = project_.document().node(node_);
  if (!node || !column_) return;
  const bool transforms = node->type == "Input" && binding;
  column_->show(FieldValue(binding ? binding->column : utf8(tr(kAutomatic))), !binding);
  for (FieldRow* row : {scale_, mean_, std_}) row->setVisible(transforms);
  if (binding) {
    scale_->show(FieldValue(binding->scale.value_or(1)), !binding->scale);
    mean_->show(FieldValue(binding->mean), binding->mean.empty());
    std_->show(FieldValue(binding->std), binding->std.empty());
  }
  QString note = data_.isLoading() ? tr("Opening %1 ...").arg(qt(project_.document().data().source)) : data_.whyNone();
  for (const auto& column : data_.columns()) {
    if (!binding || column.name != binding->column) continue;
    note = tr("%1: %2, %3").arg(qt(column.name), column.shape.rank() ? textOf(column.shape) : tr("one number"), qt(std::string(engine::nameOf(column.type))));
    if (!column.classes.empty()) note += tr(", %n classes", nullptr, int(column.classes.size()));
  }
  note_->setText(note);
  note_->setVisible(!note.isEmpty());
}

}  // namespace ui
