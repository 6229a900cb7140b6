#include "engine/formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/formats/atomic_file.h"

namespace engine::formats {

namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie");

constexpr uint64_t kMostHeader = 100'000'000;  // the reference reader's limit
constexpr size_t kAlignment = 8;               // of the first tensor, as the reference writer pads
constexpr int kDeepest = 8;                    // levels of JSON; the format has three

struct Dtype {
  const char* name;
  Type type;
  int64_t bytes;
};
// F16 and BF16 become f32 on reading.
constexpr Dtype kDtypes[] = {{"F32", Type::f32, 4}, {"F64", Type::f64, 8}, {"I64", Type::i64, 8},
                             {"I32", Type::i32, 4}, {"U8", Type::u8, 1},   {"BOOL", Type::boolean, 1},
                             {"F16", Type::f32, 2}, {"BF16", Type::f32, 2}};

const char* dtypeOf(Type type) {
  for (const Dtype& d : kDtypes)
    if (d.type == type) return d.name;
  return "";
}

float fromBfloat16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
float fromFloat16(uint16_t bits) {
  const uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) {
    const float small = float(fraction) * 5.9604645e-8f;  // 2^-24
    return sign ? -small : small;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

// JSON that is no deeper than the format needs, without exceptions; a key that comes twice is an error.
bool parseHeader(const char* begin, const char* end, nlohmann::json& json, std::string& wrong) {
  std::vector<std::vector<std::string>> keys;
  bool bad = false;
  const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kDeepest) bad = true, wrong = "nested too deep";
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end && !keys.empty()) {
      std::sort(keys.back().begin(), keys.back().end());
      if (std::adjacent_find(keys.back().begin(), keys.back().end()) != keys.back().end())
        bad = true, wrong = "a name that comes twice";
      keys.pop_back();
    }
    if (event == Event::key && !keys.empty()) keys.back().push_back(parsed.get<std::string>());
    return !bad;
  };
  json = nlohmann::json::parse(begin, end, look, false);
  if (!bad && json.is_object()) return true;
  if (wrong.empty()) wrong = "no JSON object";
  return false;
}

}  // namespace

