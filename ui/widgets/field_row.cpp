#include "ui/widgets/field_row.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

#include "ui/widgets/spoken.h"
#include "ui/widgets/number_field.h"
#include "ui/widgets/problem_card.h"
#include "ui/model/project.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

namespace {
constexpr int kEditorWidth = 128, kLeastEditor = 88;  // pixels: where a name has longer words, as in other languages
constexpr qint64 kIdleMilliseconds = 2000;  // after which typing is another gesture

bool isTyped(engine::FieldInfo::Kind kind) { return kind != engine::FieldInfo::Kind::boolean && kind != engine::FieldInfo::Kind::choice; }
}  // namespace

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
  editor_->setMaximumWidth(kEditorWidth);
  editor_->setMinimumWidth(kLeastEditor);
  editor_->describe(name_->text(), help);
  if (editor_->canStep()) {
    name_->setCursor(Qt::SizeHorCursor);
    name_->installEventFilter(this);
  }
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
  constexpr int kFirst = 100;  // it has its width before names have more than they need
  line->addWidget(editor_, kFirst);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 4);
  column->setSpacing(4);
  column->addLayout(line);
  column->addWidget(wrong_);
  column->addWidget(card_);
  card_->hide();

  connect(reset_, &QToolButton::clicked, this, &FieldRow::resetWanted);
  connect(card_, &ProblemCard::fixWanted, this, &FieldRow::fixWanted);
  connect(editor_, &FieldEditor::entered, this, &FieldRow::entered);
  connect(editor_, &FieldEditor::judged, this, &FieldRow::showHint);
  connect(editor_, &FieldEditor::focused, this, [this](bool inside) {
    focused_ = inside;
    gesture_ = 0;
    showHint();
  });
  connect(editor_, &FieldEditor::edited, this, [this](const engine::FieldValue& value) {
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (drag_) return emit edited(value, gesture_);
    if (!gesture_ || now - lastEdit_ > kIdleMilliseconds || !isTyped(info_.kind)) gesture_ = Project::newGesture();
    lastEdit_ = now;
    emit edited(value, gesture_);
  });
}

bool FieldRow::eventFilter(QObject* watched, QEvent* event) {
  constexpr int kDragBegins = 6, kPixelsPerStep = 6;
  if (watched != name_) return QWidget::eventFilter(watched, event);
  const bool isMouse = event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseMove || event->type() == QEvent::MouseButtonRelease;
  const auto* mouse = isMouse ? static_cast<QMouseEvent*>(event) : nullptr;
  switch (event->type()) {
    case QEvent::MouseButtonPress:
      if (mouse->button() != Qt::LeftButton) break;
      drag_ = Drag{mouse->globalPosition().toPoint(), 0, shown_, false};
      return true;
    case QEvent::MouseMove: {
      if (!drag_) break;
      const int by = mouse->globalPosition().toPoint().x() - drag_->start.x();
      if (!drag_->moved && std::abs(by) < kDragBegins) return true;
      if (!drag_->moved) drag_->moved = true, gesture_ = Project::newGesture(), name_->setFocus(), name_->grabKeyboard();
      drag(by / kPixelsPerStep);
      return true;
    }
    case QEvent::MouseButtonRelease:
      if (!drag_) break;
      if (drag_->moved) endDrag(true);
      else drag_.reset(), editor_->setFocusHere();  // as a label's buddy
      return true;
    case QEvent::KeyPress:
      if (drag_ && drag_->moved && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) endDrag(false);
      if (drag_) return true;
      break;
    case QEvent::FocusOut:
      if (drag_ && drag_->moved) endDrag(false);
      break;
    default: break;
  }
  return QWidget::eventFilter(watched, event);
}

void FieldRow::drag(int steps) {
  if (steps != drag_->steps) editor_->step(steps - std::exchange(drag_->steps, steps));
}

void FieldRow::endDrag(bool keep) {
  const Drag drag = *drag_;
  name_->releaseKeyboard();
  if (!keep && drag.before && shown_ != drag.before) emit edited(*drag.before, gesture_);
  drag_.reset();
  gesture_ = 0;
}

void FieldRow::show(const std::optional<engine::FieldValue>& value, bool isDefault) {
  shown_ = value;
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
                            : tr("%1 to %n numbers", nullptr, info_.length.most).arg(info_.length.least);
  return range.isEmpty() ? count : tr("%1, each %2").arg(count, range);
}

void FieldRow::showHint() {
  const bool wrong = editor_->isWrong();
  const QString range = rangeWords();
  wrong_->setText(tr("Needs %1; the last good value stays.").arg(range.isEmpty() ? tr("a number") : range));
  if (wrong && wrong_->isHidden()) announce(this, wrong_->text());
  wrong_->setVisible(wrong);
  range_->setText(range_->fontMetrics().elidedText(range, Qt::ElideRight, name_->width()));
  // A name of two lines leaves no room: then the tool tip says it.
  const bool roomy = name_->heightForWidth(name_->width()) < 2 * name_->fontMetrics().height();
  range_->setVisible(focused_ && !wrong && !range.isEmpty() && roomy);
}

}  // namespace ui
