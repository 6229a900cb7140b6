// How quick the studio is, in Markdown tables. Run by hand on a quiet machine, under Xvfb or on a screen; what it said is
// in RESULTS.md.
#pragma once
#include <QElapsedTimer>
#include <algorithm>
#include <ctime>
#include <vector>

namespace bench {

inline double millisecondsOf(const QElapsedTimer& timer) { return double(timer.nsecsElapsed()) / 1e6; }

// What the window's thread itself worked, whoever else works on the machine.
class Work {
 public:
  void start() { began_ = now(); }
  double milliseconds() const { return now() - began_; }

 private:
  static double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e3 + double(t.tv_nsec) / 1e6;
  }
  double began_ = now();
};
inline double millisecondsOf(const Work& work) { return work.milliseconds(); }

// What a turn of the event loop was spent on: the events that took longest, on standard error where STUDIO_BENCH_WHY is set.
class Turn {
 public:
  static void begin();
  static void note(const char* receiver, int event, double milliseconds);  // of the outermost events only
  static void keep();  // it was the longest so far
  static void tell(const char* what);
};

struct Times {
  std::vector<double> all;
  double at(double share) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[std::min(all.size() - 1, size_t(share * double(all.size())))];
  }
};

void start(const char* program);  // from the start of a process until its window is painted
int startedProcess(int argc, char** argv);  // that process; prints the milliseconds it took
void canvas();
void window();  // the same with all that is around the canvas
void charts();  // a million points
void training();  // the window's tick beside a run; what previews cost

}  // namespace bench
