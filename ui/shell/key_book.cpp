#include "ui/shell/key_book.h"

#include <QCoreApplication>
#include <QSettings>
#include <optional>

namespace ui {

namespace {

const char kGroup[] = "keys/";
const QString kBetween = QStringLiteral(" | ");  // as in the table

struct KeyWords {
  Q_DECLARE_TR_FUNCTIONS(ui::KeyBook)
};

// A key without which the keyboard would only hold others down.
bool isWhole(const QKeySequence& key) {
  if (key.count() != 1) return false;
  const int code = key[0].key();
  if (code == Qt::Key_unknown || code == 0) return false;
  if (code >= Qt::Key_Shift && code <= Qt::Key_ScrollLock) return false;
  if (code == Qt::Key_AltGr || (code >= Qt::Key_Super_L && code <= Qt::Key_Direction_R)) return false;
  return code >= Qt::Key_Escape || QChar::isPrint(char32_t(code));
}

// Keys of the table that nobody can take away, such as the space bar of the canvas.
QList<QKeySequence> fixedKeys(const ActionInfo& info) {
  QList<QKeySequence> keys;
  for (const QKeySequence& key : defaultKeys(info))
    if (!whyNotKey(key).isEmpty()) keys << key;
  return keys;
}

// What the settings say of one action; nothing where that makes no sense.
std::optional<QList<QKeySequence>> keysFrom(const QVariant& value, const ActionInfo& info) {
  // A comma without quotes has made a list of what was written by hand.
  const QString text = value.typeId() == QMetaType::QStringList ? value.toStringList().join(", ").trimmed() : value.toString().trimmed();
  if (!value.isValid() || !value.canConvert<QString>()) return {};
  QList<QKeySequence> keys = fixedKeys(info);
  for (const QString& part : text.split(kBetween, Qt::SkipEmptyParts)) {
    const QKeySequence key = QKeySequence::fromString(part.trimmed(), QKeySequence::PortableText);
    if (keys.contains(key)) continue;
    if (!whyNotKey(key).isEmpty()) return {};
    keys << key;
  }
  return keys;
}

}  // namespace

QList<QKeySequence> defaultKeys(const ActionInfo& info) {
  QList<QKeySequence> keys;
  for (const QString& key : QString(info.keys).split(kBetween, Qt::SkipEmptyParts)) keys << QKeySequence(key, QKeySequence::PortableText);
  return keys;
}

KeyBook keyBook() {
  const QSettings settings;
  KeyBook chosen;
  for (const ActionInfo& info : actionTable())
    if (const QString name = QString(kGroup) + info.id; info.id[0] != '-' && settings.contains(name))
      if (const auto keys = keysFrom(settings.value(name), info)) chosen[info.id] = *keys;
  // A key that two have would be nobody's: one of them has its own of the table again, until there are no two.
  for (;;) {
    KeyBook book;
    QHash<QKeySequence, QString> holders;
    QString wrong;
    for (const ActionInfo& info : actionTable()) {
      if (info.id[0] == '-') continue;
      book[info.id] = chosen.value(info.id, defaultKeys(info));
      for (const QKeySequence& key : std::as_const(book[info.id])) {
        const QString holder = holders.value(key);
        if (!holder.isEmpty()) wrong = chosen.contains(info.id) ? QString(info.id) : holder;
        holders[key] = info.id;
      }
    }
    if (!chosen.remove(wrong)) return book;
  }
}

void keepKeys(const KeyBook& book) {
  QSettings settings;
  for (const ActionInfo& info : actionTable()) {
    if (info.id[0] == '-' || !book.contains(info.id)) continue;
    const auto keys = book.value(info.id);
    if (keys == defaultKeys(info)) {
      settings.remove(QString(kGroup) + info.id);
      continue;
    }
    const auto fixed = fixedKeys(info);
    QStringList texts;
    for (const QKeySequence& key : keys)
      if (!fixed.contains(key)) texts << key.toString(QKeySequence::PortableText);
    settings.setValue(QString(kGroup) + info.id, texts.join(kBetween));
  }
  emit keyWatcher().changed();
}

// What canvas/view_keys.cpp reads by itself, what moves the focus, and the letters of the menu bar.
QString whyNotKey(const QKeySequence& key) {
  if (!isWhole(key)) return KeyWords::tr("One key, alone or with Ctrl, Alt and Shift, is what an action can have.");
  const int code = key[0].key();
  const Qt::KeyboardModifiers with = key[0].keyboardModifiers();
  const QString name = key.toString(QKeySequence::NativeText);
  if (code == Qt::Key_Escape) return KeyWords::tr("%1 cannot be chosen: it ends what was begun, everywhere.").arg(name);
  if (code == Qt::Key_Tab || code == Qt::Key_Backtab) return KeyWords::tr("%1 cannot be chosen: it moves from node to node and from field to field.").arg(name);
  if (code == Qt::Key_Space && with == Qt::NoModifier) return KeyWords::tr("%1 cannot be chosen: the canvas adds a layer by it, and moves the view while it is held.").arg(name);
  const bool arrow = code == Qt::Key_Left || code == Qt::Key_Right || code == Qt::Key_Up || code == Qt::Key_Down;
  if (arrow && !(with & (Qt::AltModifier | Qt::MetaModifier))) return KeyWords::tr("%1 cannot be chosen: arrows go from node to node on the canvas, and move what is selected.").arg(name);
  for (const ActionInfo& info : actionTable()) {
    const QString menu = QCoreApplication::translate("actions", info.menu);
    if (!menu.isEmpty() && QKeySequence::mnemonic("&" + menu) == key) return KeyWords::tr("%1 cannot be chosen: it opens the menu %2.").arg(name, menu);
  }
  return {};
}

QString textOf(const QList<QKeySequence>& keys) {
  QStringList texts;
  for (const QKeySequence& key : keys) texts << key.toString(QKeySequence::NativeText);
  return texts.join(KeyWords::tr(" or "));
}

QString keyInBrackets(const char* id) {
  const auto keys = keyBook().value(id);
  return keys.isEmpty() ? QString() : " (" + keys.first().toString(QKeySequence::NativeText) + ")";
}

KeyWatcher& keyWatcher() {
  static KeyWatcher watcher;
  return watcher;
}

}  // namespace ui
