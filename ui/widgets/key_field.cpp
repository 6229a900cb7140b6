#include "ui/widgets/key_field.h"

#include <QKeyEvent>

namespace ui {

namespace {

// Shift counts where it does not make the sign by itself: Ctrl+? is that, and not Ctrl+Shift+?.
QKeySequence keyOf(const QKeyEvent& event) {
  Qt::KeyboardModifiers with = event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier | Qt::ShiftModifier);
  const int code = event.key();
  const bool sign = code < Qt::Key_Escape && QChar::isPrint(char32_t(code)) && !QChar::isLetterOrNumber(char32_t(code)) && code != Qt::Key_Space;
  if (sign) with &= ~Qt::KeyboardModifiers(Qt::ShiftModifier);
  return QKeySequence(QKeyCombination(with, Qt::Key(code)));
}

bool isHeldOnly(int key) {
  return (key >= Qt::Key_Shift && key <= Qt::Key_ScrollLock) || key == Qt::Key_AltGr || (key >= Qt::Key_Super_L && key <= Qt::Key_Direction_R) || key == Qt::Key_unknown || key == 0;
}

}  // namespace

KeyField::KeyField(QWidget* parent) : QLineEdit(parent) {
  setReadOnly(true);
  setContextMenuPolicy(Qt::NoContextMenu);
  setPlaceholderText(tr("Press a key"));
  setAccessibleName(tr("The new key: press it. Esc cancels, Backspace removes"));
}

// Every key is its own, before the window's shortcuts and before the focus moves by Tab.
bool KeyField::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyRelease) {
    event->accept();
    return true;
  }
  if (event->type() != QEvent::KeyPress) return QLineEdit::event(event);
  event->accept();
  const auto& key = *static_cast<QKeyEvent*>(event);
  if (isHeldOnly(key.key()) || key.isAutoRepeat()) return true;
  const bool alone = (key.modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
  if (alone && key.key() == Qt::Key_Escape) {
    emit cancelled();
  } else if (alone && key.key() == Qt::Key_Backspace) {
    emit cleared();
  } else {
    const QKeySequence sequence = keyOf(key);
    setText(sequence.toString(QKeySequence::NativeText));
    emit typed(sequence);
  }
  return true;
}

void KeyField::focusOutEvent(QFocusEvent* event) {
  QLineEdit::focusOutEvent(event);
  if (event->reason() != Qt::ActiveWindowFocusReason && event->reason() != Qt::PopupFocusReason) emit cancelled();
}

}  // namespace ui
