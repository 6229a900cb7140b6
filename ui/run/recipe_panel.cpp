#include "ui/run/recipe_panel.h"

#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/widgets/elided_label.h"
#include "ui/widgets/line.h"
#include "ui/widgets/ask_path.h"
#include "ui/widgets/field_row.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

using engine::FieldValue;
using engine::data::Part;
using engine::document::Transaction;
using Target = RecipeField::Target;

namespace {

QLabel* label(const QString& text, QWidget* parent, const char* tone, FontSize size = FontSize::small, QFont::Weight weight = QFont::Normal) {
  auto* made = new QLabel(text, parent);
  made->setFont(ui::font(size, weight));
  made->setProperty("tone", tone);
  made->setWordWrap(true);
  return made;
}

Target targetOf(const engine::document::Document& document) { return {document.recipe(), document.data()}; }

}  // namespace

RecipePanel::RecipePanel(Project& project, Training& training, QWidget* parent, MemoryForecast* forecast)
    : QWidget(parent), project_(project), training_(training), summary_(DataSummary::of(project)), forecast_(forecast) {
  setObjectName("recipe");
  setAccessibleName(tr("Recipe"));
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  auto* page = new QWidget(scroll);
  page->setProperty("surface", "panel");
  scroll->setWidget(page);
  auto* whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 0, 0, 0);
  whole->addWidget(scroll);

  column_ = new QVBoxLayout(page);
  column_->setContentsMargins(16, 16, 14, 16);
  column_->setSpacing(12);
  auto* title = label(tr("Recipe"), page, "", FontSize::title, QFont::DemiBold);
  subtitle_ = label({}, page, "secondary");
  auto* head = new QVBoxLayout;
  head->setSpacing(2);
  head->addWidget(title);
  head->addWidget(subtitle_);
  column_->addLayout(head);

  phases_ = new QWidget(page);
  auto* phaseLine = new QHBoxLayout(phases_);
  phaseLine->setContentsMargins(0, 0, 0, 0);
  auto* phaseName = label(tr("Phase"), phases_, "secondary");
  phaseBox_ = new QComboBox(phases_);
  phaseBox_->setObjectName("recipe.phase");
  phaseBox_->setAccessibleName(tr("Phase of the recipe"));
  phaseName->setBuddy(phaseBox_);
  phaseLine->addWidget(phaseName);
  phaseLine->addWidget(phaseBox_, 1);
  column_->addWidget(phases_);
  connect(phaseBox_, &QComboBox::activated, this, [this](int index) {
    phase_ = size_t(index);
    refresh();
  });

  const std::pair<const char*, QString> sections[] = {{"data", tr("Data")}, {"training", tr("Training")}, {"optimizer", tr("Optimizer")}, {"schedule", tr("Learning rate over time")}, {"numbers", tr("Numbers")}};
  for (const auto& [name, text] : sections) {
    if (std::string(name) != "data") column_->addWidget(lineOf(page));
    column_->addWidget(label(text, page, "", FontSize::small, QFont::DemiBold));
    auto* rows = new QVBoxLayout;
    rows->setSpacing(0);
    sections_[name] = rows;
    column_->addLayout(rows);
    if (std::string(name) == "data") {
      auto* buttons = new QBoxLayout(QBoxLayout::LeftToRight);
      constexpr int kBetween = 16, kAround = 48;  // pixels: what the panel is wider than its rows
      int wide = kBetween;
      buttons->setSpacing(kBetween);
      for (const bool folder : {false, true}) {
        auto* button = new QPushButton(folder ? tr("Choose a folder...") : tr("Choose a file..."), page);
        button->setProperty("kind", "link");
        button->setFont(ui::font(FontSize::small));
        button->setToolTip(folder ? tr("A folder of pictures by class, or of IDX files.") : tr("A table (CSV, TSV), an IDX or a NumPy file."));
        connect(button, &QPushButton::clicked, this, [this, folder] { chooseFile(folder); });
        buttons->addWidget(button);
        button->ensurePolished();
        wide += button->sizeHint().width();
      }
      if (wide > size::inspectorWidth - kAround) buttons->setDirection(QBoxLayout::TopToBottom), buttons->setSpacing(4);  // longer words of another language
      buttons->addStretch();
      column_->addLayout(buttons);
      data_ = label({}, page, "secondary", FontSize::caption);
      data_->setObjectName("recipe.data");
      column_->addWidget(data_);
    }
    if (std::string(name) == "training") {
      start_ = new QWidget(page);
      auto* line = new QHBoxLayout(start_);
      line->setContentsMargins(0, 4, 0, 4);
      startName_ = new ElidedLabel(start_);
      startName_->setObjectName("recipe.start");
      startName_->setFont(ui::font(FontSize::small));
      auto* anew = new QPushButton(tr("Begin anew"), start_);
      anew->setObjectName("recipe.anew");
      anew->setProperty("kind", "link");
      anew->setFont(ui::font(FontSize::small));
      anew->setToolTip(tr("Train begins with weights that are drawn from the seed."));
      connect(anew, &QPushButton::clicked, this, [this] {
        project_.editWhole(tr("Begin anew"), [](Transaction& t) {
          auto recipe = t.view().recipe();
          recipe.weights.clear();
          return t.setRecipe(std::move(recipe));
        });
      });
      line->addWidget(startName_, 1);
      line->addWidget(anew);
      column_->addWidget(start_);
      steps_ = label({}, page, "secondary", FontSize::caption);
      steps_->setObjectName("recipe.steps");
      column_->addWidget(steps_);
      memory_ = label({}, page, "secondary", FontSize::caption);
      memory_->setObjectName("recipe.memory");
      largest_ = new QPushButton(tr("Use it"), page);
      largest_->setObjectName("recipe.largest");
      largest_->setProperty("kind", "link");
      largest_->setFont(ui::font(FontSize::small));
      QSizePolicy keepsRoom = largest_->sizePolicy();
      keepsRoom.setRetainSizeWhenHidden(true);
      largest_->setSizePolicy(keepsRoom);
      connect(largest_, &QPushButton::clicked, this, &RecipePanel::useLargest);
      auto* memoryLine = new QHBoxLayout;
      memoryLine->addWidget(memory_, 1);
      memoryLine->addWidget(largest_, 0, Qt::AlignBottom);
      column_->addLayout(memoryLine);
    }
  }
  column_->addStretch();
  connect(&project_, &Project::stated, this, &RecipePanel::refresh);
  connect(&summary_, &DataSummary::changed, this, &RecipePanel::showSummary);
  connect(&training_, &Training::stateChanged, this, &RecipePanel::showSummary);
  if (forecast_) connect(forecast_, &MemoryForecast::changed, this, &RecipePanel::showMemory);
  refresh();
}

