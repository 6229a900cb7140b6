// The launch of a kernel. Arguments are copied into the launch, as CUDA does: a captured graph replays the values that
// they had, whatever became of the variables since.
#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cuda_on_cpu.h"
#include "stand_in/api.h"

struct cudaLaunchAttribute {};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  cudaLaunchAttribute* attrs;
  unsigned numAttrs;
};

namespace cuda_on_cpu {

constexpr size_t parameterLimit = 4096;  // bytes, of every architecture before sm_70 and CUDA 12.1

struct Kernel {
  const void* address;
  const std::type_info& type;
  std::function<void()> thread, check;  // what a thread does; whether the arguments may be
};
// Runs now, or is kept for later while the stream is being captured.
cudaError_t submitKernel(const cudaLaunchConfig_t& config, Kernel kernel);

[[noreturn]] void refuseArgument(int position);
// Refuses what has a pointer to memory of the host in it: functors, in which pointers, or the address of whatever made the functor,
// were captured.
void refuseHostPointersIn(const void* argument, size_t bytes, int position);

template <class T>
void checkArgument([[maybe_unused]] const T& value, [[maybe_unused]] int position) {
  if constexpr (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>)
    if (value && !inDeviceMemory(value))
      refuseArgument(position);
#if __has_builtin(__builtin_clear_padding)  // between members may lie what was there before, often pieces of pointers
  if constexpr (std::is_class_v<T> && alignof(T) >= alignof(void*)) {
    T clean = value;
    __builtin_clear_padding(&clean);
    refuseHostPointersIn(&clean, sizeof clean, position);
  }
#endif
}

}  // namespace cuda_on_cpu

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "kernel arguments are copied byte by byte");
  static_assert((size_t(0) + ... + sizeof(Parameters)) <= cuda_on_cpu::parameterLimit, "too many kernel arguments");
  const std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
  return cuda_on_cpu::submitKernel(
      *config, {reinterpret_cast<const void*>(kernel), typeid(kernel), [kernel, values] { std::apply(kernel, values); },
                [values] {
                  std::apply(
                      [](const auto&... each) {
                        [[maybe_unused]] int position = 0;
                        (cuda_on_cpu::checkArgument(each, position++), ...);
                      },
                      values);
                }});
}
