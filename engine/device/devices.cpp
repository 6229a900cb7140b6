#include "engine/device/devices.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

namespace engine {

// Defined beside the op table: gives every op its kernels for the device.
void takeCudaColumn(void (*file)(void (*take)(void*, const OpFile&), void*));

namespace {
constexpr const char* kModuleFile = "libnetwright_cuda.so";
constexpr const char* kDriver = "libcuda.so.1";  // comes with the driver, never with the toolkit
constexpr const char* kNoDriver = "this machine has no NVIDIA driver";

std::string versionText(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

// Beside the program as it is built, or in the library folder of an installation.
std::vector<std::filesystem::path> places() {
  if (const char* given = std::getenv("NETWRIGHT_CUDA_MODULE")) return {given};
  std::error_code wrong;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", wrong);
  if (wrong) return {};
  const std::filesystem::path folder = program.parent_path();
  return {folder / kModuleFile, folder / "../engine" / kModuleFile, folder / "../lib/netwright" / kModuleFile};
}
}  // namespace

Result<DeviceChoice> DeviceChoice::parse(std::string_view text) {
  if (text == "auto") return DeviceChoice{};
  if (text == "cpu") return DeviceChoice{Kind::cpu, 0};
  if (text == "cuda") return DeviceChoice{Kind::cuda, 0};
  constexpr std::string_view kNumbered = "cuda:";
  if (text.starts_with(kNumbered)) {
    int index = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, wrong] = std::from_chars(text.data() + kNumbered.size(), end, index);
    if (wrong == std::errc() && stop == end && index >= 0) return DeviceChoice{Kind::cuda, index};
  }
  Problem problem;
  problem.needs = "a device: auto, cpu, cuda or cuda:N";
  problem.got = Message("\"{0}\"", std::string(text));
  return tl::unexpected(problem);
}

std::string DeviceChoice::text() const {
  if (kind == Kind::automatic) return "auto";
  if (kind == Kind::cpu) return "cpu";
  return index == 0 ? "cuda" : fmt::format("cuda:{}", index);
}

bool Devices::hasModule() {
  for (const std::filesystem::path& place : places())
    if (std::error_code wrong; std::filesystem::exists(place, wrong)) return true;
  return false;
}

namespace {
struct Users {
  std::mutex mutex;
  std::condition_variable gone;
  int computing = 0;
  bool looking = false;
};
Users& users() {
  static auto& all = *new Users;  // who ends last may outlive what is destroyed at the program's end
  return all;
}
}  // namespace

DeviceUse useDevices() {
  Users& all = users();
  std::unique_lock lock(all.mutex);
  all.gone.wait(lock, [&] { return !all.looking; });
  ++all.computing;
  return DeviceUse(&all, [](void*) {
    const std::lock_guard guard(users().mutex);
    --users().computing;
  });
}

DeviceUse useDevicesToLook() {
  Users& all = users();
  const std::lock_guard lock(all.mutex);
  if (all.looking || all.computing > 0) return nullptr;
  all.looking = true;
  return DeviceUse(&all, [](void*) {
    {
      const std::lock_guard guard(users().mutex);
      users().looking = false;
    }
    users().gone.notify_all();
  });
}

Devices& Devices::all() {
  static Devices devices;
  return devices;
}

Devices::Devices() { load(); }

void Devices::load() {
  Message broken;
  for (const std::filesystem::path& place : places()) {
    std::error_code wrong;
    if (!std::filesystem::exists(place, wrong)) continue;
    // The module brings cuBLAS along, 150 MiB: not on a machine that cannot use it.
    if (void* const driver = dlopen(kDriver, RTLD_LAZY | RTLD_LOCAL)) {
      dlclose(driver);
    } else {
      take(nullptr);
      reason_ = kNoDriver;
      return;
    }
    void* const library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      broken = Message("{0}", dlerror());  // "libcublas.so.12: cannot open shared object file: ..."
      continue;
    }
    const auto entry = reinterpret_cast<const CudaModule* (*)()>(dlsym(library, "netwright_cuda_module"));
    if (!entry || entry()->interface != interfaceHash()) {
      broken = Message("{0} is of another version", place.lexically_normal().string());
      dlclose(library);
      continue;
    }
    return take(entry());
  }
  take(nullptr);
  if (!broken.empty()) reason_ = Message("the CUDA module cannot be loaded ({0})", broken);
}

void Devices::take(const CudaModule* module) {
  module_ = module;
  cuda_.clear();
  reason_ = {};
  if (!module) {
    reason_ = "this build has no CUDA module";
    return;
  }
  std::string why;
  int driver = 0;
  const int count = module->count(why, driver);
  for (int i = 0; i < count; ++i)
    if (DeviceInfo info; module->describe(i, info)) cuda_.push_back(std::move(info));
  if (!cuda_.empty()) {
    takeCudaColumn(module->column);
    return;
  }
  if (driver == 0) reason_ = kNoDriver;
  else if (driver < module->runtime / 1000 * 1000)
    reason_ = Message("the NVIDIA driver serves CUDA {0}, and this build needs {1}", versionText(driver), versionText(module->runtime));
  else reason_ = why.empty() ? Message("this machine has no CUDA device") : Message("{0}", why);
}

Result<std::unique_ptr<Device>> Devices::open(const DeviceChoice& choice, Message* why) {
  Message ignored;
  Message& reason = why ? *why : ignored;
  if (choice.kind == DeviceChoice::Kind::cpu) {
    reason = "it was asked for";
    return std::unique_ptr<Device>();
  }
  const bool automatic = choice.kind == DeviceChoice::Kind::automatic;
  if (!cuda_.empty() && choice.index < int(cuda_.size())) {
    std::string failed;
    if (std::unique_ptr<Device> device = module_->open(choice.index, failed)) {
      reason = automatic ? "it is the first CUDA device" : "it was asked for";
      return device;
    }
    if (automatic) {
      reason = Message("{0} cannot be used ({1})", cuda_[0].name, failed);
      return std::unique_ptr<Device>();
    }
    Problem problem;
    problem.needs = Message("{0} ({1})", choice.text(), cuda_[size_t(choice.index)].name);
    problem.got = Message("\"{0}\"", failed);
    problem.fix = "end the programs that use it, or compute on the processor (--device cpu)";
    return tl::unexpected(problem);
  }
  if (automatic) {
    reason = reason_;
    return std::unique_ptr<Device>();
  }
  Problem problem;
  problem.needs = Message("the device {0}", choice.text());
  problem.got = cuda_.empty() ? Message("none: {0}", reason_) : Message("{0} (numbers begin at 0)", int64_t(cuda_.size()));
  problem.fix = "compute on the processor (--device cpu), or let the program choose (--device auto)";
  return tl::unexpected(problem);
}

}  // namespace engine