void RecipePanel::showEvent(QShowEvent*) {
  summary_.want();
  if (forecast_) forecast_->setLargestWanted(true);
  refresh();
}

void RecipePanel::hideEvent(QHideEvent*) {
  if (forecast_) forecast_->setLargestWanted(false);
}

void RecipePanel::focusFields() {
  if (FieldRow* row = rowOf("training", "batch")) row->editor().setFocusHere();
}

FieldRow* RecipePanel::rowOf(const std::string& section, const std::string& name) const {
  for (const Row& row : rows_)
    if (row.field.section == section && row.field.info.name == name) return row.row;
  return nullptr;
}

void RecipePanel::refresh() {
  if (!isVisible() && !rows_.empty()) return;  // showEvent() catches up
  const auto& phases = project_.document().recipe().phases;
  if (phase_ >= phases.size()) phase_ = 0;
  phases_->setVisible(phases.size() > 1);
  phaseBox_->clear();
  for (const auto& phase : phases) phaseBox_->addItem(qt(phase.name));
  phaseBox_->setCurrentIndex(int(phase_));
  const auto& phase = phases[phase_];
  // Other rows where another optimizer, schedule or source brings them.
  const std::string wanted = std::to_string(phase_) + phase.optimizer.type + "/" + phase.schedule.type + "/" + project_.document().data().source;
  if (wanted != built_) {
    built_ = wanted;
    build();
  }
  showValues();
  showSummary();
}

