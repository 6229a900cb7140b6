// netw devices: what there is to compute on, what is used, and why; and whether a project gives the same numbers there.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "app/netw/device_option.h"
#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/device/devices.h"
#include "engine/formats/choices_file.h"
#include "engine/graph/op.h"
#include "engine/training/choices.h"
#include "engine/training/compare_devices.h"

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
  void options(Options& o) override {
    o.option("--compare", "MODEL", compare_, "One batch of a project on the processor and on a CUDA device, node by node.");
    o.choice("--device", device_, {"cuda"}, "Which device to compare; cuda:1 is the second one.", "cuda:");
    o.flag("--tf32", tf32_, "Compare with products in TF32.");
  }

  engine::Result<int> run(Talk& talk) override {
    if (!compare_.empty()) return compare(talk);
    if (!device_.empty() || tf32_) {
      talk.error("devices: --device and --tf32 go with --compare MODEL; `netw help devices` shows how");
      return kWrongUsage;
    }
    const std::string isa = engine::nameOf(engine::column());
    const bool wished = getenv("NETWRIGHT_COLUMN") != nullptr;
    const std::string reason = wished ? "NETWRIGHT_COLUMN asks for it" : "the best of those in this build that the processor can run";
    const std::string choices = engine::formats::choicesPath();
    const size_t measured = engine::training::measuredChoices().size();
    const engine::Devices& devices = engine::Devices::all();
    // What a run takes that is asked for nothing: opened, since a device may be there and refuse.
    engine::Message said;
    const auto opened = engine::Devices::all().open({}, &said);
    const std::string why = toString(said);
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
    if (devices.cuda().empty()) talk.result(fmt::format("cuda  none: {}", toString(devices.reason())));
    talk.result(fmt::format("used  {}", onCuda ? "cuda: " + why : devices.cuda().empty() ? "cpu" : "cpu: " + why));
    if (measured) talk.result(fmt::format("ways  {} convolutions and products go as `netw tune` measured, in {}", measured, choices));
    return kDone;
  }

 private:
  engine::Result<int> compare(Talk& talk) const {
    engine::Result<Model> model = openModel(compare_, talk);
    if (!model) return tl::unexpected(model.error());
    engine::Result<engine::DeviceChoice> device = engine::DeviceChoice::parse(device_.empty() ? "cuda" : device_);
    if (!device) return tl::unexpected(device.error());
    device->tf32 = tf32_;
    engine::training::SessionOptions options{.folder = model->folder, .threads = 0, .data = {}, .validation = {}, .split = {}};
    auto here = openTrained(*model, options, 1, talk);
    if (!here) return tl::unexpected(here.error());
    options.device = *device;
    auto there = openTrained(*model, options, 1, talk);
    if (!there) return tl::unexpected(there.error());
    talk.say(DeviceOption::said(**there));
    const auto comparison = engine::training::compareDevices(**here, **there);
    if (!comparison) return tl::unexpected(comparison.error());
    return tell(*comparison, talk);
  }

  static int tell(const engine::training::DeviceComparison& c, Talk& talk) {
    const engine::training::NodeDifference* const worst = c.worst();
    if (talk.json) {
      Json nodes = Json::array();
      for (const auto& d : c.nodes)
        nodes.push_back({{"id", engine::document::hex(d.node)}, {"name", d.name}, {"type", d.op}, {"largest_difference", numberOf(d.largest)}, {"largest_value", numberOf(d.largestValue)}});
      Json json{{"device", c.device}, {"samples", c.rows}, {"nodes", nodes}};
      if (worst) json["worst"] = worst->name;
      if (c.here && c.there)
        json["training"] = {{"loss", {numberOf(c.here->loss), numberOf(c.there->loss)}}, {"gradient_norm", {numberOf(c.here->gradientNorm.value_or(0)), numberOf(c.there->gradientNorm.value_or(0))}}};
      talk.result(json);
      return kDone;
    }
    talk.result(fmt::format("{} samples on the processor and on {}", c.rows, c.device));
    talk.result(fmt::format("{:24} {:24} {:>18} {:>14}", "node", "type", "largest difference", "largest value"));
    for (const auto& d : c.nodes) talk.result(fmt::format("{:24} {:24} {:>18.3g} {:>14.3g}", d.name, d.op, d.largest, d.largestValue));
    if (c.here && c.there)
      talk.result(fmt::format("training: loss {} and {}, norm of the gradient {} and {}", shortNumber(c.here->loss), shortNumber(c.there->loss), shortNumber(c.here->gradientNorm.value_or(0)),
                              shortNumber(c.there->gradientNorm.value_or(0))));
    if (worst) talk.result(fmt::format("furthest apart: {}, by {:.3g}", worst->name, worst->largest));
    return kDone;
  }

  std::string compare_, device_;  // "": the first CUDA device
  bool tf32_ = false;
};

}  // namespace

std::unique_ptr<Verb> makeDevices() { return std::make_unique<Devices>(); }

}  // namespace netw
