// Device memory, closed to the host except while work of the device runs. For the stand-in's own files.
#pragma once

#include <functional>
#include <string>

#include "stand_in/watch.h"

namespace cuda_on_cpu {

// Opens device memory, works, looks who wrote, and closes it. Throws the work's Error, or one about bytes that the work
// wrote just outside of an allocation.
void whileOpen(Writer writer, const std::function<void()>& work);
// The same for a copy: only what lies at `to` and `from` is opened, which are all of its pieces.
void whileOpen(Writer writer, const void* to, const void* from, const std::function<void()>& work);

// While one lives, device memory is open also between the works of the device: for a recorded graph, where nothing of the
// host runs in between. Opening is a call of the system for each piece, and dear for large ones.
class KeptOpen {
 public:
  KeptOpen();
  ~KeptOpen();
  KeptOpen(const KeptOpen&) = delete;
  KeptOpen& operator=(const KeptOpen&) = delete;
};

// While blind, all device memory (which is open) holds 0xFF; afterwards what it held before, and what was written meanwhile.
void setBlind(bool blind);
struct SightAfterwards {
  ~SightAfterwards() { setBlind(false); }
};

// Whether there is memory at p that is not the device's, nor in the pages around that. Numbers that happen to be such an address do
// not occur: those that are counted are smaller, doubles and random bits are nearly all larger.
bool inHostMemory(const void* p);

// "byte 7 of 100 bytes of device memory"; nothing if p is not near device memory.
std::string describeDeviceFault(const void* p);

// The device's size; null if there is none.
const size_t* deviceMemory();

}  // namespace cuda_on_cpu
