// The language of the window's texts. English is in the sources, its plurals in netwright_en.ts; others are files netwright_<locale>.qm, of the program, of the
// system or of the user (README.md: Languages).
#pragma once
#include <QLocale>
#include <QStringList>

namespace ui {

// Where they are looked for: in the program, beside it, and among the user's own data; the first that has one is taken.
QStringList languageFolders();
// Before any window: texts in the locale's language, Qt's own too, and the direction in which it is read. False: nobody has
// translated them, and all of it is English, from left to right.
bool speak(const QLocale& locale = QLocale::system(), const QStringList& folders = languageFolders());

}  // namespace ui
