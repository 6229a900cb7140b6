#include <QApplication>
#include <QStandardPaths>
#include <cstdio>
#include <cstring>

#include "tests/bench/studio/bench.h"
#include "ui/theme/style.h"

int main(int argc, char** argv) {
  if (argc == 2 && !std::strcmp(argv[1], "--start")) return bench::startedProcess(argc, argv);
  QApplication application(argc, argv);
  QApplication::setOrganizationName("netwright-bench");
  QApplication::setApplicationName("studio");
  QStandardPaths::setTestModeEnabled(true);
  ui::setUpLook();
  std::printf("Qt %s, %s, 1440 x 900, milliseconds\n\n", qVersion(), qPrintable(QGuiApplication::platformName()));
  // All parts, or those that are named: start, canvas, window, charts, training.
  const QStringList wanted = QApplication::arguments().mid(1);
  const auto asked = [&](const char* part) { return wanted.isEmpty() || wanted.contains(QLatin1String(part)); };
  if (asked("start")) bench::start(argv[0]);
  if (asked("canvas")) bench::canvas();
  if (asked("window")) bench::window();
  if (asked("charts")) bench::charts();
  if (asked("training")) bench::training();
}
