// Drives a fuzzer where there is no libFuzzer (g++): every seed as it is and at every length, then so many mutations of
// them, drawn from a fixed seed, so that each run tries the same bytes.
//
//   NAME_fuzzer COUNT SEEDS_FOLDER [MORE_SEEDS...]
//
// MORE_SEEDS are searched with all that is in them, and only mutated. A fuzzer that knows the structure of its files mutates that in
// every other try (LLVMFuzzerCustomMutator, as libFuzzer calls it).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t size, size_t mostBytes, unsigned seed);

namespace {

using Bytes = std::vector<uint8_t>;

// Numbers that readers get wrong: nothing, signs, the largest of each size.
constexpr uint64_t kTelling[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~uint64_t(0)};

void mutate(Bytes& bytes, const std::vector<Bytes>& seeds, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return n ? size_t(random() % n) : 0; };
  for (size_t times = 1 + below(6); times > 0; --times) {
    const size_t at = below(bytes.size());
    switch (below(7)) {
      case 0:
        if (!bytes.empty()) bytes[at] ^= uint8_t(1u << below(8));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = uint8_t(random());
        break;
      case 2: bytes.resize(at); break;
      case 3: {  // a telling number, either end first
        uint64_t number = kTelling[below(std::size(kTelling))];
        const size_t width = size_t(1) << below(4);
        if (below(2)) number = __builtin_bswap64(number) >> (64 - 8 * width);
        for (size_t i = 0; i < width && at + i < bytes.size(); ++i) bytes[at + i] = uint8_t(number >> (8 * i));
        break;
      }
      case 4: {  // a part of another seed
        const Bytes& other = seeds[below(seeds.size())];
        const size_t from = below(other.size()), count = below(other.size() - from + 1);
        bytes.insert(bytes.begin() + int64_t(at), other.begin() + int64_t(from), other.begin() + int64_t(from + count));
        break;
      }
      case 5: {  // something twice
        const size_t count = below(std::min<size_t>(bytes.size() - at, 64) + 1);
        const Bytes part(bytes.begin() + int64_t(at), bytes.begin() + int64_t(at + count));
        bytes.insert(bytes.begin() + int64_t(at), part.begin(), part.end());
        break;
      }
      case 6: {
        const size_t count = below(std::min<size_t>(bytes.size() - at, 16) + 1);
        bytes.erase(bytes.begin() + int64_t(at), bytes.begin() + int64_t(at + count));
        break;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: %s COUNT SEEDS_FOLDER [MORE_SEEDS...]\n", argv[0]), 2;
  const long count = std::atol(argv[1]);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> seeds;
  const auto read = [&] {
    for (const auto& file : files) {
      std::ifstream stream(file, std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    files.clear();
  };
  read();
  if (seeds.empty()) return std::fprintf(stderr, "no seeds in %s\n", argv[2]), 2;
  constexpr size_t kLengths = 512;  // of a seed that is tried cut off at every byte
  long runs = 0;
  for (const Bytes& seed : seeds) {
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
    for (size_t length = 0; length < std::min(seed.size(), kLengths); ++length, ++runs) {
      const Bytes cut(seed.begin(), seed.begin() + int64_t(length));  // of exactly that size: what is read past it is seen
      LLVMFuzzerTestOneInput(cut.data(), cut.size());
    }
  }
  for (int i = 3; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i], error))
      if (entry.is_regular_file() && entry.path().extension() == ".onnx") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    read();
  }
  std::mt19937_64 random(1);
  for (long i = 0; i < count; ++i, ++runs) {
    Bytes bytes = seeds[size_t(random() % seeds.size())];
    if (LLVMFuzzerCustomMutator && i % 2) {
      const size_t size = bytes.size();
      bytes.resize(2 * size + 4096);
      bytes.resize(LLVMFuzzerCustomMutator(bytes.data(), size, bytes.size(), unsigned(random())));
    } else {
      mutate(bytes, seeds, random);
    }
    bytes.shrink_to_fit();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%ld inputs, nothing found\n", runs);
  return 0;
}
