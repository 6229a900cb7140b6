// netw devices: what there is to compute on, what is used, and why.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/device/devices.h"
#include "engine/formats/choices_file.h"
#include "engine/graph/op.h"
#include "engine/training/choices.h"

namespace netw {

namespace {

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
    const engine::Devices& devices = engine::Devices::all();
    // What a run takes that is asked for nothing: opened, since a device may be there and refuse.
    std::string why;
    const auto opened = engine::Devices::all().open({}, &why);
    const bool onCuda = opened && *opened;
    if (talk.json) {
      Json cuda = Json::array();
      for (const engine::DeviceInfo& info : devices.cuda())
        cuda.push_back({{"name", info.name}, {"memory", info.totalBytes}, {"free", info.freeBytes}, {"capability", fmt::format("{}.{}", info.major, info.minor)}});
      Json json{{"cpu", {{"name", engine::formats::nameOfProcessor()}, {"cores", cores()}, {"memory", engine::data::memoryOfMachine()}, {"isa", isa}, {"isa_reason", reason}}},
                {"cuda", cuda}, {"default", onCuda ? "cuda" : "cpu"}, {"default_reason", why}, {"choices", {{"file", choices}, {"measured", measured}}}};
      if (!onCuda) json["cuda_reason"] = why;
      talk.result(json);
      return kDone;
    }
    talk.result(fmt::format("cpu   {}, {} cores, {}\n      instruction set: {} ({})", engine::formats::nameOfProcessor(), cores(), sizeText(double(engine::data::memoryOfMachine())), isa, reason));
    for (const engine::DeviceInfo& info : devices.cuda())
      talk.result(fmt::format("cuda{} {}, {} of {} free, compute capability {}.{}", info.index ? fmt::format(":{}", info.index) : " ", info.name,
                              sizeText(double(info.freeBytes)), sizeText(double(info.totalBytes)), info.major, info.minor));
    if (devices.cuda().empty()) talk.result(fmt::format("cuda  none: {}", devices.reason()));
    talk.result(fmt::format("used  {}", onCuda ? "cuda: " + why : devices.cuda().empty() ? "cpu" : "cpu: " + why));
    if (measured) talk.result(fmt::format("ways  {} convolutions and products go as `netw tune` measured, in {}", measured, choices));
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> makeDevices() { return std::make_unique<Devices>(); }

}  // namespace netw
