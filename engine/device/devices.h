// Which devices there are, and which one a run takes: the CUDA module is looked for once, beside the program or where
// NETWRIGHT_CUDA_MODULE says, and why there is none is kept for whoever asks.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/device/cuda_module.h"

namespace engine {

// What a person asks for: "auto", "cpu", "cuda", "cuda:1".
struct DeviceChoice {
  enum class Kind { automatic, cpu, cuda };
  Kind kind = Kind::automatic;
  int index = 0;
  bool tf32 = false;  // products in TF32 where a CUDA device computes: quicker, with 10 bits behind the point. text() leaves it out

  static Result<DeviceChoice> parse(std::string_view text);
  std::string text() const;
};

// Who has CUDA devices in this process: any number of those that compute, or one that only looks what would fit, and soon gives it
// back. As long as the value lives.
using DeviceUse = std::shared_ptr<void>;
DeviceUse useDevices();        // waits for who only looks
DeviceUse useDevicesToLook();  // null while somebody has one

class Devices {
 public:
  // Loads the module the first time. Any thread.
  static Devices& all();

  // Whether there is a module to load, without loading it and CUDA's libraries.
  static bool hasModule();

  // Takes this module instead of looking for one, or none at all: the tests' way to the stand-in.
  void take(const CudaModule* module);

  const std::vector<DeviceInfo>& cuda() const { return cuda_; }
  // Why cuda() is empty, as a sentence without its end: "this machine has no NVIDIA driver".
  const Message& reason() const { return reason_; }

  // A device for the choice; null: the processor. Automatic takes the first CUDA device that opens, and `why` says why it was what
  // it was: "the first CUDA device", "this machine has no NVIDIA driver".
  Result<std::unique_ptr<Device>> open(const DeviceChoice& choice, Message* why = nullptr);

 private:
  Devices();
  void load();
  const CudaModule* module_ = nullptr;
  std::vector<DeviceInfo> cuda_;
  Message reason_;
};

}  // namespace engine
