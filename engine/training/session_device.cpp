// A session's device: which one it is, and whether what is asked of it fits into its memory.
#include "engine/training/session.h"

#include <algorithm>

#include "engine/training/batch_fit.h"

namespace engine::training {

namespace {
// What a device takes beside what was asked for: it gives memory in pieces, and a recording has a size of its own.
constexpr int64_t kBeside = int64_t(4) << 20;
constexpr int kMiB = 20;
}  // namespace

Done Session::openDevice(const SessionOptions& options) {
  const DeviceChoice& choice = options.device;
  if (Done done = chooseDevice(choice, options.onlyLooks); !done) return done;
  if (!choice.tf32) return {};
  if (!device_) deviceReason_ = Message("{0}; TF32 is for CUDA devices", deviceReason_);
  else if (device_->allowTf32(true)) computesInTf32_ = true;
  else deviceReason_ = Message("{0}; it has no TF32, so products are in float", deviceReason_);
  return {};
}

std::string Session::deviceName() const {
  if (!device_) return kProcessor;
  return device_->info().name + (computesInTf32_ ? ", TF32" : "");
}

Done Session::chooseDevice(const DeviceChoice& choice, bool onlyLooks) {
  if (choice.kind == DeviceChoice::Kind::cpu) {  // nothing is loaded that nobody needs
    deviceReason_ = "it was asked for";
    return {};
  }
  if (precision_ != Type::f32) {
    // The reference path is the processor's alone.
    if (choice.kind == DeviceChoice::Kind::cuda) {
      Problem problem;
      problem.needs = "the precision f32 on a CUDA device";
      problem.got = Message("{0}", precision_);
      problem.fix = "set the precision to f32, or compute on the processor (--device cpu)";
      return tl::unexpected(problem);
    }
    deviceReason_ = "double precision is calculated on the processor";
    return {};
  }
  if (!Devices::all().cuda().empty()) {
    use_ = onlyLooks ? useDevicesToLook() : useDevices();
    if (!use_) {
      Problem problem;
      problem.needs = kDeviceInUse;
      problem.got = "one that is in use";
      return tl::unexpected(problem);
    }
  }
  Result<std::unique_ptr<Device>> device = Devices::all().open(choice, &deviceReason_);
  if (!device) return tl::unexpected(device.error());
  device_ = std::move(*device);
  if (!device_) use_.reset();
  if (device_) mirror_ = std::make_unique<StoreMirror>(store_, *device_);
  return {};
}

Done Session::fetch() {
  if (!mirror_) return {};
  mirror_->fetch();
  return mirror_->failed();
}

// Beside the arena that all plans share and the values that are there already.
int64_t Session::missingOnDevice(const Plan& plan) const {
  int64_t bytes = plan.ownDeviceBytes();
  if (plan.report().arenaBytes > deviceArena_.bytes()) bytes += plan.report().arenaBytes;
  for (const StoredValue& value : plan.stored())
    if (!store_.place(value.name)) bytes += DeviceMemory::padded(value.info.shape.elements() * bytesOf(value.info.type));
  return bytes;
}

int64_t Session::freeOnDevice(const Plan& plan) const {
  const bool grows = plan.report().arenaBytes > deviceArena_.bytes();  // then the old one is given back first
  return device_->freeBytes() + (grows ? deviceArena_.bytes() : 0) - kBeside;
}

std::optional<int64_t> Session::roomOnDevice() const {
  return device_ ? std::optional(device_->freeBytes() - kBeside) : std::nullopt;
}

int64_t Session::beyondMemory(const Plan& plan) const {
  if (device_) return missingOnDevice(plan) - freeOnDevice(plan);
  if (!memory_) return 0;
  const PlanReport& report = plan.report();
  return report.planBytes() + report.inputBytes + dataBytes() - *memory_;  // the next batch is filled meanwhile
}

Problem Session::tooLarge(const Plan& plan, int64_t batch, const std::function<Result<std::unique_ptr<Plan>>(int64_t)>& make) const {
  const auto beyond = [&](int64_t smaller) -> std::optional<int64_t> {
    if (smaller == batch) return beyondMemory(plan);
    const Result<std::unique_ptr<Plan>> made = make(smaller);
    return made ? std::optional(beyondMemory(**made)) : std::nullopt;
  };
  const int64_t fits = largestBatch({.room = 0, .begin = batch, .most = batch}, beyond).value_or(0);
  const int64_t room = device_ ? freeOnDevice(plan) : *memory_ - dataBytes();
  Problem problem;
  problem.needs = Message("{0} MiB of memory for steps of {1} samples", ((beyondMemory(plan) + room) >> kMiB) + 1, batch);
  problem.got = device_ ? Message("{0} MiB that are free on {1}", std::max<int64_t>(room, 0) >> kMiB, device_->info().name)
                        : Message("{0} MiB that this machine has beside the data", std::max<int64_t>(room, 0) >> kMiB);
  if (device_)
    problem.fix = fits > 0 ? Message("make the batch {0} at most, which fits, or compute on the processor (--device cpu)", fits)
                           : Message("make the network smaller, or compute on the processor (--device cpu): not even a single sample fits");
  else
    problem.fix = fits > 0 ? Message("make the batch {0} at most, which fits", fits) : Message("make the network smaller: not even a single sample fits");
  if (fits > 0) problem.edits = {SetField{0, kBatchOfRecipe, fits}};
  return problem;
}

}  // namespace engine::training
