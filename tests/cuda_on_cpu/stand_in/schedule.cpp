// A fiber runs CUDA threads until one of them has to wait (a barrier or a warp operation); only then does another fiber
// take over. Kernels that never wait therefore run as a plain loop.
#include "stand_in/schedule.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "cuda_on_cpu.h"
#include "stand_in/device_memory.h"
#include "stand_in/fibers.h"
#include "stand_in/order.h"
#include "stand_in/shared_memory.h"
#include "stand_in/threads.h"
#include "stand_in/watch.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace cuda_on_cpu {
namespace {

constexpr int maxThreads = 1024;
constexpr size_t maxDynamicShared = 48 << 10;  // without asking for more by an attribute

enum class Waits { no, forBlock, forWarp };

struct Thread {
  uint3 index{};
  int fiber = -1;  // -1: not begun
  bool done = false;
  Waits waits = Waits::no;
  unsigned mask = 0;  // of the warp operation that it waits for
  Where where{};
  uint64_t value = 0;  // what it gives to the others

  void begin(uint3 at) { index = at, fiber = -1, done = false, waits = Waits::no; }
};

struct Cancelled {};  // unwinds the threads of a launch that failed

struct Block {
  const std::function<void()>* thread;
  int count, next, current;
  Threads handicap;
  int order[maxThreads], rank[maxThreads];
  Thread threads[maxThreads];
  Meeting met[maxThreads];  // a copy for each thread: the first to go on may already be giving for the next

