#include "ui/model/language.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QStandardPaths>
#include <QTranslator>

// Outside the namespace, as Qt wants it.
static void takeLanguages() { Q_INIT_RESOURCE(ui_resources); }

namespace ui {

QStringList languageFolders() {
  return QStringList{":/i18n", QCoreApplication::applicationDirPath() + "/../share/netwright/i18n"} +
         QStandardPaths::locateAll(QStandardPaths::AppDataLocation, "i18n", QStandardPaths::LocateDirectory);
}

bool speak(const QLocale& locale, const QStringList& folders) {
  takeLanguages();  // before the look, which does so too
  for (QString wished : locale.uiLanguages()) {
    if (QLocale(wished).language() == QLocale::English) return false;  // before languages that are wished less
    auto* ours = new QTranslator(qApp);
    for (const QString& folder : folders) {
      if (!ours->load("netwright_" + wished.replace('-', '_'), folder)) continue;
      QCoreApplication::installTranslator(ours);
      // Qt's own, of its buttons and dialogs, never alone: a window of two languages is worse than one of English.
      auto* qts = new QTranslator(qApp);
      if (qts->load(QLocale(ours->language()), "qtbase", "_", QLibraryInfo::path(QLibraryInfo::TranslationsPath))) QCoreApplication::installTranslator(qts);
      QApplication::setLayoutDirection(QLocale(ours->language()).textDirection());
      return true;
    }
    delete ours;
  }
  return false;
}

}  // namespace ui
