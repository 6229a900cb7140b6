// What the threads of a block and the lanes of a warp do together: barriers, votes and shuffles.
#pragma once

#include <cstring>
#include <type_traits>

#include "stand_in/words.h"

namespace cuda_on_cpu {

// A place in a kernel; std::source_location, which clang 14 does not have.
struct Where {
  const char* file;
  int line;
  static constexpr Where current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

struct Votes {
  int threads, yes;
};

// The scheduler (schedule.cpp). Each of these waits until all that should meet are there.
Votes meetBlock(bool vote, const Where& where);
Votes meetWarp(unsigned mask, const Where& where);
unsigned ballot(unsigned mask, bool vote, const Where& where);
// Gives `value`, and gets that of lane `source`: all bits set if that lane is not there (undefined on a GPU).
uint64_t exchange(unsigned mask, uint64_t value, int source, const Where& where);
int lane();
void checkShuffleWidth(int width);

// Memory of the block, as many bytes as the launch asked for. Use it through one function of the kernels, whose other
// half is `extern __shared__`.
void* dynamicShared();

template <class T>
T exchange(unsigned mask, T value, int source, const Where& where) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "CUDA shuffles 4 and 8 byte numbers");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = exchange(mask, bits, source, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace cuda_on_cpu

// The place of the call, in the messages about threads that do not meet.
#define CUDA_ON_CPU_WHERE cuda_on_cpu::Where where = cuda_on_cpu::Where::current()

inline void __syncthreads(CUDA_ON_CPU_WHERE) { cuda_on_cpu::meetBlock(false, where); }
inline int __syncthreads_count(int vote, CUDA_ON_CPU_WHERE) { return cuda_on_cpu::meetBlock(vote != 0, where).yes; }
inline int __syncthreads_or(int vote, CUDA_ON_CPU_WHERE) { return cuda_on_cpu::meetBlock(vote != 0, where).yes > 0; }
inline int __syncthreads_and(int vote, CUDA_ON_CPU_WHERE) {
  const cuda_on_cpu::Votes votes = cuda_on_cpu::meetBlock(vote != 0, where);
  return votes.yes == votes.threads;
}

inline void __syncwarp(unsigned mask = ~0u, CUDA_ON_CPU_WHERE) { cuda_on_cpu::meetWarp(mask, where); }

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, CUDA_ON_CPU_WHERE) {
  cuda_on_cpu::checkShuffleWidth(width);
  const int first = cuda_on_cpu::lane() & ~(width - 1);
  return cuda_on_cpu::exchange(mask, value, first + (source & (width - 1)), where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, CUDA_ON_CPU_WHERE) {
  cuda_on_cpu::checkShuffleWidth(width);
  const int lane = cuda_on_cpu::lane(), other = lane ^ bits;
  return cuda_on_cpu::exchange(mask, value, other / width > lane / width ? lane : other, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, CUDA_ON_CPU_WHERE) {
  cuda_on_cpu::checkShuffleWidth(width);
  const int lane = cuda_on_cpu::lane(), other = lane + int(delta);
  return cuda_on_cpu::exchange(mask, value, other / width > lane / width ? lane : other, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, CUDA_ON_CPU_WHERE) {
  cuda_on_cpu::checkShuffleWidth(width);
  const int lane = cuda_on_cpu::lane(), other = lane - int(delta);
  return cuda_on_cpu::exchange(mask, value, other < (lane & ~(width - 1)) ? lane : other, where);
}

inline unsigned __ballot_sync(unsigned mask, int vote, CUDA_ON_CPU_WHERE) {
  return cuda_on_cpu::ballot(mask, vote != 0, where);
}
inline int __any_sync(unsigned mask, int vote, CUDA_ON_CPU_WHERE) {
  return cuda_on_cpu::ballot(mask, vote != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int vote, CUDA_ON_CPU_WHERE) {
  return cuda_on_cpu::ballot(mask, vote == 0, where) == 0;
}

// Blocks run one after the other and threads switch only where they meet: memory is always in order.
inline void __threadfence() {}
inline void __threadfence_block() {}
