#include "ui/widgets/field_row.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/widgets/number_field.h"
#include "ui/widgets/problem_card.h"
#include "ui/model/project.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

namespace {
constexpr int kEditorWidth = 128;
constexpr qint64 kIdleMilliseconds = 2000;  // after which typing is another gesture

bool isTyped(engine::FieldInfo::Kind kind) { return kind != engine::FieldInfo::Kind::boolean && kind != engine::FieldInfo::Kind::choice; }
}  // namespace

QString fieldTitle(const std::string& name) {
  if (name == "lr") return QCoreApplication::translate("ui::FieldRow", "Learning rate");  // PyTorch's name says too little
  QString text = qt(name).replace('_', ' ');
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

FieldRow::FieldRow(engine::FieldInfo info, QWidget* parent)
    : QWidget(parent), info_(std::move(info)), editor_(FieldEditor::make(info_, this)), name_(new QLabel(fieldTitle(info_.name), this)),
      range_(new QLabel(this)), wrong_(new QLabel(this)), reset_(new QToolButton(this)), card_(new ProblemCard(this)) {
  setObjectName("field." + qt(info_.name));
  name_->setObjectName("title");
  const QString help = qt(info_.help);
  name_->setToolTip(rangeWords().isEmpty() ? help : tr("%1 (%2)").arg(help, rangeWords()));
  name_->setFont(ui::font(FontSize::small));
  name_->setBuddy(editor_);
  name_->setWordWrap(true);  // rather than wider than the panel
  editor_->setFixedWidth(kEditorWidth);
  editor_->describe(name_->text(), help);
  reset_->setObjectName("reset");
  reset_->setProperty("kind", "quiet");
  reset_->setIcon(icon("restore"));
  reset_->setIconSize({12, 12});
  reset_->setFixedSize(20, 20);
  reset_->setStyleSheet("min-height: 0; padding: 0");
  reset_->setAccessibleName(tr("Back to the default of %1").arg(name_->text()));
  QSizePolicy keep = reset_->sizePolicy();
  keep.setRetainSizeWhenHidden(true);
  reset_->setSizePolicy(keep);
  range_->setObjectName("range");
  range_->setFont(ui::font(FontSize::caption));
  range_->setProperty("tone", "secondary");
  range_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  range_->hide();
  wrong_->setObjectName("wrong");
  wrong_->setFont(ui::font(FontSize::caption));
  wrong_->setProperty("tone", "problem");
  wrong_->setAlignment(Qt::AlignRight);
  wrong_->setWordWrap(true);
  wrong_->hide();

  auto* line = new QHBoxLayout;
  line->setContentsMargins(0, 0, 0, 0);
  line->setSpacing(4);
  line->addStrut(name_->fontMetrics().height() + range_->fontMetrics().height());
  auto* names = new QVBoxLayout;
  names->setSpacing(0);
  names->addStretch();
  names->addWidget(name_);
  names->addWidget(range_);
  names->addStretch();
  line->addLayout(names, 1);
  line->addWidget(reset_);
  line->addWidget(editor_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 4);
  column->setSpacing(4);
  column->addLayout(line);
  column->addWidget(wrong_);
  column->addWidget(card_);
  card_->hide();

  connect(reset_, &QToolButton::clicked, this, &FieldRow::resetWanted);
  connect(card_, &ProblemCard::fixWanted, this, &FieldRow::fixWanted);
  connect(editor_, &FieldEditor::judged, this, &FieldRow::showHint);
  connect(editor_, &FieldEditor::focused, this, [this](bool inside) {
    focused_ = inside;
    gesture_ = 0;
    showHint();
  });
  connect(editor_, &FieldEditor::edited, this, [this](const engine::FieldValue& value) {
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (!gesture_ || now - lastEdit_ > kIdleMilliseconds || !isTyped(info_.kind)) gesture_ = Project::newGesture();
    lastEdit_ = now;
    emit edited(value, gesture_);
  });
}

void FieldRow::show(const std::optional<engine::FieldValue>& value, bool isDefault) {
  editor_->show(value);
  reset_->setVisible(!isDefault);
  reset_->setToolTip(tr("Back to the default, %1").arg(fieldText(info_.initial)));
  setTone(name_, isDefault ? "secondary" : "");
  name_->setFont(ui::font(FontSize::small, isDefault ? QFont::Normal : QFont::Medium));
}

void FieldRow::showProblem(const engine::Problem* problem) {
  card_->setVisible(problem != nullptr);
  if (problem) card_->show(*problem);
}

QString FieldRow::rangeWords() const {
  using Kind = engine::FieldInfo::Kind;
  const bool whole = info_.kind == Kind::integer || info_.kind == Kind::pair || info_.kind == Kind::integers;
  const QString range = isTyped(info_.kind) ? rangeText(info_.range, whole) : QString();
  if (info_.kind != Kind::integers && info_.kind != Kind::reals) return range;
  const QString count = info_.length.least == info_.length.most
                            ? tr("%n numbers", nullptr, info_.length.least)
                            : tr("%1 to %2 numbers").arg(info_.length.least).arg(info_.length.most);
  return range.isEmpty() ? count : tr("%1, each %2").arg(count, range);
}

void FieldRow::showHint() {
  const bool wrong = editor_->isWrong();
  const QString range = rangeWords();
  wrong_->setText(tr("Needs %1; the last good value stays.").arg(range.isEmpty() ? tr("a number") : range));
  wrong_->setVisible(wrong);
  range_->setText(range_->fontMetrics().elidedText(range, Qt::ElideRight, name_->width()));
  // A name of two lines leaves no room: then the tool tip says it.
  const bool roomy = name_->heightForWidth(name_->width()) < 2 * name_->fontMetrics().height();
  range_->setVisible(focused_ && !wrong && !range.isEmpty() && roomy);
}

}  // namespace ui
