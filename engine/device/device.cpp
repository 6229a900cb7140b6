#include "engine/device/device.h"

namespace engine {

Done Device::check(const char* what, NodeId node) {
  const Answer failed = answer();
  if (!failed.call) return {};
  Problem problem;
  problem.node = node;
  problem.needs = Message("{0} to work on the CUDA device, for {1}", failed.call, Message(what));
  problem.got = Message("\"{0}\"", failed.reason);
  problem.fix = "make the batch smaller, or compute on the processor (--device cpu)";
  return tl::unexpected(problem);
}

// From and to memory that is not pinned CUDA copies before it returns, or waits.
Done Device::upload(void* device, const void* host, int64_t bytes, const char* what) {
  if (bytes > 0) copyIn(device, host, bytes, Lane::steps);
  wait(Lane::steps);
  return check(what);
}
Done Device::download(void* host, const void* device, int64_t bytes, const char* what) {
  if (bytes > 0) copyOut(host, device, bytes, Lane::steps);
  wait(Lane::steps);
  return check(what);
}

void DeviceMemory::reset() {
  if (data_) pinned_ ? device_->freePinned(data_) : device_->free(data_);
  data_ = nullptr, bytes_ = 0;
}

Done DeviceMemory::reserve(Device& device, int64_t bytes, const char* what) { return reserve(device, bytes, false, what); }
Done DeviceMemory::reservePinned(Device& device, int64_t bytes) { return reserve(device, bytes, true, "copies to the CUDA device"); }

Done DeviceMemory::reserve(Device& device, int64_t bytes, bool pinned, const char* what) {
  if (data_ && bytes <= bytes_) return {};
  reset();
  device_ = &device, pinned_ = pinned;
  const int64_t free = pinned ? 0 : device.freeBytes();
  data_ = static_cast<std::byte*>(pinned ? device.allocatePinned(bytes) : device.allocate(bytes));
  if (data_) {
    bytes_ = bytes;
    return {};
  }
  device.answer();  // that there is no memory is said here, and is no failure of the device
  Problem problem;
  constexpr int kMiB = 20;
  problem.needs = Message("{0} MiB of memory for {1}", (bytes >> kMiB) + 1, Message(what));
  problem.got = pinned ? Message("less") : Message("{0} MiB that are free on {1}", free >> kMiB, device.info().name);
  problem.fix = "make the batch or the network smaller, or compute on the processor (--device cpu)";
  return tl::unexpected(problem);
}

}  // namespace engine
