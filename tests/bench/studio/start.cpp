#include <QApplication>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTimer>
#include <cstdio>
#include <ctime>
#include <unistd.h>

#include "tests/bench/studio/bench.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

namespace bench {

namespace {

// Milliseconds since the kernel made this process: dynamic linking counts too. Its clock ticks every 10 ms.
double age() {
  QFile stat("/proc/self/stat");
  if (!stat.open(QIODevice::ReadOnly)) return -1;
  const QByteArray text = stat.readAll();
  const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');  // the name may have spaces
  constexpr int kStartTime = 22 - 3;                                   // proc(5), counted behind the name
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6 -
         fields[kStartTime].toDouble() * 1e3 / double(sysconf(_SC_CLK_TCK));
}

class FirstPaint : public QObject {
 public:
  bool eventFilter(QObject* object, QEvent* event) override {
    // Behind everything that the first paint has asked for: then it can be used.
    if (event->type() == QEvent::Paint && object->isWidgetType() && !seen_) {
      seen_ = true;
      QTimer::singleShot(0, qApp, [] {
        std::printf("%.0f\n", age());
        std::fflush(stdout);
        std::_Exit(0);
      });
    }
    return false;
  }

 private:
  bool seen_ = false;
};

}  // namespace

int startedProcess(int argc, char** argv) {
  QApplication application(argc, argv);
  QApplication::setOrganizationName("netwright-bench");
  QApplication::setApplicationName("studio");
  QStandardPaths::setTestModeEnabled(true);
  ui::setUpLook();
  ui::MainWindow window;
  FirstPaint watcher;
  application.installEventFilter(&watcher);
  window.resize(1440, 900);
  window.show();
  window.files().openTemplate("fashion-cnn");
  return QApplication::exec();
}

void start(const char* program) {
  constexpr int kTimes = 11;  // the first one warms the disk's cache
  Times times;
  double first = 0;
  for (int i = 0; i < kTimes; ++i) {
    QProcess process;
    process.start(program, {"--start"});
    if (!process.waitForFinished(60000)) qFatal("it does not start");
    const double took = process.readAllStandardOutput().toDouble();
    if (i == 0) first = took;
    else times.all.push_back(took);
  }
  std::printf("| start to usable window with fashion-cnn | first | median of %d | slowest |\n|---|---:|---:|---:|\n", kTimes - 1);
  std::printf("| | %.0f | %.0f | %.0f |\n\n", first, times.at(0.5), times.at(1));
}

}  // namespace bench