void RecipePanel::build() {
  // A row that has the focus stays what it is: typing goes on in it.
  std::vector<Row> former = std::exchange(rows_, {});
  for (RecipeField& field : recipeFields(project_.document(), phase_)) {
    const auto same = std::find_if(former.begin(), former.end(), [&](const Row& r) {
      return r.row && r.field.section == field.section && r.field.info.name == field.info.name && r.field.info.words == field.info.words && r.field.info.initial == field.info.initial;
    });
    if (same != former.end() && same->field.info.kind == field.info.kind) {
      same->field = field;
      rows_.push_back(*same);
      same->row = nullptr;
      continue;
    }
    auto* row = new FieldRow(field.info, this);
    row->setObjectName(qt(field.section + "." + field.info.name));
    rows_.push_back({field, row});
    const std::string section = field.section, name = field.info.name;
    const auto now = [this, section, name]() -> const RecipeField* {
      for (const Row& r : rows_)
        if (r.field.section == section && r.field.info.name == name) return &r.field;
      return nullptr;
    };
    connect(row, &FieldRow::edited, this, [this, now](const FieldValue& value, quint64 gesture) {
      if (const RecipeField* f = now()) edit(RecipeField(*f), &value, gesture);
    });
    connect(row, &FieldRow::resetWanted, this, [this, now] {
      if (const RecipeField* f = now()) edit(RecipeField(*f), nullptr, 0);
    });
  }
  for (const Row& row : former)
    if (row.row) {
      row.row->hide();
      row.row->deleteLater();
    }
  std::map<std::string, int> count;
  for (const Row& row : rows_) sections_[row.field.section]->insertWidget(count[row.field.section]++, row.row);
}

void RecipePanel::showValues() {
  const Target target = targetOf(project_.document());
  for (const Row& row : rows_) {
    row.row->show(row.field.get(target), row.field.isDefault(target));
    row.row->showProblem(nullptr);
  }
  for (const char* section : {"optimizer", "schedule"})
    if (const auto problem = problemOfRule(target.phase(phase_), section)) {
      FieldRow* row = rowOf(section, problem->place.name);
      if (!row) row = rowOf(section, "type");
      if (row) row->showProblem(&*problem);
    }
}

void RecipePanel::edit(const RecipeField& field, const FieldValue* value, quint64 gesture) {
  Target target = targetOf(project_.document());
  const bool wasRight = !problemOfRule(target.phase(phase_), field.section);
  if (value) field.set(target, *value);
  else field.reset(target);
  FieldRow* row = rowOf(field.section, field.info.name);
  const auto refuse = [&](const engine::Problem& problem) {
    showValues();
    if (row) row->showProblem(&problem);
  };
  // A rule that was right stays so; one that was wrong may be mended in steps.
  if (field.section == "optimizer" || field.section == "schedule")
    if (const auto problem = problemOfRule(target.phase(phase_), field.section); problem && wasRight) return refuse(*problem);
  const auto stage = [&](Transaction& t) -> engine::Done {
    if (!(target.data == t.view().data()))
      if (engine::Done done = t.setData(target.data); !done) return done;
    if (!(target.recipe == t.view().recipe())) return t.setRecipe(target.recipe);
    return {};
  };
  const auto changes = project_.stageWhole(stage);
  if (!changes) return refuse(changes.error());
  const QString name = field.section == "optimizer" && field.info.name == "type" ? tr("optimizer") : field.section == "schedule" && field.info.name == "type" ? tr("schedule") : fieldInText(field.info.name);
  project_.applyWhole(value ? tr("Set %1").arg(name) : tr("Reset %1").arg(name), *changes, gesture);
}

