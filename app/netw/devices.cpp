// netw devices: what there is to compute on, what is used, and why.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>

#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/graph/op.h"

namespace netw {

namespace {

constexpr const char* kNoCuda = "this build has no CUDA module";

std::string nameOfCpu() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const size_t at = line.find(": "); at != std::string::npos) return line.substr(at + 2);
  return "unknown";
}

// Those that this process may use.
int cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : int(sysconf(_SC_NPROCESSORS_ONLN));
}

class Devices final : public Verb {
 public:
  void options(Options&) override {}

  engine::Result<int> run(Talk& talk) override {
    const std::string isa = engine::nameOf(engine::column());
    const bool wished = getenv("NETWRIGHT_COLUMN") != nullptr;
    const std::string reason = wished ? "NETWRIGHT_COLUMN asks for it" : "the best of those in this build that the processor can run";
    if (talk.json) {
      talk.result(Json{{"cpu", {{"name", nameOfCpu()}, {"cores", cores()}, {"memory", engine::data::memoryOfMachine()}, {"isa", isa}, {"isa_reason", reason}}},
                       {"cuda", Json::array()}, {"cuda_reason", kNoCuda}, {"default", "cpu"}});
      return kDone;
    }
    talk.result(fmt::format("cpu   {}, {} cores, {}\n      instruction set: {} ({})", nameOfCpu(), cores(), sizeText(double(engine::data::memoryOfMachine())), isa, reason));
    talk.result(fmt::format("cuda  none: {}\nused  cpu", kNoCuda));
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> makeDevices() { return std::make_unique<Devices>(); }

}  // namespace netw
