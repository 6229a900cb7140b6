// Which keys the actions have: those of the table, or those that a person chose, kept in the settings under [keys]. All windows of
// the program follow.
#pragma once
#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include "ui/shell/actions.h"

namespace ui {

using KeyBook = QHash<QString, QList<QKeySequence>>;  // by the actions' ids

QList<QKeySequence> defaultKeys(const ActionInfo& info);
// As the settings have it now. What cannot be understood there, or may not be, is as in the table, action by action.
KeyBook keyBook();
// Writes what differs from the table to the settings, and tells all windows.
void keepKeys(const KeyBook& book);

// Why no action can have this key, a sentence; "": it can be chosen.
QString whyNotKey(const QKeySequence& key);

// As people read them: "Ctrl+Shift+Z or Ctrl+Y".
QString textOf(const QList<QKeySequence>& keys);
// " (Ctrl+B)" for the end of a sentence that names what an action does; "" where it has no key.
QString keyInBrackets(const char* id);

class KeyWatcher : public QObject {
  Q_OBJECT
 signals:
  void changed();
};
KeyWatcher& keyWatcher();

}  // namespace ui
