#include "ui/widgets/number_field.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QStyle>
#include <cmath>

#include "ui/model/text.h"
#include "ui/widgets/expression.h"

namespace ui {

namespace {
constexpr int kFewestDigits = 4;
constexpr int kDigits = 12;  // of a real number as it is shown: more than a person types, fewer than rounding shows

// The first digit of the number, so that 0.001 and 100 are both stepped sensibly; a power of ten goes down by a tenth of
// itself, so that it does not become 0.
double realStep(double value, bool towardsZero) {
  if (value == 0) return 0.1;
  const double exponent = std::log10(std::abs(value));
  const bool isPower = std::abs(exponent - std::round(exponent)) < 1e-9;
  return std::pow(10, isPower ? std::round(exponent) - (towardsZero ? 1 : 0) : std::floor(exponent));
}
}

NumberField::NumberField(bool whole, const engine::Range& range, QWidget* parent) : QAbstractSpinBox(parent), whole_(whole), range_(range) {
  setKeyboardTracking(true);
  setFocusPolicy(Qt::StrongFocus);  // the wheel scrolls the panel, unless the field has the focus
  connect(lineEdit(), &QLineEdit::textEdited, this, [this] {
    const auto value = typed();
    setWrong(!value || !fits(*value));
    if (wrong_ || (*value == value_ && !mixed_)) return;
    value_ = *value;
    mixed_ = false;
    emit edited(value_);
  });
}

void NumberField::show(double value) {
  const bool same = value == value_ && !mixed_;
  value_ = value;
  mixed_ = false;
  lineEdit()->setPlaceholderText({});
  if (same && (wrong_ || typed() == value) && hasFocus()) return;  // half typed
  fitText();
  setWrong(!fits(value));
}

void NumberField::showMixed() {
  if (mixed_ && hasFocus()) return;
  mixed_ = true;
  lineEdit()->clear();
  lineEdit()->setPlaceholderText(tr("mixed"));
  setWrong(false);
}

void NumberField::stepBy(int steps) {
  const double step = whole_ ? 1 : realStep(value_, (value_ > 0) == (steps < 0));
  double next = (mixed_ ? std::max(range_.least, 0.0) : value_) + steps * step;
  if (!whole_) next = std::round(next / step) * step;
  next = std::clamp(next, range_.least, range_.most);
  take(next);
}

void NumberField::take(double value) {
  if (!fits(value) || (value == value_ && !mixed_)) return;
  value_ = value;
  mixed_ = false;
  lineEdit()->setText(textFor(value));
  setWrong(false);
  emit edited(value);
}

QAbstractSpinBox::StepEnabled NumberField::stepEnabled() const {
  StepEnabled enabled = StepNone;
  if (mixed_ || value_ < range_.most) enabled |= StepUpEnabled;
  if (mixed_ || value_ > range_.least) enabled |= StepDownEnabled;
  return enabled;
}

// Undo and redo are the window's. An event filter would not do: the box gives its events to its line by a call.
bool NumberField::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
      event->ignore();
      return false;
    }
  }
  return QAbstractSpinBox::event(event);
}

// With the focus, all digits; without, as many as the field has room for: a number that is cut reads as another one.
void NumberField::fitText() {
  QString text = textFor(value_);
  if (!hasFocus() && !whole_) {
    const int room = lineEdit()->contentsRect().width() - 4;
    for (int digits = kDigits - 1; digits >= kFewestDigits && fontMetrics().horizontalAdvance(text) > room; --digits) text = numberText(value_, digits);
  }
  lineEdit()->setText(text);
  if (!hasFocus()) lineEdit()->setCursorPosition(0);  // of a long number its beginning shows
}

void NumberField::focusInEvent(QFocusEvent* event) {
  QAbstractSpinBox::focusInEvent(event);
  if (mixed_ || wrong_ || whole_ || lineEdit()->text() == textFor(value_)) return;
  lineEdit()->setText(textFor(value_));
  if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason) lineEdit()->selectAll();
}

void NumberField::resizeEvent(QResizeEvent* event) {
  QAbstractSpinBox::resizeEvent(event);
  if (!mixed_ && !wrong_ && !hasFocus() && !lineEdit()->text().isEmpty()) fitText();
}

void NumberField::focusOutEvent(QFocusEvent* event) {
  QAbstractSpinBox::focusOutEvent(event);
  if (mixed_) return;
  fitText();  // what was no number goes
  setWrong(!fits(value_));
}

bool NumberField::fits(double value) const {
  if (!std::isfinite(value) || value > range_.most || (range_.open ? value <= range_.least : value < range_.least)) return false;
  return !whole_ || (value == std::floor(value) && std::abs(value) < 9e15);  // exact in a double
}

std::optional<double> NumberField::typed() const {
  QString text = lineEdit()->text().trimmed();
  text.remove(QLocale().groupSeparator()).remove(' ').remove(QChar::Nbsp);
  bool ok = false;
  double value = QLocale::c().toDouble(text, &ok);
  if (!ok) value = QLocale().toDouble(text, &ok);
  return ok ? std::optional(value) : evaluated(lineEdit()->text());
}

void NumberField::setWrong(bool wrong) {
  const bool changes = wrong != wrong_;
  wrong_ = wrong;
  if (!changes) return;
  setProperty("problem", wrong);
  style()->unpolish(this);
  style()->polish(this);
  emit judged(wrong);
}

QString NumberField::textFor(double value) const { return whole_ ? QString::number(qint64(value)) : numberText(value, kDigits); }

QString rangeText(const engine::Range& range, bool whole) {
  const auto number = [&](double v) { return whole && std::abs(v) < 9e15 ? QLocale().toString(qint64(v)) : numberText(v); };
  const bool low = std::isfinite(range.least), high = std::isfinite(range.most) && range.most < 9e15;
  if (low && high) return (range.open ? NumberField::tr("above %1, at most %2") : NumberField::tr("%1 to %2")).arg(number(range.least), number(range.most));
  if (low) return (range.open ? NumberField::tr("above %1") : NumberField::tr("at least %1")).arg(number(range.least));
  if (high) return NumberField::tr("at most %1").arg(number(range.most));
  return {};
}

}  // namespace ui
