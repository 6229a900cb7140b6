#include "stand_in/order.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

#include "cuda_on_cpu.h"

namespace cuda_on_cpu {
namespace {

std::string& chosen() {
  static std::string text = [] {
    const char* wanted = std::getenv("CUDA_ON_CPU_ORDER");
    return std::string(wanted && *wanted ? wanted : "natural");
  }();
  return text;
}

unsigned seedOf(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    fail("the order of CUDA threads is natural, reverse or a seed of at most nine digits, not '" + text + "'");
  return unsigned(std::stoul(text));
}

}  // namespace

bool isNatural = chosen() == "natural";

void setOrder(const std::string& wanted) {
  if (wanted != "natural" && wanted != "reverse") seedOf(wanted);
  chosen() = wanted;
  isNatural = wanted == "natural";
}

std::string order() { return chosen(); }

std::vector<int> makeOrder(int n, int unit, unsigned salt) {
  std::vector<int> numbers(size_t(n), 0);
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::string& mode = chosen();
  if (mode == "natural") return numbers;
  if (mode == "reverse") {
    std::reverse(numbers.begin(), numbers.end());
    return numbers;
  }
  std::mt19937 random(seedOf(mode) + salt);
  std::vector<uint32_t> key(size_t(n / unit + 1));
  for (uint32_t& each : key) each = uint32_t(random());
  std::shuffle(numbers.begin(), numbers.end(), random);
  std::stable_sort(numbers.begin(), numbers.end(), [&](int a, int b) { return key[a / unit] < key[b / unit]; });
  return numbers;
}

}  // namespace cuda_on_cpu
