// What the CUDA module gives to the program: the kernels of every op for the device, and devices. It is a library of its own that
// is looked for at run time, so that a program built with CUDA starts on a machine without driver and CUDA's libraries.
#pragma once
#include <memory>

#include "engine/device/device.h"

namespace engine {

// Changes with everything that both sides must see alike.
inline constexpr uint64_t interfaceHash() {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint64_t part : {uint64_t(1), uint64_t(sizeof(Info)), uint64_t(sizeof(OpType)), uint64_t(sizeof(Call)), uint64_t(sizeof(Tensor)), uint64_t(sizeof(Shape)),
                        uint64_t(sizeof(StepState)), uint64_t(sizeof(Preparation)), uint64_t(sizeof(Kernel<Cuda>)), uint64_t(sizeof(Op)), uint64_t(sizeof(Device)),
                        uint64_t(sizeof(DeviceInfo))})
    hash = (hash ^ part) * 0x100000001b3u;
  return hash;
}

struct CudaModule {
  uint64_t interface = 0;     // interfaceHash() as the module was compiled
  int runtime = 0;            // the CUDA version that it was compiled with, 1000 * major + 10 * minor
  void (*column)(void (*take)(void*, const OpFile&), void* to) = nullptr;
  // How many devices there are; where none, `why` gets CUDA's words, and `driver` the version that the driver serves, 0 without one.
  int (*count)(std::string& why, int& driver) = nullptr;
  bool (*describe)(int index, DeviceInfo& info) = nullptr;
  // Null where it cannot be opened: `why` says so.
  std::unique_ptr<Device> (*open)(int index, std::string& why) = nullptr;
};

// The one function that the module shows.
extern "C" const CudaModule* netwright_cuda_module();

}  // namespace engine
