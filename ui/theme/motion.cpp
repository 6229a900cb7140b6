#include "ui/theme/motion.h"

#include <QApplication>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QStyle>

namespace ui {

namespace {
constexpr const char* kSetting = "look/reduced_motion";
bool systemReduces = false;

void tell() {
  const bool moves = !isMotionReduced();
  for (const Qt::UIEffect effect : {Qt::UI_AnimateMenu, Qt::UI_AnimateCombo, Qt::UI_AnimateTooltip, Qt::UI_AnimateToolBox}) QApplication::setEffectEnabled(effect, moves);
  emit motionWatcher().changed();
}
}  // namespace

MotionWatcher& motionWatcher() {
  static MotionWatcher watcher;
  return watcher;
}

bool isMotionReduced() { return QSettings().value(kSetting, systemReduces).toBool(); }

void reduceMotion(bool reduces) {
  QSettings().setValue(kSetting, reduces);
  tell();
}

bool filesReduceMotion(const QString& folder) {
  if (QSettings(folder + "/kdeglobals", QSettings::IniFormat).value("KDE/AnimationDurationFactor", 1.0).toDouble() == 0) return true;
  for (const char* gtk : {"/gtk-4.0/settings.ini", "/gtk-3.0/settings.ini"}) {
    const QString moves = QSettings(folder + gtk, QSettings::IniFormat).value("Settings/gtk-enable-animations", "true").toString().trimmed().toLower();
    if (moves == "false" || moves == "0") return true;
  }
  return false;
}

void followSystemMotion() {
  systemReduces = false;
  // Qt's own style is asked where there is one for this desktop: 0 is how such a style says it.
  systemReduces = QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration) == 0 || filesReduceMotion(QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation));
  tell();
  // GNOME keeps it where Qt 6.4 does not look.
  const QString gsettings = qEnvironmentVariable("XDG_CURRENT_DESKTOP").contains("GNOME") ? QStandardPaths::findExecutable("gsettings") : QString();
  if (systemReduces || gsettings.isEmpty()) return;
  auto* asked = new QProcess(qApp);
  QObject::connect(asked, &QProcess::finished, qApp, [asked] {
    if (asked->readAllStandardOutput().trimmed() == "false") {
      systemReduces = true;
      tell();
    }
    asked->deleteLater();
  });
  asked->start(gsettings, {"get", "org.gnome.desktop.interface", "enable-animations"});
}

}  // namespace ui
