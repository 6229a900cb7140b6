// The thread that makes batches.
#include "engine/data/prefetch.h"

#include <cstdlib>
#include <system_error>

#include "engine/data/bytes.h"

namespace engine::data {
namespace {
constexpr size_t kAlignment = 64;  // a cache line, and the widest vector
}

Result<std::unique_ptr<Prefetch>> Prefetch::start(Loader loader, Position from,
                                                  std::array<std::vector<void*>, kSlots> inputs) {
  return guardMemory("batches", [&]() -> Result<std::unique_ptr<Prefetch>> {
    std::unique_ptr<Prefetch> prefetch(new Prefetch(std::move(loader), from, std::move(inputs)));
    for (std::vector<void*>& slot : prefetch->slots_) {
      if (!slot.empty()) continue;
      for (size_t binding = 0; binding < prefetch->loader_.bindings(); ++binding) {
        const size_t bytes = (size_t(prefetch->loader_.bytesOf(binding)) / kAlignment + 1) * kAlignment;
        void* memory = std::aligned_alloc(kAlignment, bytes);
        if (!memory) throw std::bad_alloc();
        prefetch->own_.emplace_back(memory);
        slot.push_back(memory);
      }
    }
    try {
      prefetch->thread_ = std::thread(&Prefetch::run, prefetch.get());
    } catch (const std::system_error&) {
      return failure("batches", {"a thread to read data"}, {"none is left"});
    }
    return prefetch;
  });
}

Prefetch::~Prefetch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Prefetch::run() {
  for (uint64_t number = 0;; ++number) {
    const size_t slot = number % kSlots;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || number - released_ < kSlots; });
      if (stop_) return;
    }
    // The slot is nobody else's now.
    const Result<int64_t> rows = guardMemory("batches", [&] { return loader_.fill(next_, slots_[slot]); });
    {
      const std::lock_guard lock(mutex_);
      if (rows) {
        batches_[slot] = {next_, *rows, slot, slots_[slot]};
        made_ = number + 1;
      } else {
        state_ = tl::unexpected(rows.error());
      }
    }
    changed_.notify_all();
    if (!rows) return;
    next_ = loader_.order().next(next_);
  }
}

Result<Prefetch::Batch> Prefetch::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return made_ > released_ || !state_; });
  if (made_ > released_) return batches_[released_ % kSlots];
  return tl::unexpected(state_.error());
}

void Prefetch::release() {
  {
    const std::lock_guard lock(mutex_);
    if (released_ < made_) ++released_;
  }
  changed_.notify_all();
}

}  // namespace engine::data
