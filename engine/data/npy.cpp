// Reading and writing .npy.
#include "engine/data/npy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "engine/formats/atomic_file.h"

namespace engine::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kHeaderAlignment = 64;  // NumPy begins the numbers there

struct NpyType {
  std::string_view dtype;  // without the byte order
  int64_t bytes;
  Type ours;
};
constexpr NpyType kNpyTypes[] = {{"f2", 2, Type::f32}, {"f4", 4, Type::f32}, {"f8", 8, Type::f64},
                                 {"i1", 1, Type::i32}, {"i2", 2, Type::i32}, {"i4", 4, Type::i32},
                                 {"i8", 8, Type::i64}, {"u1", 1, Type::u8},  {"u2", 2, Type::i32},
                                 {"u4", 4, Type::i64}, {"u8", 8, Type::i64}, {"b1", 1, Type::boolean}};

std::string_view withoutOrder(std::string_view dtype) {
  if (!dtype.empty() && std::string_view("<>=|").find(dtype[0]) != std::string_view::npos) dtype.remove_prefix(1);
  return dtype;
}

const NpyType* find(std::string_view dtype) {
  for (const NpyType& type : kNpyTypes)
    if (type.dtype == withoutOrder(dtype)) return &type;
  return nullptr;
}

// The header is a Python dictionary with three keys: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : rest_(text) {}

  bool parse(NpyHeader& header) {
    bool dtype = false, order = false, shape = false;
    if (!eat("{")) return false;
    while (!eat("}")) {
      std::string key;
      if (!string(key) || !eat(":")) return false;
      if (key == "descr") dtype = type(header.dtype);
      else if (key == "fortran_order") order = boolean(header.fortran);
      else if (key == "shape") shape = sizes(header.shape);
      else return false;
      if (!eat(",") && !next('}')) return false;
    }
    return dtype && order && shape;
  }

 private:
  void skipSpace() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool next(char c) {
    skipSpace();
    return !rest_.empty() && rest_[0] == c;
  }
  bool eat(std::string_view word) {
    skipSpace();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool string(std::string& out) {
    if (!next('\'') && !next('"')) return false;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  // A type with fields is a list, which is kept as it stands.
  bool type(std::string& out) {
    if (!next('[')) return string(out);
    int depth = 0;
    for (size_t at = 0; at < rest_.size(); ++at) {
      depth += rest_[at] == '[' ? 1 : rest_[at] == ']' ? -1 : 0;
      if (depth == 0) {
        out = rest_.substr(0, at + 1);
        rest_.remove_prefix(at + 1);
        return true;
      }
    }
    return false;
  }
  bool boolean(bool& out) {
    out = eat("True");
    return out || eat("False");
  }
  bool sizes(Shape& shape) {
    shape = {};
    if (!eat("(")) return false;
    while (!eat(")")) {
      skipSpace();
      int64_t size = 0;
      size_t digits = 0;
      for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
        if (__builtin_mul_overflow(size, 10, &size) || __builtin_add_overflow(size, rest_[digits] - '0', &size))
          return false;
      if (digits == 0 || shape.rank() == Shape::kMaxRank) return false;
      rest_.remove_prefix(digits);
      eat("L");  // Python 2 wrote long numbers so
      shape.append(size);
      if (!eat(",") && !next(')')) return false;
    }
    return true;
  }
  std::string_view rest_;
};

// IEEE 754 half precision, exactly.
float halfToFloat(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) {
    const float magnitude = float(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  constexpr uint32_t kBiasDifference = 127 - 15;
  const uint32_t wide = exponent == 0x1f ? 0xff : exponent + kBiasDifference;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

template <class From, class To, class Convert>
std::vector<std::byte> widen(const std::vector<std::byte>& from, const Convert& convert) {
  const size_t count = from.size() / sizeof(From);
  std::vector<std::byte> to(count * sizeof(To));
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from.data() + i * sizeof value, sizeof value);
    const To wide = convert(value);
    std::memcpy(to.data() + i * sizeof wide, &wide, sizeof wide);
  }
  return to;
}

template <class From, class To>
std::vector<std::byte> widen(const std::vector<std::byte>& from) {
  return widen<From, To>(from, [](From value) { return To(value); });
}

// From the file's numbers, already in our byte order, to those of our type.
Result<std::vector<std::byte>> convert(std::vector<std::byte> bytes, std::string_view dtype, const std::string& path) {
  if (dtype == "f2") return widen<uint16_t, float>(bytes, halfToFloat);
  if (dtype == "i1") return widen<int8_t, int32_t>(bytes);
  if (dtype == "i2") return widen<int16_t, int32_t>(bytes);
  if (dtype == "u2") return widen<uint16_t, int32_t>(bytes);
  if (dtype == "u4") return widen<uint32_t, int64_t>(bytes);
  if (dtype == "b1")
    for (std::byte& value : bytes) value = std::byte(value != std::byte{0});
  if (dtype == "u8") {
    for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
      uint64_t value;
      std::memcpy(&value, bytes.data() + at, sizeof value);
      if (value > uint64_t(std::numeric_limits<int64_t>::max()))
        return failure(path, {"numbers below 2^63"}, {"{0}", std::to_string(value)}, {"save it as int64 or float64"});
    }
  }
  return bytes;
}

// The first axis runs fastest in `bytes`; in what is returned the last one does.
std::vector<std::byte> toRowMajor(const std::vector<std::byte>& bytes, const Shape& shape, size_t width) {
  std::vector<std::byte> out(bytes.size());
  size_t stride[Shape::kMaxRank];
  size_t elements = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    stride[axis] = elements;
    elements *= size_t(shape[axis]);
  }
  int64_t index[Shape::kMaxRank] = {};
  size_t from = 0;
  for (size_t to = 0; to < elements; ++to) {
    std::memcpy(out.data() + to * width, bytes.data() + from * width, width);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * size_t(shape[axis]);
      index[axis] = 0;
    }
  }
  return out;
}

