// Makes the next batch on a thread of its own while the plan works on this one: two slots, never more ahead.
#pragma once
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/data/loader.h"

namespace engine::data {

class Prefetch {
 public:
  static constexpr size_t kSlots = 2;

  struct Batch {
    Position position;
    int64_t rows = 0;                 // fewer than the batch size in a last batch
    size_t slot = 0;                  // which of the two
    std::span<void* const> bindings;  // (rows, shape...) for each binding, aligned to 64 bytes when the memory is ours
  };

  // Begins with batch `from` and goes on through the epochs without end. `inputs` are the plan's own input slots, a
  // pointer for each binding with room for a full batch; when they are empty, memory of its own is taken. Both have to
  // outlive this. Equal batches come out wherever it begins: position alone decides.
  static Result<std::unique_ptr<Prefetch>> start(Loader loader, Position from = {},
                                                 std::array<std::vector<void*>, kSlots> inputs = {});
  // Stops at the end of the batch that is being made.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  const Order& order() const { return loader_.order(); }

  // Waits for the next batch, in order. It belongs to the caller until release(); without that, the same one comes
  // again. A problem of reading comes out here, in its turn, and at every later call. take() and release() are for one
  // thread.
  Result<Batch> take();
  void release();

 private:
  Prefetch(Loader loader, Position from, std::array<std::vector<void*>, kSlots> inputs)
      : loader_(std::move(loader)), next_(from), slots_(std::move(inputs)) {}
  void run();

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<void, Free>> own_;

  // The thread's alone.
  Loader loader_;
  Position next_;

  std::array<std::vector<void*>, kSlots> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex.
  std::array<Batch, kSlots> batches_;
  uint64_t made_ = 0, released_ = 0;  // batch number n lies in slot n % kSlots
  Done state_;                        // what stopped the thread
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace engine::data
