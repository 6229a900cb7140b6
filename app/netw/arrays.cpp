#include "app/netw/arrays.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "app/netw/talk.h"
#include "engine/data/npy.h"
#include "engine/formats/atomic_file.h"

namespace netw {

namespace fs = std::filesystem;
using engine::failure;
using engine::Message;
using engine::Result;
using engine::Type;
using engine::data::Array;

namespace {

template <class To, class From>
Array with(const Array& from, Type type) {
  Array to{from.shape, type, std::vector<std::byte>(size_t(from.shape.elements()) * sizeof(To))};
  std::transform(from.as<From>(), from.as<From>() + from.shape.elements(), to.as<To>(), [](From v) { return To(v); });
  return to;
}
template <class To>
Array as(const Array& from, Type type) {
  switch (from.type) {
    case Type::f32: return with<To, float>(from, type);
    case Type::f64: return with<To, double>(from, type);
    case Type::i64: return with<To, int64_t>(from, type);
    case Type::i32: return with<To, int32_t>(from, type);
    case Type::u8:
    case Type::boolean: break;
  }
  return with<To, uint8_t>(from, type);
}

}  // namespace

Result<std::vector<NamedArray>> readArrays(const std::vector<std::string>& words) {
  std::vector<NamedArray> arrays;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    std::error_code error;
    const bool named = equals != std::string::npos && !fs::exists(word, error);
    Result<Array> array = engine::data::readNpy(named ? word.substr(equals + 1) : word);
    if (!array) return tl::unexpected(array.error());
    arrays.push_back({named ? word.substr(0, equals) : "", *std::move(array)});
  }
  return arrays;
}

const NamedArray* findArray(const std::vector<NamedArray>& arrays, const std::string& name, size_t place) {
  const NamedArray* found = nullptr;
  for (const NamedArray& array : arrays)
    if (array.name == name) found = &array;
  size_t unnamed = 0;
  for (const NamedArray& array : arrays)
    if (array.name.empty() && unnamed++ == place && !found) found = &array;
  return found;
}

Result<Array> arrayFor(const std::vector<NamedArray>& arrays, const std::string& name, size_t place, Type type) {
  const NamedArray* const found = findArray(arrays, name, place);
  if (!found) return failure(name, "an array for this input", "none", Message("give it: --input {0}=FILE.npy", name));
  const Array& array = found->array;
  if (array.type == type) return array;
  if (engine::isFloating(array.type) && !engine::isFloating(type))
    return failure(name, Message("values of type {0}", type), Message("{0}", array.type), "save the array as whole numbers");
  switch (type) {
    case Type::f32: return as<float>(array, type);
    case Type::f64: return as<double>(array, type);
    case Type::i64: return as<int64_t>(array, type);
    case Type::i32: return as<int32_t>(array, type);
    case Type::u8: return as<uint8_t>(array, type);
    case Type::boolean: return as<bool>(array, type);
  }
  return array;
}

engine::Done writeArrays(const std::string& folder, const std::vector<NamedArray>& arrays) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failure(folder, "a folder to write to", Message("{0}", error.message()));
  Json index = Json::object();
  std::set<std::string> taken{"index.json"};
  for (const NamedArray& array : arrays) {
    std::string safe = array.name;
    for (char& c : safe)
      if (!(std::isalnum(uint8_t(c)) || c == '.' || c == '_' || c == '-')) c = '_';
    std::string file = safe + ".npy";
    for (int i = 2; !taken.insert(file).second; ++i) file = safe + "_" + std::to_string(i) + ".npy";
    if (engine::Done done = engine::data::writeNpy((fs::path(folder) / file).string(), array.array); !done) return done;
    index[array.name] = file;
  }
  return engine::formats::writeAtomically((fs::path(folder) / "index.json").string(), index.dump(2) + "\n");
}

}  // namespace netw
