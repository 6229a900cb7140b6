// Measures the ways of a convolution or a product side by side. For `netw tune` alone: no plan measures anything.
#pragma once
#include <string>
#include <vector>

#include "engine/graph/problem.h"
#include "kernels/choices.h"

namespace engine {

struct Tuned {
  std::string question;
  struct Time {
    kernels::Way way;
    double seconds;  // of one run, the best of several rounds
  };
  std::vector<Time> times;  // the rule's first
  kernels::Way chosen;      // the rule's, unless another one was clearly faster

  double secondsOf(kernels::Way way) const;
  bool isRules() const { return chosen == times[0].way; }
};

// Takes about so many seconds. Problems: no memory for the operands.
Result<Tuned> tune(kernels::Cpu& cpu, const kernels::Choices::Convolution& convolution, double seconds);
Result<Tuned> tune(kernels::Cpu& cpu, const kernels::ProductShape& product, double seconds);

}  // namespace engine