void RecipePanel::showSummary() {
  const auto& document = project_.document();
  const auto& phase = document.recipe().phases[phase_];
  subtitle_->setText(document.recipe().phases.size() == 1 ? tr("What Train does with this network") : tr("%n phases, one after the other", nullptr, int(document.recipe().phases.size())));

  QString about = summary_.whyNone();
  if (summary_.isLoading()) about = tr("Opening %1 ...").arg(qt(document.data().source));
  const bool known = summary_.trainRows() > 0;
  if (known) {
    QStringList lines;
    QStringList rows{tr("%1 rows to train", nullptr, plural(double(summary_.trainRows()))).arg(countText(double(summary_.trainRows())))};
    if (summary_.validationRows() > 0) rows << tr("%1 to validate").arg(countText(double(summary_.validationRows())));
    if (summary_.rows(Part::test) > 0) rows << tr("%1 to test").arg(countText(double(summary_.rows(Part::test))));
    lines << rows.join(", ");
    for (const auto& column : summary_.columns()) {
      QString line = tr("%1: %2").arg(qt(column.name), column.shape.rank() ? textOf(column.shape) : column.classes.empty() ? tr("one number") : tr("%n classes", nullptr, int(column.classes.size())));
      QStringList readers;
      for (const auto& binding : document.data().bindings)
        if (binding.column == column.name)
          if (const auto* node = document.node(binding.node)) readers << qt(node->name);
      if (!readers.isEmpty()) line += tr(", read by %1").arg(readers.join(", "));
      lines << line;
    }
    about = lines.join('\n');
  }
  data_->setText(about);
  setTone(data_, summary_.whyNone().isEmpty() || document.data().source.empty() ? "secondary" : "problem");

  const QString start = qt(document.recipe().weights);
  start_->setVisible(!start.isEmpty());
  startName_->setWords(tr("Begins with %1").arg(QFileInfo(start).fileName()), start);

  QString steps;
  if (known && phase.batch > 0) {
    const int64_t batches = phase.dropLast ? std::max<int64_t>(1, summary_.trainRows() / phase.batch) : (summary_.trainRows() + phase.batch - 1) / phase.batch;
    const QString all = countText(double(phase.steps.value_or(batches * phase.epochs)));
    steps = tr("%1 steps an epoch, %2 in all", nullptr, plural(double(batches))).arg(countText(double(batches)), all);
  }
  steps_->setText(steps);
  steps_->setVisible(!steps.isEmpty());
  showMemory();
}

// As many lines whatever is known, and what was known before an edit until more is: nothing moves while a person types.
void RecipePanel::showMemory() {
  const auto facts = forecast_ ? forecast_->facts() : std::nullopt;
  memory_->setVisible(facts.has_value());
  const auto largest = facts ? forecast_->largest() : std::nullopt;
  largest_->setVisible(largest.value_or(0) > 0 && *largest != project_.document().recipe().phases[phase_].batch);
  if (!facts || (forecast_->isBehind() && !memory_->text().isEmpty())) return;
  const QString needs = bytesText(double(facts->needs)), room = bytesText(double(facts->room));
  QString text = facts->device.isEmpty() ? tr("Takes %1 of the machine's %2 of memory").arg(needs, room)
                                         : tr("Takes %1 of the %2 that are free on %3").arg(needs, room, facts->device);
  if (!facts->fits()) text = tr("%1: more than there is").arg(text);
  const QString count = countText(double(largest.value_or(0)));
  const QString which = !largest        ? QString("...")
                        : *largest == 0 ? tr("none, not even a single sample")
                        : largest == forecast_->rows() ? tr("all %1 rows", nullptr, plural(double(*largest))).arg(count) : count;
  memory_->setText(text + '\n' + tr("Largest batch that fits: %1").arg(which));
  setTone(memory_, facts->fits() ? "secondary" : "problem");
  largest_->setToolTip(tr("Sets the batch to %1. Found without taking memory: the plan of a run says what it takes.").arg(count));
  largest_->setAccessibleName(tr("Use batch %1").arg(count));
}

void RecipePanel::useLargest() {
  const auto largest = forecast_->largest();
  if (!largest) return;  // edits have overtaken it
  project_.editWhole(tr("Set batch"), [phase = phase_, batch = int64_t(*largest)](Transaction& t) {
    auto recipe = t.view().recipe();
    recipe.phases[std::min(phase, recipe.phases.size() - 1)].batch = batch;
    return t.setRecipe(std::move(recipe));
  });
}

void RecipePanel::chooseFile(bool folder) {
  const QString from = project_.folder();
  const PathQuestion whichFolder{PathQuestion::Kind::folder, tr("A folder of data"), from, {}, {}};
  const PathQuestion whichFile{PathQuestion::Kind::open, tr("A file of data"), from,
                               tr("Data (*.csv *.tsv *.npz *.npy *-ubyte *-ubyte.gz *.idx *.idx.gz);;All files (*)"), {}};
  const QString path = askPath(this, folder ? whichFolder : whichFile);
  if (path.isEmpty()) return;
  // Relative where it is beside the project, so that the folder can be moved.
  const QString relative = QDir(from).relativeFilePath(path);
  const QString source = project_.path().isEmpty() || relative.startsWith("..") ? path : relative;
  project_.editWhole(tr("Set source"), [&](Transaction& t) {
    auto changed = t.view().data();
    changed.source = utf8(source);
    return t.setData(std::move(changed));
  });
}

}  // namespace ui
