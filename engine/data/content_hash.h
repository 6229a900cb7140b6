// A 64-bit hash over a stream of bytes, for telling data apart. Not against an adversary.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace engine::data {

// Eight bytes a step: multiply by an odd constant and fold the upper half down, as the finalizer of MurmurHash3 does.
// How the stream is cut into calls changes nothing. The content is taken in the machine's byte order.
class ContentHash {
 public:
  void add(std::span<const std::byte> bytes) {
    total_ += bytes.size();
    while (!bytes.empty()) {
      if (filled_ == 0 && bytes.size() >= sizeof word_) {
        uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        mix(word);
        bytes = bytes.subspan(sizeof word);
        continue;
      }
      std::memcpy(reinterpret_cast<std::byte*>(&word_) + filled_, bytes.data(), 1);
      bytes = bytes.subspan(1);
      if (++filled_ == sizeof word_) {
        mix(word_);
        word_ = 0;
        filled_ = 0;
      }
    }
  }
  void add(int64_t number) { add(std::as_bytes(std::span(&number, 1))); }
  // With its length, so that "ab" "c" and "a" "bc" differ.
  void add(std::string_view text) {
    add(int64_t(text.size()));
    add(std::as_bytes(std::span(text)));
  }
  uint64_t value() const {
    ContentHash last = *this;
    last.mix(word_);
    last.mix(total_);
    return last.state_;
  }

 private:
  void mix(uint64_t word) {
    state_ = (state_ ^ word) * 0xff51afd7ed558ccdULL;
    state_ ^= state_ >> 32;
  }

  uint64_t state_ = 0xcbf29ce484222325ULL;
  uint64_t word_ = 0;
  size_t filled_ = 0;
  uint64_t total_ = 0;
};

}  // namespace engine::data
