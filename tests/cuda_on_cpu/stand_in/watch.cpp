#include "stand_in/watch.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "cuda_on_cpu.h"
#include "stand_in/device_memory.h"
#include "stand_in/fibers.h"
#include "stand_in/words.h"

namespace cuda_on_cpu {
namespace {

constexpr uint64_t threadsPerBlock = 1024;
constexpr uint64_t deviceWriters = uint64_t(1) << 62;  // beyond every CUDA thread's number
constexpr size_t wordBytes = 4;                        // a product or copy has a writer for each
constexpr size_t lineBytes = 64;                           // compared at once

struct Region {
  const unsigned char* begin;
  std::vector<unsigned char> picture;
  std::unordered_set<uint64_t> writers;
};
std::vector<Region> regions;

uint64_t runningThread() {
  const uint64_t number = (uint64_t(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  return number * threadsPerBlock + (uint64_t(threadIdx.z) * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

// Most turns change little, and this is asked at each: as words, without a branch at each of them.
bool differ(const unsigned char* a, const unsigned char* b) {
  uint64_t different = 0;
  for (size_t i = 0; i < lineBytes; i += sizeof(uint64_t)) {
    uint64_t left, right;
    __builtin_memcpy(&left, a + i, sizeof left);
    __builtin_memcpy(&right, b + i, sizeof right);
    different |= left ^ right;
  }
  return different != 0;
}

template <class Changed>
void compare(Region& region, const Changed& changed) {
  const size_t bytes = region.picture.size();
  for (size_t line = 0; line < bytes; line += lineBytes) {
    const size_t end = std::min(line + lineBytes, bytes);
    if (end - line == lineBytes && !differ(region.begin + line, region.picture.data() + line)) continue;
    for (size_t i = line; i < end; ++i)
      if (const unsigned char now = region.begin[i]; now != region.picture[i]) {
        region.picture[i] = now;
        changed(i);
      }
  }
}

}  // namespace

bool watching() { return !regions.empty(); }

void watchTurn() {
  if (regions.empty()) return;
  const Unseen unseen;
  for (Region& region : regions) {
    bool wrote = false;
    compare(region, [&](size_t) { wrote = true; });
    if (wrote) region.writers.insert(runningThread());
  }
}

void watchWork(Writer writer) {
  for (Region& region : regions)
    compare(region, [&](size_t i) {
      if (writer == Writer::device) region.writers.insert(deviceWriters + i / wordBytes);
    });
}

void watchFreed(const void* begin, const void* end) {
  std::erase_if(regions, [&](const Region& region) { return region.begin >= begin && region.begin < end; });
}

void watch(const void* begin, size_t bytes) {
  if (!inDeviceMemory(begin, bytes)) fail("watch: " + std::to_string(bytes) + " bytes that are not device memory");
  Region region{static_cast<const unsigned char*>(begin), {}, {}};
  whileOpen(Writer::host, [&] { region.picture.assign(region.begin, region.begin + bytes); });
  std::erase_if(regions, [&](const Region& other) { return other.begin == region.begin; });
  regions.push_back(std::move(region));
}

size_t writers() {
  std::unordered_set<uint64_t> all;
  for (const Region& region : regions) all.insert(region.writers.begin(), region.writers.end());
  return all.size();
}

size_t writers(const void* begin) {
  for (const Region& region : regions)
    if (region.begin == begin) return region.writers.size();
  fail("writers: no watched region begins there");
}

void unwatch() { regions.clear(); }

}  // namespace cuda_on_cpu
