// netw devices: what there is to compute on, what is used, and why.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/formats/choices_file.h"
#include "engine/graph/op.h"
#include "engine/training/choices.h"

namespace netw {

namespace {

constexpr const char* kNoCuda = "this build has no CUDA module";

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
    const std::string choices = engine::formats::choicesPath();
    const size_t measured = engine::training::measuredChoices().size();
    if (talk.json) {
      talk.result(Json{{"cpu", {{"name", engine::formats::nameOfProcessor()}, {"cores", cores()}, {"memory", engine::data::memoryOfMachine()}, {"isa", isa}, {"isa_reason", reason}}},
                       {"cuda", Json::array()}, {"cuda_reason", kNoCuda}, {"default", "cpu"}, {"choices", {{"file", choices}, {"measured", measured}}}});
      return kDone;
    }
    talk.result(fmt::format("cpu   {}, {} cores, {}\n      instruction set: {} ({})", engine::formats::nameOfProcessor(), cores(), sizeText(double(engine::data::memoryOfMachine())), isa, reason));
    talk.result(fmt::format("cuda  none: {}\nused  cpu", kNoCuda));
    if (measured) talk.result(fmt::format("ways  {} convolutions and products go as `netw tune` measured, in {}", measured, choices));
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> makeDevices() { return std::make_unique<Devices>(); }

}  // namespace netw
