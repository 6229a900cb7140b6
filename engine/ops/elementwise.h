// What ops share that work element by element without broadcasting: activations and their gradients.
#pragma once
#include "engine/graph/op.h"
#include "kernels/map.h"
#include "kernels/math.h"

namespace engine {

// y = f(x). The function object's members are values: a device cannot read the op's memory.
template <class T, class Device, class F>
void eachElement(Device& device, const Call& call, F f) {
  const T* x = call.in<T>(0);
  T* y = call.out<T>(0);
  kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = f(x[i]); });
}

// z = f(x, y)
template <class T, class Device, class F>
void eachPair(Device& device, const Call& call, F f) {
  const T* x = call.in<T>(0);
  const T* y = call.in<T>(1);
  T* z = call.out<T>(0);
  kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { z[i] = f(x[i], y[i]); });
}

inline Info activationInfo(const char* name, const char* title, const char* about) {
  return {.name = name,
          .group = "Activation",
          .title = title,
          .about = about,
          .inputs = {{"x", "numbers of any shape"}},
          .outputs = {{"y", "the same shape"}},
          .elementwise = true,
          .inPlace = true};
}

// dx from dy and what the slope follows from: the activation's output or its input.
inline Info activationGradientInfo(const char* name, const char* about, const char* slopeFrom) {
  return {.name = name,
          .group = "",
          .title = name,
          .about = about,
          .inputs = {{"dy", "gradient of the activation's output"}, {slopeFrom, "what the slope follows from, the same shape"}},
          .outputs = {{"dx", "gradient of the activation's input, the same shape"}},
          .elementwise = true,
          .inPlace = true};
}

}  // namespace engine