  Fiber scheduler, fibers[maxThreads];
  int fiberCount, running;
  int idle[maxThreads], idleCount;
  int ready[maxThreads], readyCount;
  bool onFiber, cancelling;
  std::optional<std::string> failure;
  char done;  // the thread sanitizer's name for the end of a block
} block;

#if defined(CUDA_ON_CPU_TSAN)
// What orders the threads of a group for the thread sanitizer: all release it before they wait and acquire it after. Two in
// turn, since the first to go on may release for the next meeting before the last has acquired for this one.
struct GroupOrder {
  unsigned mask;
  char turns[2] = {};
  int turn = 0;
};
std::deque<GroupOrder> groupOrders[maxThreads / warpSize + 1];  // of each warp; the last: the block

GroupOrder& groupOrder(int number, bool whole, unsigned mask) {
  std::deque<GroupOrder>& orders = groupOrders[whole ? maxThreads / warpSize : number / warpSize];
  for (GroupOrder& each : orders)
    if (each.mask == mask) return each;
  return orders.emplace_back(GroupOrder{mask});
}
#endif

std::string name(uint3 i) {
  return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}
std::string name(const Where& where) { return std::string(where.file) + ":" + std::to_string(where.line); }

bool isFirst(int number) { return number == 0 && blockIdx.x == 0 && blockIdx.y == 0 && blockIdx.z == 0; }

void select(int number) {
  block.current = number;
  if (block.handicap == Threads::othersBlind) setBlind(!isFirst(number));
  threadIdx = block.threads[number].index;
}

void noteFailure(const std::string& what) {
  if (!block.failure) block.failure = what + " (in " + currentThread() + ")";
}

void fiberBody() {
  const int self = block.running;
  enterFiber(block.scheduler);
  for (;;) {
    while (block.next < block.count && !block.failure) {
      const int number = block.order[block.next++];
      if (block.threads[number].done) continue;  // as if it had ended at once
      block.threads[number].fiber = self;
      select(number);
      acquireOrder(&block.thread);  // after the launch
      try {
        (*block.thread)();
      } catch (const Cancelled&) {
      } catch (const std::exception& e) {
        noteFailure(e.what());
      }
      releaseOrder(&block.done);
      block.threads[block.current].done = true;
      watchTurn();
#if defined(CUDA_ON_CPU_TSAN)
      break;  // a fiber of its own for every CUDA thread
#endif
    }
#if !defined(CUDA_ON_CPU_TSAN)
    block.idle[block.idleCount++] = self;
#endif
    switchFiber(block.fibers[self], block.scheduler);
  }
}

void resume(int fiber) {
  block.running = fiber;
  block.onFiber = true;
  switchFiber(block.scheduler, block.fibers[fiber]);
  block.onFiber = false;
}

bool resumeOne() {
  if (block.failure) return false;
  if (block.readyCount > 0) {
    select(block.ready[--block.readyCount]);
    resume(block.threads[block.current].fiber);
  } else if (block.next < block.count) {
    if (block.idleCount == 0) {
      makeFiber(block.fibers[block.fiberCount], &fiberBody);
      block.idle[block.idleCount++] = block.fiberCount++;
    }
    resume(block.idle[--block.idleCount]);
  } else {
    return false;
  }
  return true;
}

std::string describe(const Thread& thread) {
  return std::string(thread.waits == Waits::forBlock ? "__syncthreads" : "a warp operation") + " at " +
         name(thread.where);
}

// Visits the threads that thread `number` waits for: all of the block, or the lanes in its mask. Stops at a false.
template <class Visit>
bool forGroup(int number, const Visit& visit) {
  const Thread& self = block.threads[number];
  const bool whole = self.waits == Waits::forBlock;
  const unsigned mask = self.mask;
  const int begin = whole ? 0 : number / warpSize * warpSize;
  const int end = whole ? block.count : std::min(block.count, begin + warpSize);
  for (int i = begin; i < end; ++i)
    if (!block.threads[i].done && (whole || mask >> (i - begin) & 1) && !visit(i, i - begin)) return false;
  return true;
}

// If all are there that thread `number` waits for, they may go on. Threads that have ended count as being there.
void releaseGroupOf(int number) {
  const Thread& self = block.threads[number];
  const bool whole = self.waits == Waits::forBlock;
  Meeting met;
  const bool complete = forGroup(number, [&](int i, int lane) {
    const Thread& other = block.threads[i];
    if (other.waits != self.waits || (!whole && other.mask != self.mask)) return false;
    if (other.where.line != self.where.line ||
        (other.where.file != self.where.file && std::strcmp(other.where.file, self.where.file) != 0))
      fail("threads " + name(self.index) + " and " + name(other.index) + " of block " + name(blockIdx) +
           " meet at different places: " + describe(self) + " and " + describe(other));
    ++met.votes.threads;
    met.votes.yes += other.value != 0;
    if (!whole) {
      met.present |= 1u << lane;
      met.received[lane] = other.value;
    }
    return true;
  });
  if (!complete) return;
#if defined(CUDA_ON_CPU_TSAN)
  groupOrder(number, whole, self.mask).turn ^= 1;
#endif
  int members[maxThreads], count = 0;
  forGroup(number, [&](int i, int) {
    members[count++] = i;
    return true;
  });
  for (int m = 0; m < count; ++m) {
    Thread& thread = block.threads[members[m]];
    if (whole)
      block.met[members[m]].votes = met.votes;
    else
      block.met[members[m]] = met;
    thread.waits = Waits::no;
    block.ready[block.readyCount++] = members[m];
  }
}

// Unwinds every thread that still stands somewhere in the kernel, so that its fiber is free again.
void cancelThreads() {
  block.cancelling = true;
  for (int i = 0; i < block.count; ++i)
    if (block.threads[i].fiber >= 0 && !block.threads[i].done) {
      select(i);
      resume(block.threads[i].fiber);
    }
  block.cancelling = false;
}

void runThreads() {
  for (;;) {
    while (resumeOne())
      if (runsAhead() && block.threads[block.current].waits == Waits::forWarp) releaseGroupOf(block.current);
    if (block.failure) return;
    for (int i = 0; i < block.count; ++i)
      if (block.threads[i].waits != Waits::no) releaseGroupOf(i);
    if (block.readyCount == 0) break;
    std::sort(block.ready, block.ready + block.readyCount,
              [](int a, int b) { return block.rank[a] > block.rank[b]; });
  }
  for (int i = 0; i < block.count; ++i)
    if (!block.threads[i].done)
      fail("thread " + name(block.threads[i].index) + " of block " + name(blockIdx) + " waits for others forever: " +
           describe(block.threads[i]));
}

void runBlock(uint3 index) {
  blockIdx = index;
  block.next = block.readyCount = 0;
  block.failure.reset();
  for (int i = 0; i < block.count; ++i) {
    const unsigned n = unsigned(i);
    block.threads[i].begin({n % blockDim.x, n / blockDim.x % blockDim.y, n / (blockDim.x * blockDim.y)});
    block.threads[i].done = block.handicap == Threads::firstAlone && !isFirst(i);
  }
#if defined(CUDA_ON_CPU_TSAN)
  block.idleCount = 0;
  for (int i = block.fiberCount - 1; i >= 0; --i) block.idle[block.idleCount++] = i;
#endif
  releaseOrder(&block.thread);
  try {
    runThreads();
  } catch (const Error& e) {
    block.failure = e.what();
  }
  if (block.failure) cancelThreads();
  acquireOrder(&block.done);
  if (block.failure) fail(*block.failure);
}

}  // namespace

