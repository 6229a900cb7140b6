#include "ui/charts/process_load.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace ui {

double ProcessLoad::cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
  const double used = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  double share = -1;
  if (cpuSeconds_ >= 0 && wall > wallSeconds_)
    share = std::clamp((used - cpuSeconds_) / (wall - wallSeconds_) / std::max(1u, std::thread::hardware_concurrency()), 0.0, 1.0);
  cpuSeconds_ = used;
  wallSeconds_ = wall;
  return share;
}

double ProcessLoad::memoryBytes() {
  // man proc: the second number of statm is what is resident, in pages.
  long pages = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return double(resident) * double(sysconf(_SC_PAGESIZE));
}

}  // namespace ui
