// The real window with a run that is not over before it was looked at: what tests of live pictures and of the profile
// begin with.
#pragma once
#include <QApplication>
#include <QDir>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>

#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

namespace ui {

// Settings and files of the test's own.
inline void setUpEndlessRun(const char* test) {
  QCoreApplication::setOrganizationName("netwright-test");
  QCoreApplication::setApplicationName(test + QString::number(QCoreApplication::applicationPid()));
  QStandardPaths::setTestModeEnabled(true);
  setUpLook();
}
inline void cleanUpEndlessRun() {
  QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
  QFile::remove(QSettings().fileName());
}

inline void openEndlessRun(MainWindow& window) {
  window.resize(1440, 900);
  window.show();
  QVERIFY(QTest::qWaitForWindowActive(&window));
  window.files().openTemplate("spirals");
  window.project().edit("Epochs", [](engine::document::Transaction& t) {
    auto recipe = t.view().recipe();
    recipe.phases[0].epochs = 1000000;
    return t.setRecipe(std::move(recipe));
  });
}
inline void stopRun(MainWindow& window) {
  window.training().stop();
  QTRY_VERIFY_WITH_TIMEOUT(!window.training().isActive(), 60000);
}
inline engine::NodeId firstOf(MainWindow& window, const char* type) {
  for (const auto& node : window.project().document().nodes())
    if (node->type == type) return node->id;
  return 0;
}

}  // namespace ui
