// C = op(A) op(B) [+ C] [+ bias], by the definition, in double.
#pragma once

#include <vector>

#include "kernels/gemm.h"

namespace reference {

// Adds to `size` what the terms of each element of C sum to without their signs: rounding errors are relative to it.
template <class T>
std::vector<double> product(const kernels::ProductShape& s, const T* a, const T* b, const T* bias, const T* c,
                            std::vector<double>* size) {
  std::vector<double> result;
  for (int64_t p = 0; p < s.batch; ++p)
    for (int64_t i = 0; i < s.m; ++i)
      for (int64_t j = 0; j < s.n; ++j) {
        double sum = 0, absolute = 0;
        const auto add = [&](double term) {
          sum += term;
          absolute += term < 0 ? -term : term;
        };
        if (s.accumulate) add(c[p * s.strideC + i * s.n + j]);
        if (s.bias) add(bias[j]);
        for (int64_t l = 0; l < s.k; ++l)
          add(double(a[p * s.strideA + (s.transposeA ? l * s.m + i : i * s.k + l)]) *
              double(b[p * s.strideB + (s.transposeB ? j * s.k + l : l * s.n + j)]));
        result.push_back(sum);
        size->push_back(absolute);
      }
  return result;
}

}  // namespace reference
