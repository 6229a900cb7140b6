// One value in another type: numbers lose their fraction, and what is not 0 is true. A number that the new type cannot hold becomes
// the nearest that it can, and what is not a number 0, which C++ and PyTorch leave open.
#pragma once
#include <limits>
#include <type_traits>

#include "kernels/device.h"

namespace engine {

template <class To, class From>
BOTH To castTo(From x) {
  if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr To least = std::numeric_limits<To>::min(), most = std::numeric_limits<To>::max();
    if (!(x == x)) return To(0);
    return x <= From(least) ? least : x >= From(most) ? most : To(x);
  } else return To(x);
}

}  // namespace engine
