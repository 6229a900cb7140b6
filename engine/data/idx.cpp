// IDX arrays from bytes.
#include "engine/data/idx.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace engine::data {
namespace {

uint32_t bigEndian32(const std::byte* at) {
  return uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | uint32_t(at[3]);
}

// The third byte of the file.
struct IdxType {
  int code;
  int bytes;
  Type ours;
};
constexpr IdxType kIdxTypes[] = {{0x08, 1, Type::u8},  {0x09, 1, Type::i32}, {0x0B, 2, Type::i32},
                                 {0x0C, 4, Type::i32}, {0x0D, 4, Type::f32}, {0x0E, 8, Type::f64}};

void reverseEach(std::vector<std::byte>& bytes, size_t width) {
  if (width == 1) return;
  for (auto at = bytes.begin(); bytes.end() - at >= ptrdiff_t(width); at += ptrdiff_t(width))
    std::reverse(at, at + ptrdiff_t(width));
}

template <class T>
std::vector<std::byte> widenToI32(const std::vector<std::byte>& from) {
  const size_t count = from.size() / sizeof(T);
  std::vector<std::byte> to(count * sizeof(int32_t));
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from.data() + i * sizeof(T), sizeof(T));
    const int32_t wide = value;
    std::memcpy(to.data() + i * sizeof wide, &wide, sizeof wide);
  }
  return to;
}

Result<Array> parse(std::span<const std::byte> file, const std::string& path, int64_t limit) {
  constexpr int64_t kMagicBytes = 4, kSizeBytes = 4;
  ByteStream stream(file, path);
  const auto magic = stream.read(kMagicBytes);
  if (!magic) return tl::unexpected(magic.error());
  const auto no = [&](const char* got) { return failure(path, {"an IDX file, as MNIST's are"}, {got}); };
  if (int64_t(magic->size()) < kMagicBytes) return no("a file that ends before its header");
  const int code = int((*magic)[2]), rank = int((*magic)[3]);
  const IdxType* type = nullptr;
  for (const IdxType& known : kIdxTypes)
    if (known.code == code) type = &known;
  if ((*magic)[0] != std::byte{0} || (*magic)[1] != std::byte{0} || !type) return no("a file that begins otherwise");
  if (rank < 1 || rank > Shape::kMaxRank) return failure(path, {"1 to {0} axes", Shape::kMaxRank}, {"{0}", rank});

  const auto sizes = stream.read(rank * kSizeBytes);
  if (!sizes) return tl::unexpected(sizes.error());
  if (int64_t(sizes->size()) < rank * kSizeBytes) return no("a file that ends in its header");
  Array array;
  array.type = type->ours;
  for (int axis = 0; axis < rank; ++axis) array.shape.append(bigEndian32(sizes->data() + axis * kSizeBytes));

  // What the header promises is believed only as far as the file's bytes can hold it.
  const int64_t elements = array.shape.elements();
  if (elements > stream.atMost() / type->bytes)
    return failure(path, {"the bytes of {0} as its header says", array.shape},
                   {"a file of {0} bytes", int64_t(file.size())}, {"fetch it again"});
  if (elements > limit / bytesOf(type->ours))
    return failure(path, {"at most {0} bytes", limit}, {"{0} of type {1}", array.shape, array.type});
  auto bytes = stream.read(elements * type->bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (int64_t(bytes->size()) < elements * type->bytes)
    return failure(path, {"{0} bytes of data as its header says", elements * type->bytes},
                   {"{0}", int64_t(bytes->size())}, {"fetch it again"});
  // Asking past the end is also what makes zlib compare the checksum.
  const auto more = stream.read(1);
  if (!more) return tl::unexpected(more.error());
  if (!more->empty())
    return failure(path, {"{0} bytes of data as its header says", elements * type->bytes}, {"more than that"});

  if constexpr (std::endian::native == std::endian::little) reverseEach(*bytes, size_t(type->bytes));
  if (code == 0x09) array.bytes = widenToI32<int8_t>(*bytes);
  else if (code == 0x0B) array.bytes = widenToI32<int16_t>(*bytes);
  else array.bytes = std::move(*bytes);
  return array;
}

}  // namespace

Result<Array> parseIdx(std::span<const std::byte> file, const std::string& path, int64_t limit) {
  return guardMemory(path, [&] { return parse(file, path, limit); });
}

}  // namespace engine::data
