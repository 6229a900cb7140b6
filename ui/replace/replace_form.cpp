#include "ui/replace/replace_form.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListView>

#include "ui/model/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/field_editor.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/spoken.h"

namespace ui {

namespace {
// Pixels. The panel is as narrow as the window makes it: boxes give way, down to what names them.
constexpr int kTitle = 60, kBetween = 44, kTypeBox = 168, kFieldBox = 168, kVerbBox = 104, kEditorWidth = 132, kLeastBox = 76, kLeastEditor = 92;
constexpr int kMostInSight = 18;
}  // namespace

ReplaceForm::ReplaceForm(const Words& words, QWidget* parent)
    : QWidget(parent), words_(words), type_(new QComboBox(this)), field_(new QComboBox(this)), verb_(new QComboBox(this)),
      row_(new QHBoxLayout(this)), editorPlace_(new QWidget(this)) {
  row_->setContentsMargins(16, 0, 8, 0);
  row_->setSpacing(8);
  auto* title = new QLabel(words_.title, this);
  title->setFont(ui::font(FontSize::small, QFont::DemiBold));
  title->setMinimumWidth(kTitle);
  row_->addWidget(title);
  const auto dress = [this](QComboBox* box, const char* part, const QString& spoken, int wide) {
    box->setObjectName(QString("%1.%2").arg(words_.name, part));
    setSpokenName(*box, words_.title + ", " + spoken);
    box->setFont(ui::font(FontSize::small));
    box->setMinimumWidth(kLeastBox);
    box->setMaximumWidth(wide);
    box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(4);
    box->setMaxVisibleItems(kMostInSight);
    box->setView(new QListView(box));
    row_->addWidget(box, wide);
  };
  dress(type_, "type", tr("type"), kTypeBox);
  auto* between = new QLabel(words_.between, this);
  between->setFont(ui::font(FontSize::small));
  between->setMinimumWidth(kBetween);
  row_->addWidget(between);
  dress(field_, "field", tr("field"), kFieldBox);
  dress(verb_, "verb", tr("how"), kVerbBox);
  verb_->addItems(words_.verbs);
  auto* place = new QHBoxLayout(editorPlace_);
  place->setContentsMargins(0, 0, 0, 0);
  editorPlace_->setMinimumWidth(kLeastEditor);
  editorPlace_->setMaximumWidth(kEditorWidth);
  row_->addWidget(editorPlace_, kEditorWidth);
  row_->addStretch(1);
  type_->addItem(words_.noType, QString());
  field_->addItem(words_.noField, QString());
  connect(type_, &QComboBox::currentIndexChanged, this, [this] {
    emit typeChanged();
    emit changed();
  });
  for (QComboBox* box : {field_, verb_})
    connect(box, &QComboBox::currentIndexChanged, this, [this] {
      showEditor();
      emit changed();
    });
  showEditor();
}

QString ReplaceForm::type() const { return type_->currentData().toString(); }
QString ReplaceForm::field() const { return field_->currentData().toString(); }
bool ReplaceForm::needsValue() const { return !field().isEmpty() && words_.valued.contains(verb()); }
bool ReplaceForm::isWrong() const { return editor_ && editor_->isWrong(); }

void ReplaceForm::setTypes(const QStringList& types) {
  QStringList now;
  for (int i = 1; i < type_->count(); ++i) now << type_->itemText(i);
  if (now == types) return;
  const QString chosen = type();
  {
    const QSignalBlocker quiet(type_);
    while (type_->count() > 1) type_->removeItem(1);
    for (const QString& each : types) type_->addItem(each, each);
    type_->setCurrentIndex(std::max(0, type_->findData(chosen)));
  }
  if (type() != chosen) emit typeChanged(), emit changed();
}

void ReplaceForm::chooseType(const QString& type) {
  if (const int at = type_->findData(type); at >= 0) type_->setCurrentIndex(at);
}

void ReplaceForm::setFields(const std::vector<engine::FieldInfo>& fields) {
  infos_ = fields;
  const QString chosen = field();
  {
    const QSignalBlocker quiet(field_);
    while (field_->count() > 1) field_->removeItem(1);
    for (const auto& info : infos_) field_->addItem(fieldTitle(info.name), qt(info.name));
    field_->setCurrentIndex(std::max(0, field_->findData(chosen)));
  }
  showEditor();
}

// The field's own editor, so that only what it takes can be typed.
void ReplaceForm::showEditor() {
  verb_->setEnabled(!field().isEmpty());
  std::optional<engine::FieldInfo> wanted;
  for (const auto& info : infos_)
    if (qt(info.name) == field() && needsValue()) wanted = info;
  if (wanted && verb() == words_.factor) wanted = engine::FieldInfo{"factor", engine::FieldInfo::Kind::real, 1.0, {}, {}, {}, utf8(tr("What the numbers are multiplied by."))};
  const auto same = [](const engine::FieldInfo& a, const engine::FieldInfo& b) { return a.name == b.name && a.kind == b.kind && a.words == b.words; };
  if (wanted && shown_ && same(*wanted, *shown_)) return;
  delete editor_;
  editor_ = nullptr;
  value_.reset();
  shown_ = wanted;
  if (!wanted) return;
  editor_ = FieldEditor::make(*wanted, editorPlace_);
  editor_->setObjectName(QString("%1.value").arg(words_.name));
  editor_->describe(words_.title + ", " + fieldTitle(wanted->name), qt(wanted->help));
  editor_->show(wanted->initial);
  value_ = wanted->initial;
  editorPlace_->layout()->addWidget(editor_);
  editor_->setVisible(true);
  connect(editor_, &FieldEditor::edited, this, [this](const engine::FieldValue& value) {
    value_ = value;
    emit changed();
  });
  connect(editor_, &FieldEditor::judged, this, &ReplaceForm::changed);
}

}  // namespace ui
