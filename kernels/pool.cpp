#include "kernels/pool.h"

#include <omp.h>

#include <algorithm>
#include <chrono>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace kernels {
namespace {

using Clock = std::chrono::steady_clock;

// Regions of one step follow each other within a few microseconds; going to sleep and waking up costs about as much as
// this. An idle worker is asleep after it.
constexpr auto spinTime = std::chrono::microseconds(50);
constexpr int pausesPerLook = 32;  // a pause takes 3 to 50 ns, a look at the clock about 25

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#endif
}

// Waits a moment for ready(), and tells whether it came true.
template <class Ready>
bool spin(const Ready& ready) {
  const auto end = Clock::now() + spinTime;
  do {
    for (int i = 0; i < pausesPerLook; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (Clock::now() < end);
  return ready();
}

constexpr uint64_t packed(uint32_t generation, int first, int end) {
  return uint64_t(generation) << 32 | uint64_t(first) << 16 | uint64_t(end);
}

}  // namespace

void oneThreadForLibraries() {
  if (omp_get_max_threads() != 1) omp_set_num_threads(1);  // the setting belongs to the calling thread
}

Pool::Pool(int threads) : shares_(size_t(std::max(1, threads))) {
  workers_.reserve(size_t(std::max(0, threads - 1)));
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { live(i); });
  } catch (...) {  // the machine has no more; nobody else would end those that live
    end();
    throw;
  }
}

Pool::~Pool() { end(); }

void Pool::end() {
  stop_.store(true);
  call_.fetch_add(1);
  call_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

bool Pool::takeFrom(int share, bool fromFront) {
  std::atomic<uint64_t>& shared = shares_[size_t(share)].open;
  uint64_t open = shared.load(std::memory_order_acquire);
  for (;;) {
    const int first = int(open >> 16 & 0xffff), end = int(open & 0xffff);
    if (first >= end) return false;
    // Should the region end here, these may already be the next one's; then the exchange fails.
    const auto work = work_.load(std::memory_order_relaxed);
    const void* context = context_.load(std::memory_order_relaxed);
    const uint64_t less = packed(uint32_t(open >> 32), fromFront ? first + 1 : first, fromFront ? end : end - 1);
    if (!shared.compare_exchange_weak(open, less, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
    work(context, fromFront ? first : end - 1);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
    return true;
  }
}

bool Pool::takeSlice(int thread) {
  if (takeFrom(thread, true)) return true;
  for (int i = 1, all = threads(); i < all; ++i)
    if (takeFrom((thread + i) % all, false)) return true;
  return false;
}

void Pool::live(int thread) {
  oneThreadForLibraries();
  for (;;) {
    const int call = call_.load();
    while (takeSlice(thread)) {
    }
    if (stop_.load()) return;
    if (!spin([&] { return call_.load(std::memory_order_acquire) != call; })) call_.wait(call);
  }
}

void Pool::run(int slices, void (*work)(const void*, int), const void* context) {
  if (slices <= 1 || slices > kMostSlices || workers_.empty() || running_.exchange(true, std::memory_order_acquire)) {
    for (int slice = 0; slice < slices; ++slice) work(context, slice);
    return;
  }
  work_.store(work, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  unfinished_.store(slices, std::memory_order_relaxed);
  ++generation_;
  for (int t = 0, all = threads(); t < all; ++t)
    shares_[size_t(t)].open.store(packed(generation_, int(int64_t(slices) * t / all), int(int64_t(slices) * (t + 1) / all)), std::memory_order_release);
  call_.fetch_add(1);
  const int needed = slices - 1;  // the caller is one
  if (needed >= int(workers_.size())) {
    call_.notify_all();
  } else {
    for (int i = 0; i < needed; ++i) call_.notify_one();
  }
  while (takeSlice(0)) {
  }
  int left = unfinished_.load(std::memory_order_acquire);
  if (left && !spin([&] { return unfinished_.load(std::memory_order_acquire) == 0; }))
    while ((left = unfinished_.load(std::memory_order_acquire))) unfinished_.wait(left, std::memory_order_acquire);
  running_.store(false, std::memory_order_release);
}

void runSlices(Cpu& cpu, int slices, void (*work)(const void*, int), const void* context) {
  if (cpu.pool) return cpu.pool->run(slices, work, context);
  for (int slice = 0; slice < slices; ++slice) work(context, slice);
}

}  // namespace kernels
