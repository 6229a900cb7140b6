#include "ui/widgets/field_editor.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QRegularExpression>
#include <QStyle>
#include <cmath>

#include "ui/widgets/number_field.h"
#include "ui/widgets/spoken.h"
#include "ui/widgets/switch.h"
#include "ui/model/text.h"

namespace ui {

namespace {

using engine::FieldInfo;
using engine::FieldValue;

double numberOf(const FieldValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return double(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return 0;
}

std::vector<double> numbersOf(const FieldValue& value) {
  if (const auto* list = std::get_if<std::vector<double>>(&value)) return *list;
  std::vector<double> numbers;
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value))
    for (int64_t n : *list) numbers.push_back(double(n));
  else numbers = {numberOf(value)};
  return numbers;
}

class NumberEditor : public FieldEditor {
 public:
  NumberEditor(const FieldInfo& info, QWidget* parent)
      : FieldEditor(parent), field_(new NumberField(info.kind == FieldInfo::Kind::integer, info.range, this)) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(field_);
    watch(field_);
    setFocusProxy(field_);
    connect(field_, &NumberField::judged, this, &FieldEditor::judged);
    connect(field_, &NumberField::edited, this, [this, kind = info.kind](double value) {
      emit edited(kind == FieldInfo::Kind::integer ? FieldValue(int64_t(value)) : FieldValue(value));
    });
  }
  void show(const std::optional<FieldValue>& value) override { value ? field_->show(numberOf(*value)) : field_->showMixed(); }
  bool isWrong() const override { return field_->isWrong(); }
  bool canStep() const override { return true; }
  void step(int steps) override { field_->stepBy(steps); }
  void describe(const QString& name, const QString& help) override {
    field_->setAccessibleName(name);
    field_->setToolTip(help);
  }

 private:
  NumberField* field_;
};

class PairEditor : public FieldEditor {
 public:
  PairEditor(const FieldInfo& info, QWidget* parent) : FieldEditor(parent) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(8);
    for (NumberField*& field : fields_) {
      field = new NumberField(true, info.range, this);
      line->addWidget(field);
      watch(field);
      connect(field, &NumberField::judged, this, &FieldEditor::judged);
      connect(field, &NumberField::edited, this, [this] {
        if (!isWrong()) emit edited(std::vector<int64_t>{int64_t(fields_[0]->value()), int64_t(fields_[1]->value())});
      });
    }
    setFocusProxy(fields_[0]);
  }
  void show(const std::optional<FieldValue>& value) override {
    const std::vector<double> numbers = value ? numbersOf(*value) : std::vector<double>();
    for (size_t i = 0; i < 2; ++i) numbers.empty() ? fields_[i]->showMixed() : fields_[i]->show(numbers[std::min(i, numbers.size() - 1)]);
  }
  bool isWrong() const override { return fields_[0]->isWrong() || fields_[1]->isWrong(); }
  void describe(const QString& name, const QString& help) override {
    fields_[0]->setAccessibleName(FieldEditor::tr("%1, height").arg(name));
    fields_[1]->setAccessibleName(FieldEditor::tr("%1, width").arg(name));
    fields_[0]->setToolTip(FieldEditor::tr("%1 Height.").arg(help));
    fields_[1]->setToolTip(FieldEditor::tr("%1 Width.").arg(help));
  }

 private:
  NumberField* fields_[2];
};

class BooleanEditor : public FieldEditor {
 public:
  BooleanEditor(const FieldInfo&, QWidget* parent) : FieldEditor(parent), switch_(new Switch(this)) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 4, 0, 4);
    line->addStretch();
    line->addWidget(switch_);
    watch(switch_);
    setFocusProxy(switch_);
    connect(switch_, &Switch::clicked, this, [this](bool on) {
      switch_->setMixed(false);
      emit edited(on);
    });
  }
  void show(const std::optional<FieldValue>& value) override {
    switch_->setMixed(!value);
    switch_->setChecked(value && std::get_if<bool>(&*value) && std::get<bool>(*value));
  }
  void describe(const QString& name, const QString& help) override {
    switch_->setAccessibleName(name);
    switch_->setToolTip(help);
  }

 private:
  Switch* switch_;
};

class ChoiceEditor : public FieldEditor {
 public:
  ChoiceEditor(const FieldInfo& info, QWidget* parent) : FieldEditor(parent), box_(new QComboBox(this)) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(box_);
    box_->setFocusPolicy(Qt::StrongFocus);
    box_->setView(new QListView(box_));
    box_->setPlaceholderText(FieldEditor::tr("mixed"));
    for (const std::string& word : info.words) box_->addItem(qt(word));
    watch(box_);
    setFocusProxy(box_);
    connect(box_, &QComboBox::activated, this, [this](int index) { emit edited(utf8(box_->itemText(index))); });
  }
  void show(const std::optional<FieldValue>& value) override {
    const auto* word = value ? std::get_if<std::string>(&*value) : nullptr;
    box_->setCurrentIndex(word ? box_->findText(qt(*word)) : -1);
  }
  void describe(const QString& name, const QString& help) override {
    setSpokenName(*box_, name);
    box_->setToolTip(help);
  }

 private:
  QComboBox* box_;
};

