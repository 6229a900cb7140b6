// Counts the calls of operator new in this program: those of our own code, and apart from them those made by oneDNN.
// Include it in one file of a test program only: it replaces operator new.
#pragma once

#include <link.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace reference {

struct Allocations {
  std::atomic<bool> counting{false};
  std::atomic<int64_t> ours{0}, library{0};
  uintptr_t libraryBegin = 0, libraryEnd = 0;

  Allocations() {
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* self) {
          if (!std::strstr(info->dlpi_name, "libdnnl")) return 0;
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
            auto& all = *static_cast<Allocations*>(self);
            const uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                            end = begin + info->dlpi_phdr[i].p_memsz;
            if (!all.libraryBegin || begin < all.libraryBegin) all.libraryBegin = begin;
            if (end > all.libraryEnd) all.libraryEnd = end;
          }
          return 0;
        },
        this);
  }
  void count(const void* caller) {
    if (!counting.load(std::memory_order_relaxed)) return;
    const auto address = reinterpret_cast<uintptr_t>(caller);
    (address >= libraryBegin && address < libraryEnd ? library : ours).fetch_add(1, std::memory_order_relaxed);
  }
  void start() {
    ours = library = 0;
    counting = true;
  }
  void stop() { counting = false; }
};

inline Allocations allocations;

}  // namespace reference

void* operator new(size_t bytes) {
  reference::allocations.count(__builtin_return_address(0));
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  reference::allocations.count(__builtin_return_address(0));
  const size_t step = size_t(alignment);
  if (void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
// The standard library has these call the ones above; address sanitizer brings its own, whose memory free() must not get.
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  reference::allocations.count(__builtin_return_address(0));
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
