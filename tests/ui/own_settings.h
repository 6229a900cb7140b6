// Settings and data of a test's own, in its folder: it finds nobody's, and leaves none.
#pragma once
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

inline void useOwnSettings(const QTemporaryDir& folder) {
  QVERIFY(folder.isValid());
  QStandardPaths::setTestModeEnabled(true);
  QSettings::setDefaultFormat(QSettings::IniFormat);
  QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.filePath("settings"));
}