Result<Array> parse(std::vector<std::byte> file, const std::string& path, int64_t limit) {
  const auto header = parseNpyHeader(file, path);
  if (!header) return tl::unexpected(header.error());
  const auto type = header->type();
  if (!type)
    return failure(path, {"numbers: f2 to f8, i1 to i8, u1 to u8 or bool"}, {"the type {0}", header->dtype},
                   {"save it with astype(numpy.float32) or another of these"});
  const int64_t elements = header->shape.elements(), width = header->itemBytes();
  const auto there = int64_t(file.size() - header->dataAt);
  if (elements > there / width || elements * width != there)
    return failure(path, {"the numbers of {0} of type {1}", header->shape, header->dtype}, {"{0} bytes of them", there},
                   {"save it again"});
  if (elements > limit / bytesOf(*type))
    return failure(path, {"at most {0} bytes", limit}, {"{0} of type {1}", header->shape, *type});

  file.erase(file.begin(), file.begin() + ptrdiff_t(header->dataAt));
  if (width > 1 && header->bigEndian != (std::endian::native == std::endian::big))
    for (auto at = file.begin(); at != file.end(); at += ptrdiff_t(width)) std::reverse(at, at + ptrdiff_t(width));
  auto bytes = convert(std::move(file), withoutOrder(header->dtype), path);
  if (!bytes) return tl::unexpected(bytes.error());
  Array array{header->shape, *type, std::move(*bytes)};
  if (header->fortran && array.shape.rank() > 1)
    array.bytes = toRowMajor(array.bytes, array.shape, size_t(bytesOf(*type)));
  return array;
}

std::string_view dtypeOf(Type type) {
  switch (type) {
    case Type::f32: return "<f4";
    case Type::f64: return "<f8";
    case Type::i64: return "<i8";
    case Type::i32: return "<i4";
    case Type::u8: return "|u1";
    case Type::boolean: return "|b1";
  }
  return "";
}

}  // namespace

int64_t NpyHeader::itemBytes() const {
  const NpyType* known = find(dtype);
  return known ? known->bytes : 0;
}

std::optional<Type> NpyHeader::type() const {
  const NpyType* known = find(dtype);
  return known ? std::optional(known->ours) : std::nullopt;
}

Result<NpyHeader> parseNpyHeader(std::span<const std::byte> file, const std::string& path) {
  const auto no = [&](Message got) { return failure(path, {"a .npy file as numpy.save writes it"}, std::move(got)); };
  constexpr size_t kVersionAt = kMagic.size(), kLengthAt = kVersionAt + 2;
  const auto* text = reinterpret_cast<const char*>(file.data());
  if (file.size() < kLengthAt || std::string_view(text, kMagic.size()) != kMagic)
    return no({"a file that begins otherwise"});
  const int version = int(file[kVersionAt]);
  if (version < 1 || version > 3) return no({"version {0} of the format", version});
  const size_t lengthBytes = version == 1 ? 2 : 4;
  if (file.size() < kLengthAt + lengthBytes) return no({"a file that ends in its header"});
  size_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i) length |= size_t(file[kLengthAt + i]) << (8 * i);
  NpyHeader header;
  header.dataAt = kLengthAt + lengthBytes + length;
  if (header.dataAt > file.size()) return no({"a file that ends in its header"});
  if (!Dictionary(std::string_view(text + kLengthAt + lengthBytes, length)).parse(header))
    return no({"a header that cannot be read, or more than {0} axes", Shape::kMaxRank});
  header.bigEndian =
      header.dtype.starts_with('>') || (std::endian::native == std::endian::big && !header.dtype.starts_with('<'));
  return header;
}

Result<Array> parseNpy(std::vector<std::byte> file, const std::string& path, int64_t limit) {
  return guardMemory(path, [&] { return parse(std::move(file), path, limit); });
}

Result<Array> readNpy(const std::string& path, int64_t limit) {
  auto file = readFile(path, limit);
  if (!file) return tl::unexpected(file.error());
  return parseNpy(std::move(*file), path, limit);
}

Done writeNpy(const std::string& path, const Shape& shape, Type type, const void* data) {
  std::string sizes;
  for (int64_t size : shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  if (shape.rank() == 1) sizes += ',';  // or Python would read a number in brackets
  std::string header =
      "{'descr': '" + std::string(dtypeOf(type)) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr size_t kBefore = kMagic.size() + 4;  // version and length
  header.append(kHeaderAlignment - (kBefore + header.size() + 1) % kHeaderAlignment, ' ');
  header += '\n';
  std::string head(kMagic);
  head += {'\1', '\0', char(header.size() & 0xff), char(header.size() >> 8)};
  head += header;

  const std::span bytes(static_cast<const std::byte*>(data), size_t(shape.elements() * bytesOf(type)));
  auto file = formats::AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  if (Done written = file->write(head); !written) return written;
  if constexpr (std::endian::native == std::endian::big) {
    std::vector<std::byte> swapped(bytes.begin(), bytes.end());
    for (auto at = swapped.begin(); at != swapped.end(); at += bytesOf(type)) std::reverse(at, at + bytesOf(type));
    if (Done written = file->write(swapped); !written) return written;
  } else if (Done written = file->write(bytes); !written) {
    return written;
  }
  return file->commit();
}

}  // namespace engine::data
