#include <QApplication>
#include <QStandardPaths>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/studio/bench.h"
#include "ui/theme/style.h"

namespace bench {

namespace {
struct Event {
  const char* receiver;
  int type;
  double milliseconds;
};
std::vector<Event> turn, kept;
const bool isAsked = std::getenv("STUDIO_BENCH_WHY") != nullptr;
}  // namespace

void Turn::begin() { turn.clear(); }
void Turn::note(const char* receiver, int event, double milliseconds) { turn.push_back({receiver, event, milliseconds}); }
void Turn::keep() { kept = turn; }
void Turn::tell(const char* what) {
  constexpr double kWorthALine = 0.5;
  if (isAsked) {
    double all = 0;
    for (const Event& event : kept) all += event.milliseconds;
    std::fprintf(stderr, "%s: %zu events, %.2f ms\n", what, kept.size(), all);
    for (const Event& event : kept)
      if (event.milliseconds > kWorthALine) std::fprintf(stderr, "  %6.2f  %s, event %d\n", event.milliseconds, event.receiver, event.type);
  }
  kept.clear();
}

}  // namespace bench

namespace {

class Application : public QApplication {
 public:
  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override {
    const char* const name = receiver->metaObject()->className();
    const int type = event->type();
    bench::Work work;
    ++depth_;
    const bool done = QApplication::notify(receiver, event);
    if (--depth_ == 0) bench::Turn::note(name, type, work.milliseconds());
    return done;
  }

 private:
  int depth_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && !std::strcmp(argv[1], "--start")) return bench::startedProcess(argc, argv);
  Application application(argc, argv);
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
