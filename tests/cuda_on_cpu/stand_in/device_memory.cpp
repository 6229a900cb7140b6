#include "stand_in/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "cuda_on_cpu.h"
#include "stand_in/api.h"
#include "stand_in/entry.h"
#include "stand_in/faults.h"
#include "stand_in/guarded.h"

namespace cuda_on_cpu {
namespace {

std::map<const char*, std::unique_ptr<Guarded>> pieces;  // by their begin
std::map<const char*, std::string> unseen;               // what they held, while blind
std::set<void*> hostPieces;                              // from cudaMallocHost
constexpr char nothing = char(0xFF);                     // as in new memory
size_t pieceCount = 0, bytesInUse = 0;
bool open = false, keptOpen = false, working = false;
std::optional<size_t> memory = size_t(4) << 30;

Guarded* pieceOf(const void* p) {
  const auto after = pieces.upper_bound(static_cast<const char*>(p));
  if (after == pieces.begin()) return nullptr;
  Guarded* piece = std::prev(after)->second.get();
  return static_cast<const char*>(p) <= piece->end() ? piece : nullptr;  // a guard lies between the end and the next
}

// What every work of the device does: looks who wrote, and where. Throws the work's Error, or one about bytes just outside.
void watched(Writer writer, const std::function<void()>& work, const std::function<void()>& close) {
  std::string problem;
  working = true;
  try {
    work();
  } catch (const Error& e) {
    problem = e.what();
  }
  watchWork(writer);
  for (const auto& [begin, piece] : pieces)
    if (const std::string place = piece->isOpen() ? piece->writtenAround() : ""; !place.empty() && problem.empty())
      problem = (writer == Writer::thread ? "a kernel wrote " : "a copy or product wrote ") + place +
                " of device memory";
  working = false;
  if (!keptOpen) close();
  if (!problem.empty()) fail(problem);
}

void setOpen(bool now) {
  if (open == now) return;
  for (const auto& [begin, piece] : pieces) piece->setOpen(now);
  open = now;
}

}  // namespace

bool inDeviceMemory(const void* p) { return pieceOf(p) != nullptr; }

bool inDeviceMemory(const void* p, size_t bytes) {
  const Guarded* piece = pieceOf(p);
  return piece && bytes <= size_t(piece->end() - static_cast<const char*>(p));
}

bool inHostMemory(const void* p) {
  // Programs, heaps and stacks lie at the upper end of a process's addresses; below, sanitizers have memory wherever a number, or two
  // small ones, may point.
  constexpr uintptr_t least = uintptr_t(1) << 45, most = uintptr_t(1) << 48, page = 4096;
  const auto address = reinterpret_cast<uintptr_t>(p);
  if (address < least || address >= most) return false;
  const auto after = pieces.upper_bound(static_cast<const char*>(p));
  if (after != pieces.end() && after->second->near(p)) return false;
  if (after != pieces.begin() && std::prev(after)->second->near(p)) return false;
  return msync(reinterpret_cast<void*>(address / page * page), 1, MS_ASYNC) == 0;  // fails where nothing is
}

size_t allocations() { return pieceCount; }
size_t allocatedBytes() { return bytesInUse; }

void setDevice(bool present, size_t memoryBytes) {
  if (present)
    memory = memoryBytes;
  else
    memory.reset();
}
const size_t* deviceMemory() { return memory ? &*memory : nullptr; }

void whileOpen(Writer writer, const std::function<void()>& work) {
  if (working) return work();
  setOpen(true);
  watched(writer, work, [] { setOpen(false); });
}

void whileOpen(Writer writer, const void* to, const void* from, const std::function<void()>& work) {
  if (working || watching()) return whileOpen(writer, work);
  Guarded* const ends[] = {pieceOf(to), pieceOf(from)};
  const auto set = [&](bool now) {
    for (Guarded* end : ends)
      if (end) end->setOpen(now);
  };
  if (!keptOpen) set(true);
  watched(writer, work, [&] { set(false); });
}

KeptOpen::KeptOpen() {
  setOpen(true);
  keptOpen = true;
}
KeptOpen::~KeptOpen() {
  keptOpen = false;
  setOpen(false);
}

void setBlind(bool blind) {
  if (blind != unseen.empty()) return;
  for (const auto& [begin, piece] : pieces) {
    if (blind) {
      unseen[begin].assign(piece->begin(), piece->end());
      std::fill(piece->begin(), piece->end(), nothing);
    } else {
      const std::string& before = unseen.at(begin);
      std::transform(piece->begin(), piece->end(), before.begin(), piece->begin(), [](char now, char then) { return now == nothing ? then : now; });
    }
  }
  if (!blind) unseen.clear();
}

std::string describeDeviceFault(const void* p) {
  for (const auto& [begin, piece] : pieces)
    if (piece->near(p)) return piece->place(p) + " of device memory";
  return {};
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

cudaError_t cudaMalloc(void** p, size_t bytes) {
  const Entry entry("cudaMalloc");
  if (!memory) return remember(cudaErrorInsufficientDriver);
  if (breaksCapture()) return remember(cudaErrorStreamCaptureUnsupported);
  *p = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (bytes > *memory - std::min(*memory, bytesInUse)) return remember(cudaErrorMemoryAllocation);
  reportFaults();
  auto piece = std::make_unique<Guarded>(bytes);
  piece->setOpen(false);
  *p = piece->begin();
  pieces.emplace(piece->begin(), std::move(piece));
  ++pieceCount;
  bytesInUse += bytes;
  return cudaSuccess;
}

cudaError_t cudaFree(void* p) {
  const Entry entry("cudaFree");
  if (!p) return cudaSuccess;
  if (breaksCapture()) return remember(cudaErrorStreamCaptureUnsupported);
  const auto found = pieces.find(static_cast<char*>(p));
  if (found == pieces.end()) return remember(cudaErrorInvalidValue);
  bytesInUse -= found->second->bytes();
  watchFreed(found->second->begin(), found->second->end());
  pieces.erase(found);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** p, size_t bytes) { return cudaHostAlloc(p, bytes, cudaHostAllocDefault); }

cudaError_t cudaHostAlloc(void** p, size_t bytes, unsigned) {
  const Entry entry("cudaHostAlloc");
  if (breaksCapture()) return remember(cudaErrorStreamCaptureUnsupported);
  *p = bytes > 0 ? std::malloc(bytes) : nullptr;
  if (!*p && bytes > 0) return remember(cudaErrorMemoryAllocation);
  if (*p) hostPieces.insert(*p);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* p) {
  const Entry entry("cudaFreeHost");
  if (!p) return cudaSuccess;
  if (hostPieces.erase(p) == 0) return remember(cudaErrorInvalidValue);
  std::free(p);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  if (!memory) return remember(cudaErrorInsufficientDriver);
  *total = *memory;
  *free = *memory - std::min(*memory, bytesInUse);
  return cudaSuccess;
}
