// Files as bytes: reading whole ones, and unpacking gzip with a bound.
#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/data/machine_memory.h"
#include "engine/graph/problem.h"

namespace engine::data {

// A regular file, whole. Its size is what it has, not what it says. The most that one source may take in memory, unless told otherwise,
// is what the machine has.
Result<std::vector<std::byte>> readFile(const std::string& path, int64_t limit = memoryOfMachine());

// The bytes of a file in memory in order, unpacked on the way if they are gzip.
class ByteStream {
 public:
  // `bytes` and `path` (for messages) have to live as long as the stream.
  ByteStream(std::span<const std::byte> bytes, const std::string& path);
  ~ByteStream();

  // An upper bound for what is still to come: exact for plain bytes; what deflate can reach at best for packed ones.
  int64_t atMost() const;
  // As many bytes as there are, up to `count`; the memory grows as they come. A problem when the packing is broken.
  Result<std::vector<std::byte>> read(int64_t count);

 private:
  struct Inflate;
  const std::string& path_;
  std::span<const std::byte> rest_;
  std::unique_ptr<Inflate> inflate_;  // null: plain
};

// Runs `work`, which gives a Result or Done; where memory does not suffice, that is the problem.
template <class Work>
auto guardMemory(const std::string& path, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  return failure(path, {"more memory than there is"}, {}, {"close other programs, or take fewer rows"});
}

}  // namespace engine::data
