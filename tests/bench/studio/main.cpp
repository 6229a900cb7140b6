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
  bench::start(argv[0]);
  bench::canvas();
  bench::charts();
  bench::training();
}
