#include "app/netw/inputs.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "engine/data/images.h"
#include "engine/data/npy.h"

namespace netw {

using engine::failure;
using engine::Message;
using engine::Result;
using engine::Shape;
using engine::data::Array;

namespace {

Result<Array> asRows(Array array, const Shape& sample, const std::string& path) {
  const int64_t elements = sample.elements(), all = array.shape.elements();
  Shape rows{1};
  const bool isOne = all == elements && !(array.shape.rank() > 0 && array.shape[0] == 1);
  if (!isOne) {
    if (array.shape.rank() == 0 || array.shape.elements(1, array.shape.rank()) != elements)
      return failure(path, Message("samples of {0}", sample), Message("{0}", array.shape), "give one sample, or samples along the first axis");
    rows[0] = array.shape[0];
  }
  for (int64_t size : sample) rows.append(size);
  array.shape = rows;
  return array;
}

// ITU-R BT.601: how bright red, green and blue look.
uint8_t grey(uint8_t red, uint8_t green, uint8_t blue) { return uint8_t(std::lround(0.299 * red + 0.587 * green + 0.114 * blue)); }

// (channels, height, width), with as many channels as wanted.
Array withChannels(const Array& picture, int64_t channels) {
  const int64_t has = picture.shape[0], pixels = picture.shape[1] * picture.shape[2];
  if (has == channels || has == 0) return picture;
  Array result{{channels, picture.shape[1], picture.shape[2]}, engine::Type::u8, std::vector<std::byte>(size_t(channels * pixels))};
  const uint8_t* from = picture.as<uint8_t>();
  uint8_t* to = result.as<uint8_t>();
  for (int64_t i = 0; i < pixels; ++i)
    for (int64_t c = 0; c < channels; ++c) to[c * pixels + i] = has == 1 ? from[i] : grey(from[i], from[pixels + i], from[2 * pixels + i]);
  return result;
}

Result<Array> readPictureFor(const std::string& path, const Shape& sample) {
  Result<Array> picture = engine::data::readPicture(path);
  if (!picture) return picture;
  const bool convertible = sample.rank() == 3 && ((sample[0] == 1 && picture->shape[0] == 3) || (sample[0] == 3 && picture->shape[0] == 1));
  if (convertible) picture = withChannels(*picture, sample[0]);
  if (!(picture->shape == sample)) return failure(path, Message("a picture of {0}", sample), Message("{0}", picture->shape), "scale or crop it first");
  return asRows(*std::move(picture), sample, path);
}

// Numbers with commas, semicolons or blanks between them, a sample a line. A first line that has words is left out.
Result<Array> readCsv(const std::string& path, const Shape& sample) {
  Result<std::vector<std::byte>> bytes = engine::data::readFile(path);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  std::vector<double> numbers;
  int64_t rows = 0, line = 0;
  for (size_t at = 0; at < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view row = text.substr(at, end - at);
    at = end + 1;
    int64_t count = 0;
    bool words = false;
    for (size_t i = 0; i < row.size() && !words;) {
      if (std::string_view(",; \t\r\"").find(row[i]) != std::string_view::npos) {
        ++i;
        continue;
      }
      double number = 0;
      const auto [rest, error] = std::from_chars(row.data() + i, row.data() + row.size(), number);
      if (error != std::errc()) words = true;
      else numbers.push_back(number), ++count, i = size_t(rest - row.data());
    }
    if (words && line == 0) {
      numbers.clear();
      continue;
    }
    if (count == 0 && !words) continue;  // an empty line
    if (words || count != sample.elements())
      return failure(path, Message("{0} numbers in line {1}", sample.elements(), line + 1), words ? Message("\"{0}\"", row.substr(0, 40)) : Message("{0}", count),
                     "give the columns of the network's input, and no others");
    ++rows;
  }
  Shape shape{rows};
  for (int64_t size : sample) shape.append(size);
  Array array{shape, engine::Type::f64, std::vector<std::byte>(numbers.size() * sizeof(double))};
  std::copy(numbers.begin(), numbers.end(), array.as<double>());
  return array;
}

Result<Array> fromNpz(const std::string& path, const std::string& column) {
  engine::Problems lints;
  Result<engine::data::NamedArrays> arrays = engine::data::readNpz(path, lints);
  if (!arrays) return tl::unexpected(arrays.error());
  for (const std::string& wanted : {column, std::string("x")})
    for (auto& [name, array] : *arrays)
      if (name == wanted) return std::move(array);
  if (arrays->size() == 1) return std::move(arrays->front().second);
  std::string names;
  for (const auto& [name, array] : *arrays) names += (names.empty() ? "" : ", ") + name;
  return failure(path, Message("an array named {0} or x, or only one", column), Message("{0}", names), "rename it");
}

}  // namespace

Result<Array> readInput(const std::string& path, const Shape& sample, const std::string& column) {
  return engine::data::guardMemory(path, [&]() -> Result<Array> {
    if (engine::data::isPictureName(path)) return readPictureFor(path, sample);
    if (path.ends_with(".csv")) return readCsv(path, sample);
    Result<Array> array = path.ends_with(".npz")   ? fromNpz(path, column)
                          : path.ends_with(".npy") ? engine::data::readNpy(path)
                                                   : failure(path, "a picture (.png, .jpg), .npy, .npz or .csv", "another file");
    if (!array) return array;
    return asRows(*std::move(array), sample, path);
  });
}

}  // namespace netw
