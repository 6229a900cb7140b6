#include "engine/data/machine_memory.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace engine::data {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

// "max" is no limit; version 1 says so by a number that no machine has.
int64_t limitIn(const fs::path& file) {
  std::ifstream in(file);
  int64_t bytes = 0;
  return in >> bytes && bytes > 0 ? bytes : kNone;
}

// A group has at most what each of those around it has. Within a container the path may be that of the machine outside: then only the
// top is there, which is the container's own.
int64_t limitAlong(const fs::path& top, const std::string& group, const char* name) {
  int64_t least = limitIn(top / name);
  fs::path at = top;
  for (const fs::path& part : fs::path(group).relative_path()) {
    if (part == "..") break;  // a group outside of what this process can see
    at /= part;
    least = std::min(least, limitIn(at / name));
  }
  return least;
}

}  // namespace

int64_t limitOfGroups(const std::string& groups, const std::string& root) {
  int64_t least = kNone;
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    // number:controllers:path
    const size_t first = line.find(':'), second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string group = line.substr(second + 1);
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    if (controllers.str().empty()) least = std::min(least, limitAlong(root, group, "memory.max"));
    for (std::string controller; std::getline(controllers, controller, ',');)
      if (controller == "memory") least = std::min(least, limitAlong(fs::path(root) / "memory", group, "memory.limit_in_bytes"));
  }
  return least;
}

int64_t memoryOfMachine() {
  static const int64_t bytes = [] {
    std::ifstream file("/proc/self/cgroup");
    std::ostringstream groups;
    groups << file.rdbuf();
    return std::min(int64_t(::sysconf(_SC_PHYS_PAGES)) * int64_t(::sysconf(_SC_PAGESIZE)), limitOfGroups(groups.str(), "/sys/fs/cgroup"));
  }();
  return bytes;
}

}  // namespace engine::data
