// How quick the studio is, in Markdown tables. Run by hand on a quiet machine, under Xvfb or on a screen; what it said is
// in RESULTS.md.
#pragma once
#include <QElapsedTimer>
#include <algorithm>
#include <vector>

namespace bench {

inline double millisecondsOf(const QElapsedTimer& timer) { return double(timer.nsecsElapsed()) / 1e6; }

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