Done writeSafetensors(const std::string& path, std::span<const NamedTensor> tensors,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  int64_t at = 0;
  for (const NamedTensor& tensor : tensors) {
    if (header.contains(tensor.name) || tensor.name == "__metadata__")
      return failure(path, "a name of its own for each tensor", Message("{0} twice, or __metadata__", tensor.name),
                     "rename a node");
    const int64_t end = at + tensor.bytes();
    header[tensor.name] = {{"dtype", dtypeOf(tensor.type)},
                           {"shape", std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end())},
                           {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  const uint64_t size = text.size();
  Done done = file->write(std::as_bytes(std::span(&size, 1)));
  if (done) done = file->write(text);
  for (const NamedTensor& tensor : tensors)
    if (done) done = file->write(std::span(static_cast<const std::byte*>(tensor.data), size_t(tensor.bytes())));
  return done ? file->commit() : done;
}

const NamedTensor* Safetensors::find(std::string_view name) const {
  const auto at = byName_.find(name);
  return at == byName_.end() ? nullptr : &tensors_[at->second];
}

namespace {

struct Header {
  struct Entry {
    uint64_t begin, end;  // of the file's data
    NamedTensor tensor;
    const Dtype* dtype;
  };
  std::vector<Entry> entries;  // in the file's order, one behind the other
  std::map<std::string, std::string> metadata;
};

tl::unexpected<Problem> brokenFile(const std::string& path, Message needs, Message got) {
  return failure(path, std::move(needs), std::move(got), "the file is damaged or no safetensors file");
}

// The bytes of a header, from a file that begins so and has so many bytes.
Result<uint64_t> sizeOfHeader(std::span<const std::byte> begin, uint64_t fileSize, const std::string& path) {
  uint64_t size = 0;
  if (fileSize < sizeof size || begin.size() < sizeof size) return brokenFile(path, "at least 8 bytes", Message("{0}", fileSize));
  std::memcpy(&size, begin.data(), sizeof size);
  if (size > kMostHeader || size > fileSize - sizeof size)
    return brokenFile(path, "a header that fits into the file", Message("one of {0} bytes in a file of {1}", std::to_string(size), fileSize));
  return size;
}

// `written`: the header; `dataSize`: the bytes that follow it.
Result<Header> readHeader(std::string_view written, uint64_t dataSize, const std::string& path) {
  const auto broken = [&](Message needs, Message got) { return brokenFile(path, std::move(needs), std::move(got)); };
  if (written.empty() || written.front() != '{') return broken("a header that begins with {", "something else");
  nlohmann::json header;
  std::string wrong;
  if (!parseHeader(written.data(), written.data() + written.size(), header, wrong)) return broken("a header in JSON", Message("{0}", wrong));
  Header result;
  for (const auto& item : header.items()) {
    const std::string& name = item.key();
    const nlohmann::json& value = item.value();
    if (name == "__metadata__") {
      if (!value.is_object()) return broken("texts as metadata", "something else");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return broken("texts as metadata", Message("something else under {0}", key));
        result.metadata[key] = text.get<std::string>();
      }
      continue;
    }
    const auto member = [&](const char* key) {
      return value.is_object() && value.contains(key) ? value[key] : nlohmann::json();
    };
    const nlohmann::json dtype = member("dtype"), shape = member("shape"), offsets = member("data_offsets");
    const Dtype* known = nullptr;
    if (dtype.is_string())
      for (const Dtype& d : kDtypes)
        if (dtype.get<std::string>() == d.name) known = &d;
    if (!known)
      return broken("a type that this version knows (F64, F32, F16, BF16, I64, I32, U8, BOOL)",
                    Message("{0} for {1}", dtype.dump(), name));
    if (!shape.is_array() || shape.size() > Shape::kMaxRank)
      return broken("a shape of at most 8 axes", Message("another one for {0}", name));
    Shape sizes;
    for (const nlohmann::json& size : shape) {
      if (!size.is_number_unsigned() || size.get<uint64_t>() > uint64_t(kTooMany))
        return broken("sizes as whole numbers", Message("{0} for {1}", size.dump(), name));
      sizes.append(size.get<int64_t>());
    }
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
      return broken("two data_offsets", Message("others for {0}", name));
    const uint64_t first = offsets[0].get<uint64_t>(), last = offsets[1].get<uint64_t>();
    const int64_t elements = sizes.elements();
    int64_t needed;
    if (first > last || last > dataSize || __builtin_mul_overflow(elements, known->bytes, &needed) ||
        last - first != uint64_t(needed))
      return broken(Message("{0} with {1} inside of the file", name, sizes),
                    Message("bytes {0} to {1} of {2}", std::to_string(first), std::to_string(last), dataSize));
    result.entries.push_back({first, last, {name, known->type, sizes, nullptr}, known});
  }
  std::stable_sort(result.entries.begin(), result.entries.end(), [](const Header::Entry& a, const Header::Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Header::Entry& entry : result.entries) {
    if (entry.begin != at)
      return broken("tensors one behind the other", Message("{0} at byte {1} instead of {2}", entry.tensor.name,
                                                            std::to_string(entry.begin), std::to_string(at)));
    at = entry.end;
  }
  if (at != dataSize)
    return broken(Message("{0} bytes of tensors", std::to_string(at)), Message("{0}", std::to_string(dataSize)));
  return result;
}

}  // namespace

Result<Safetensors> parseSafetensors(std::vector<std::byte> bytes, const std::string& path) {
  const Result<uint64_t> headerSize = sizeOfHeader(bytes, bytes.size(), path);
  if (!headerSize) return tl::unexpected(headerSize.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + sizeof(uint64_t), *headerSize);
  Result<Header> header = readHeader(text, bytes.size() - sizeof(uint64_t) - *headerSize, path);
  if (!header) return tl::unexpected(header.error());
  Safetensors file;
  file.metadata_ = std::move(header->metadata);
  file.bytes_ = std::make_shared<std::vector<std::byte>>(std::move(bytes));
  const std::byte* data = file.bytes_->data() + sizeof(uint64_t) + *headerSize;
  for (Header::Entry& entry : header->entries) {
    entry.tensor.data = data + entry.begin;
    if (entry.dtype->bytes == 2) {
      auto wide = std::make_shared<std::vector<float>>(size_t(entry.tensor.shape.elements()));
      const bool brain = std::string_view(entry.dtype->name) == "BF16";
      for (size_t i = 0; i < wide->size(); ++i) {
        uint16_t bits;
        std::memcpy(&bits, static_cast<const std::byte*>(entry.tensor.data) + 2 * i, 2);
        (*wide)[i] = brain ? fromBfloat16(bits) : fromFloat16(bits);
      }
      entry.tensor.data = wide->data();
      file.widened_.push_back(std::move(wide));
    } else if (reinterpret_cast<uintptr_t>(entry.tensor.data) % uintptr_t(entry.dtype->bytes) != 0) {
      auto moved = std::make_shared<std::vector<double>>(size_t(entry.tensor.bytes()) / sizeof(double) + 1);
      std::memcpy(moved->data(), entry.tensor.data, size_t(entry.tensor.bytes()));
      entry.tensor.data = moved->data();
      file.moved_.push_back(std::move(moved));
    }
    file.byName_.emplace(entry.tensor.name, file.tensors_.size());
    file.tensors_.push_back(std::move(entry.tensor));
  }
  return file;
}

Result<Safetensors> readSafetensors(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file)
    return failure(path, "a safetensors file",
                   error ? Message("{0}", error.message()) : Message("a file that cannot be read"), "look at the path");
  std::vector<std::byte> bytes;
  try {
    bytes.resize(size);
  } catch (const std::exception&) {
    return failure(path, Message("memory for {0} MiB", int64_t(size >> 20)), "less");
  }
  if (!file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(size)))
    return failure(path, "a file that can be read to its end", "less");
  return parseSafetensors(std::move(bytes), path);
}

Result<std::vector<NamedTensor>> listSafetensors(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file)
    return failure(path, "a safetensors file",
                   error ? Message("{0}", error.message()) : Message("a file that cannot be read"), "look at the path");
  std::byte begin[sizeof(uint64_t)];
  const bool hasBegin = bool(file.read(reinterpret_cast<char*>(begin), sizeof begin));
  const Result<uint64_t> headerSize = sizeOfHeader(std::span(begin, hasBegin ? sizeof begin : 0), size, path);
  if (!headerSize) return tl::unexpected(headerSize.error());
  std::string text(*headerSize, '\0');
  if (!file.read(text.data(), std::streamsize(text.size()))) return failure(path, "a file that can be read to its end", "less");
  Result<Header> header = readHeader(text, size - sizeof begin - *headerSize, path);
  if (!header) return tl::unexpected(header.error());
  std::vector<NamedTensor> tensors;
  for (Header::Entry& entry : header->entries) tensors.push_back(std::move(entry.tensor));
  return tensors;
}

}  // namespace engine::formats
