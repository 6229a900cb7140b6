// Broadcasting as PyTorch's: shapes are aligned at their right ends, and an axis of size one is repeated.
//
//   forStrided(device, broadcast<2>(y, {a, b}), [=] BOTH(int64_t i, int64_t j, int64_t k) { y[i] = a[j] + b[k]; });
//
// What is common is fast by itself, because axes are joined first: equal shapes and a single number are one run; a vector
// that is repeated over the leading axes, or one number for each of the leading axes, are rows.
#pragma once
#include <array>
#include <span>

#include "kernels/strided.h"

namespace kernels {

// Sizes along each axis.
using Sizes = std::span<const int64_t>;

// Every operand fits the result: it has no more axes, and each is as long as the result's or one.
template <int K>
Strided<K> broadcast(Sizes result, const std::array<Sizes, size_t(K)>& operands) {
  Strided<K> s;
  std::array<int64_t, K> strides[kMostAxes] = {};
  for (size_t k = 0; k < size_t(K); ++k) {
    int64_t dense = 1;
    for (size_t fromEnd = 1; fromEnd <= operands[k].size(); ++fromEnd) {
      const int64_t size = operands[k][operands[k].size() - fromEnd];
      strides[result.size() - fromEnd][k] = size == 1 ? 0 : dense;
      dense *= size;
    }
  }
  for (size_t axis = 0; axis < result.size(); ++axis) s.append(result[axis], strides[axis]);
  return s;
}

}  // namespace kernels
