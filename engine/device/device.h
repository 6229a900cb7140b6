// A CUDA device as the rest of the engine sees it: memory, copies, one stream for steps and one for what goes in beside them, and
// recordings of a step. Behind it is the CUDA module (cuda_module.cu), in tests built against the stand-in runtime; nothing here
// needs CUDA's headers. Every call of CUDA is looked at: what failed becomes a message.
//
// A device is used by one thread at a time.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/graph/op.h"
#include "engine/graph/problem.h"

namespace engine {

struct DeviceInfo {
  int index = 0;               // as CUDA counts
  std::string name;            // "NVIDIA H200"
  int major = 0, minor = 0;    // compute capability
  int64_t totalBytes = 0, freeBytes = 0;

  bool hasTf32() const { return major >= 8; }  // cuBLAS documentation, "TF32 Tensor Core math"
};

class Device {
 public:
  // Work is done in order within a lane. Steps run on `steps`; batches are copied in on `input`.
  enum class Lane { steps, input };
  // A place in a lane. Made once, marked again and again.
  class Mark {
   public:
    virtual ~Mark() = default;
  };
  // Kernels that were given to `steps` once and run as often as is asked.
  class Recording {
   public:
    virtual ~Recording() = default;
  };

  virtual ~Device() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual int64_t freeBytes() = 0;  // now
  // Products of floats on tensor cores, whose factors then have 10 bits behind the point and not 23. Off until it is asked for, and
  // asked for before a plan is made, which chooses its ways by it. False where the device has none.
  virtual bool allowTf32(bool on) = 0;
  virtual Cuda& cuda() = 0;         // what kernels are given: works on `steps`

  // Aligned to 256 bytes. Null where the device has not so much (or the host, for memory that the device copies from).
  virtual void* allocate(int64_t bytes) = 0;
  virtual void free(void* memory) = 0;
  virtual void* allocatePinned(int64_t bytes) = 0;
  virtual void freePinned(void* memory) = 0;

  // Give work to a lane and return. Memory of the host must be pinned, and stay as it is until the copy is done.
  virtual void copyIn(void* device, const void* pinned, int64_t bytes, Lane lane) = 0;
  virtual void copyOut(void* pinned, const void* device, int64_t bytes, Lane lane) = 0;
  virtual void copyWithin(void* to, const void* from, int64_t bytes, Lane lane) = 0;
  virtual void clear(void* memory, int64_t bytes, Lane lane) = 0;  // to zeros
  virtual std::unique_ptr<Mark> makeMark() = 0;                    // null where CUDA gives none
  virtual void mark(Mark& mark, Lane lane) = 0;
  virtual void waitInLane(Mark& mark, Lane lane) = 0;              // what follows in the lane waits
  // The host waits.
  virtual void waitFor(Mark& mark) = 0;
  virtual void wait(Lane lane) = 0;
  // Between these two, what is given to `steps` is recorded and not done. Null where that did not succeed: then the plain loop is
  // there, and answer() says why.
  virtual void beginRecording() = 0;
  virtual std::unique_ptr<Recording> endRecording() = 0;
  virtual void replay(Recording& recording) = 0;

  // So that nobody has to look at a step between its gradient and its update: brings `count` numbers together at `to`, and halts the
  // device unless the first `watched` of them are finite. What is given while guarded changes nothing on a device that is halted;
  // it stays so, recordings included, until resume().
  static constexpr int kMostGathered = 8;
  virtual void gather(const float* const* from, int count, int watched, float* to) = 0;
  virtual void guard(bool on) = 0;
  virtual void resume() = 0;

  // The first call that failed since this was asked last. Calls after a failure are made all the same.
  struct Answer {
    const char *call = nullptr, *reason = nullptr;  // "cudaLaunchKernelEx", "invalid argument"; null where nothing failed
  };
  virtual Answer answer() = 0;

  // The same as a message; `what` was done, for `node` if it was a node's op.
  Done check(const char* what, NodeId node = 0);
  // Copies that wait until they are done, from and to memory of any kind.
  Done upload(void* device, const void* host, int64_t bytes, const char* what);
  Done download(void* host, const void* device, int64_t bytes, const char* what);
};

// Memory of a device that frees itself.
class DeviceMemory {
 public:
  // Rounded up so that what follows lies as CUDA's own memory does.
  static int64_t padded(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

  DeviceMemory() = default;
  ~DeviceMemory() { reset(); }
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(device_, other.device_), std::swap(data_, other.data_), std::swap(bytes_, other.bytes_), std::swap(pinned_, other.pinned_);
    return *this;
  }
  // At least so large; what it held is gone when it grows. A problem names what it was for and the sizes.
  Done reserve(Device& device, int64_t bytes, const char* what);
  Done reservePinned(Device& device, int64_t bytes);
  std::byte* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  void reset();

 private:
  static constexpr int64_t kAlignment = 256;
  Done reserve(Device& device, int64_t bytes, bool pinned, const char* what);
  Device* device_ = nullptr;
  std::byte* data_ = nullptr;
  int64_t bytes_ = 0;
  bool pinned_ = false;
};

}  // namespace engine
