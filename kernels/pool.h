// The threads that run slices. One pool for a process: its workers spin for a moment between regions, so that the many
// short regions of a training step follow each other without a system call, and then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "kernels/device.h"

namespace kernels {

class Pool {
 public:
  // The calling thread is one of them; 1 or less starts none. Throws std::system_error where the machine has no more.
  explicit Pool(int threads);
  ~Pool();                     // no region may be running
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return int(shares_.size()); }

  // Calls work(context, slice) once for every slice of [0, slices), at most kMostSlices, and returns when all have returned; what
  // they wrote is then visible to the caller. In any order, on the workers and on the calling thread. `work` must not throw.
  // Each thread begins with its own share of neighbouring slices, the same from region to region: what it wrote as slice s of one
  // region is still in its caches as slice s of the next. Who has done his share takes from the ends of others'.
  // Called while a region of this pool is running (by a slice, or by another thread), it runs on the calling thread.
  void run(int slices, void (*work)(const void* context, int slice), const void* context);

  static constexpr int kMostSlices = 0xffff;

 private:
  void live(int thread);
  void end();
  bool takeSlice(int thread);
  bool takeFrom(int share, bool fromFront);

  // The slices of a thread's share that nobody has taken: the region's generation in the high half, then the first and the end, 16
  // bits each. One is taken by a compare and exchange on all, so a worker that slept through a region cannot take a slice of the
  // next with the old job.
  struct alignas(64) Share {
    std::atomic<uint64_t> open{0};
  };
  std::vector<Share> shares_;  // one a thread
  alignas(64) std::atomic<void (*)(const void*, int)> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  uint32_t generation_ = 0;

  alignas(64) std::atomic<int> unfinished_{0};  // slices that have not returned; the caller waits for 0
  alignas(64) std::atomic<int> call_{0};        // counts regions; sleeping workers wait for it to change
  std::atomic<bool> running_{false};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;
};

// oneDNN splits its work among OpenMP threads unless told not to, and its results then depend on their number. This
// sets the calling thread to one; cheap enough to be called before each primitive is created or executed.
void oneThreadForLibraries();

}  // namespace kernels