void runGrid(const std::function<void()>& thread, dim3 grid, dim3 dim, size_t dynamicSharedBytes, Threads handicap) {
  const uint64_t count = uint64_t(dim.x) * dim.y * dim.z;
  if (count < 1 || count > maxThreads || dim.z > 64)
    fail("a block has 1 to 1024 threads, at most 64 of them in z; got " + name({dim.x, dim.y, dim.z}));
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535 ||
      uint64_t(grid.x) * grid.y * grid.z > 0x7fffffff)
    fail("a grid has at least one block, and at most (2147483647,65535,65535); got " + name({grid.x, grid.y, grid.z}));
  if (dynamicSharedBytes > maxDynamicShared)
    fail("a block has at most 49152 bytes of dynamic shared memory; got " + std::to_string(dynamicSharedBytes));
  adoptFiber(block.scheduler);
  block.thread = &thread, block.count = int(count), block.handicap = handicap;
  blockDim = dim, gridDim = grid;
  const std::vector<int> threads = makeOrder(block.count, warpSize, 1);
  for (int i = 0; i < block.count; ++i) block.order[i] = threads[i], block.rank[threads[i]] = i;
  SharedMemory shared(dynamicSharedBytes);
  const SightAfterwards sight;
  if (handicap == Threads::allBlind) setBlind(true);
  for (int each : makeOrder(int(grid.x * grid.y * grid.z), 1, 2)) {
    const unsigned b = unsigned(each);
    if (handicap == Threads::firstAlone && b > 0) continue;
    shared.renew();
    runBlock({b % grid.x, b / grid.x % grid.y, b / (grid.x * grid.y)});
    shared.check();
  }
}

bool inKernel() { return block.onFiber; }

std::string currentThread() { return "thread " + name(threadIdx) + " of block " + name(blockIdx); }

void abandonThread(const std::string& what) {
  noteFailure(what);
  block.threads[block.current].done = true;
  const int fiber = block.running;
  restartFiber(block.fibers[fiber], &fiberBody);
#if !defined(CUDA_ON_CPU_TSAN)
  block.idle[block.idleCount++] = fiber;
#endif
  leaveFiber(block.scheduler);
}

std::string describeFault(const void* p) {
  if (inGuardPage(block.fibers[block.running], p)) return "the stack of 256 KiB is full";
  return describeSharedFault(p);
}

const Meeting& meetOthers(bool wholeBlock, unsigned mask, uint64_t value, const Where& where) {
  if (!block.onFiber) fail("a barrier or warp operation outside of a kernel, at " + name(where));
  const int number = block.current;
  if (!wholeBlock && !(mask >> number % warpSize & 1)) fail("a lane that is not in its own mask, at " + name(where));
  Thread& self = block.threads[number];
  self.waits = wholeBlock ? Waits::forBlock : Waits::forWarp;
  self.mask = mask, self.value = value, self.where = where;
  watchTurn();
#if defined(CUDA_ON_CPU_TSAN)
  GroupOrder& order = groupOrder(number, wholeBlock, mask);
  char* const turn = &order.turns[order.turn];
  releaseOrder(turn);
#endif
  if (block.readyCount > 0 && !runsAhead() && !block.failure) {  // as the scheduler would, without the way there and back
    select(block.ready[--block.readyCount]);
    block.running = block.threads[block.current].fiber;
    switchFiber(block.fibers[self.fiber], block.fibers[block.running]);
  } else {
    switchFiber(block.fibers[self.fiber], block.scheduler);
  }
  if (block.cancelling) throw Cancelled{};
#if defined(CUDA_ON_CPU_TSAN)
  acquireOrder(turn);
#endif
  return block.met[number];
}

int lane() { return block.current % warpSize; }

}  // namespace cuda_on_cpu