// Numbers in a row: "1, 28, 28". Anything that is no number parts them.
class ListEditor : public FieldEditor {
 public:
  ListEditor(const FieldInfo& info, QWidget* parent) : FieldEditor(parent), info_(info), line_(new QLineEdit(this)) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(line_);
    watch(line_);
    setFocusProxy(line_);
    leaveUndoToTheWindow(line_);
    connect(line_, &QLineEdit::textEdited, this, [this] {
      const auto value = typed();
      setWrong(!value);
      if (value && value != shown_) emit edited(*(shown_ = value));
    });
    connect(line_, &QLineEdit::editingFinished, this, [this] {
      if (shown_ && wrong_) show(shown_);
    });
  }
  void show(const std::optional<FieldValue>& value) override {
    const bool same = value == shown_;
    shown_ = value;
    line_->setPlaceholderText(value ? FieldEditor::tr("none") : FieldEditor::tr("mixed"));
    if (same && line_->hasFocus() && typed() == value) return;
    QStringList parts;
    if (value)
      for (double n : numbersOf(*value)) parts << numberText(n, 12);
    line_->setText(parts.join(", "));
    setWrong(false);
  }
  bool isWrong() const override { return wrong_; }
  void describe(const QString& name, const QString& help) override {
    line_->setAccessibleName(name);
    line_->setToolTip(FieldEditor::tr("%1 Numbers with commas between them.").arg(help));
  }

 private:
  std::optional<FieldValue> typed() const {
    static const QRegularExpression between("[\\s,;x×()\\[\\]]+");
    const bool whole = info_.kind == FieldInfo::Kind::integers;
    std::vector<int64_t> integers;
    std::vector<double> reals;
    const QStringList parts = line_->text().split(between, Qt::SkipEmptyParts);
    if (parts.size() < info_.length.least || parts.size() > info_.length.most) return std::nullopt;
    for (const QString& part : parts) {
      bool ok = false;
      const double n = part.toDouble(&ok);
      const engine::Range& r = info_.range;
      if (!ok || n > r.most || (r.open ? n <= r.least : n < r.least) || (whole && (n != std::floor(n) || std::abs(n) > 9e15))) return std::nullopt;
      integers.push_back(whole ? int64_t(n) : 0);
      reals.push_back(n);
    }
    return whole ? FieldValue(integers) : FieldValue(reals);
  }
  void setWrong(bool wrong) {
    if (wrong == wrong_) return;
    wrong_ = wrong;
    line_->setProperty("problem", wrong);
    line_->style()->unpolish(line_);
    line_->style()->polish(line_);
    emit judged();
  }

  FieldInfo info_;
  QLineEdit* line_;
  std::optional<FieldValue> shown_;
  bool wrong_ = false;
};

// Words, as they are.
class TextEditor : public FieldEditor {
 public:
  TextEditor(const FieldInfo&, QWidget* parent) : FieldEditor(parent), line_(new QLineEdit(this)) {
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(line_);
    line_->setMaxLength(int(engine::kMostOfText) / 4);  // of UTF-8, four bytes each at most
    watch(line_);
    setFocusProxy(line_);
    leaveUndoToTheWindow(line_);
    connect(line_, &QLineEdit::textEdited, this, [this](const QString& text) { emit edited(utf8(text)); });
  }
  void show(const std::optional<FieldValue>& value) override {
    const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
    line_->setPlaceholderText(value ? FieldEditor::tr("none") : FieldEditor::tr("mixed"));
    const QString shown = text ? qt(*text) : QString();
    if (line_->text() != shown) line_->setText(shown);
  }
  void describe(const QString& name, const QString& help) override {
    line_->setAccessibleName(name);
    line_->setToolTip(help);
  }

 private:
  QLineEdit* line_;
};

class UndoToTheWindow : public QObject {
 public:
  using QObject::QObject;
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress) {
      const auto* key = static_cast<QKeyEvent*>(event);
      if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
        event->ignore();
        return true;
      }
    }
    return QObject::eventFilter(watched, event);
  }
};

}  // namespace

FieldEditor* FieldEditor::make(const FieldInfo& info, QWidget* parent) {
  switch (info.kind) {
    case FieldInfo::Kind::boolean: return new BooleanEditor(info, parent);
    case FieldInfo::Kind::integer:
    case FieldInfo::Kind::real: return new NumberEditor(info, parent);
    case FieldInfo::Kind::choice: return new ChoiceEditor(info, parent);
    case FieldInfo::Kind::pair: return new PairEditor(info, parent);
    case FieldInfo::Kind::integers:
    case FieldInfo::Kind::reals: return new ListEditor(info, parent);
    case FieldInfo::Kind::text: return new TextEditor(info, parent);
  }
  return nullptr;
}

void FieldEditor::watch(QWidget* control) { control->installEventFilter(this); }

bool FieldEditor::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn) emit focused(true);
  if (event->type() == QEvent::FocusOut) emit focused(false);
  if (event->type() == QEvent::KeyPress && (qobject_cast<QLineEdit*>(watched) || qobject_cast<QAbstractSpinBox*>(watched)))
    if (const int key = static_cast<QKeyEvent*>(event)->key(); (key == Qt::Key_Return || key == Qt::Key_Enter) && !isWrong()) {
      emit entered();
      return true;
    }
  // A wheel over a field that has no focus scrolls the panel.
  if (event->type() == QEvent::Wheel && !static_cast<QWidget*>(watched)->hasFocus()) {
    event->ignore();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

void leaveUndoToTheWindow(QLineEdit* line) { line->installEventFilter(new UndoToTheWindow(line)); }

}  // namespace ui
