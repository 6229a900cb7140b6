// Which IDX files belong together, and what a table is made of them.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "engine/data/idx.h"

namespace engine::data {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// "train" -> the name of that set's file in the folder, in whichever spelling it is there; empty if it is not.
std::string findFile(const std::string& stem, const std::string& what, std::span<const char* const> ranks) {
  for (const char* separator : {"-", "."})
    for (const char* rank : ranks)
      for (const char* packed : {".gz", ""}) {
        std::string path = stem + what + separator + rank + "-ubyte" + packed;
        if (exists(path)) return path;
      }
  return {};
}
constexpr const char* kImageRanks[] = {"idx3", "idx4"};
constexpr const char* kLabelRanks[] = {"idx1"};

struct Pair {
  std::string images, labels;
};

// `stem` ends where "images" or "labels" begins: "data/train-".
Result<Pair> findPair(const std::string& stem) {
  Pair pair{findFile(stem, "images", kImageRanks), findFile(stem, "labels", kLabelRanks)};
  if (pair.images.empty())
    return failure(stem + "images-idx3-ubyte.gz", {"the pictures beside their labels"}, {"no such file"});
  if (pair.labels.empty())
    return failure(stem + "labels-idx1-ubyte.gz", {"the labels beside their pictures"}, {"no such file"});
  return pair;
}

struct Read {
  Array images, labels;  // (rows, channels, height, width) u8; (rows) i64
};

Result<Read> readPair(const Pair& pair, int64_t limit) {
  const auto parseFile = [&](const std::string& path) -> Result<Array> {
    const auto file = readFile(path, limit);
    if (!file) return tl::unexpected(file.error());
    return parseIdx(*file, path, limit);
  };
  auto images = parseFile(pair.images);
  if (!images) return tl::unexpected(images.error());
  if (images->type != Type::u8 || images->shape.rank() < 3 || images->shape.rank() > 4)
    return failure(pair.images, {"pictures of bytes (rows, height, width)"},
                   {"{0} of type {1}", images->shape, images->type});
  auto labels = parseFile(pair.labels);
  if (!labels) return tl::unexpected(labels.error());
  if (labels->type != Type::u8 || labels->shape.rank() != 1)
    return failure(pair.labels, {"labels of bytes (rows)"}, {"{0} of type {1}", labels->shape, labels->type});
  if (labels->shape[0] != images->shape[0])
    return failure(pair.labels, {"a label for each of {0} pictures", images->shape[0]},
                   {"{0} labels", labels->shape[0]}, {"take the two files from the same set"});
  if (images->shape.rank() == 3) images->shape = {images->shape[0], 1, images->shape[1], images->shape[2]};
  Array wide{labels->shape, Type::i64, std::vector<std::byte>(labels->bytes.size() * sizeof(int64_t))};
  std::copy_n(labels->as<uint8_t>(), labels->bytes.size(), wide.as<int64_t>());
  return Read{std::move(*images), std::move(wide)};
}

std::vector<std::string> numbersAsNames(const std::vector<std::pair<Part, Read>>& parts) {
  int64_t classes = 0;
  for (const auto& [part, read] : parts)
    for (int64_t row = 0; row < read.labels.shape[0]; ++row)
      classes = std::max(classes, read.labels.as<int64_t>()[row] + 1);
  std::vector<std::string> names;
  for (int64_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
  return names;
}

Result<SourcePointer> tableOf(const std::string& name, std::vector<std::pair<Part, Pair>> pairs,
                              std::vector<std::string> classes, int64_t limit) {
  return guardMemory(name, [&]() -> Result<SourcePointer> {
    std::vector<std::pair<Part, Read>> parts;
    for (const auto& [part, pair] : pairs) {
      auto read = readPair(pair, limit);
      if (!read) return tl::unexpected(read.error());
      limit -= int64_t(read->images.bytes.size());
      parts.emplace_back(part, std::move(*read));
    }
    const Array& first = parts[0].second.images;
    if (classes.empty()) classes = numbersAsNames(parts);
    auto table = std::make_shared<Table>(
        name, std::vector<Column>{{"image", Type::u8, {first.shape[1], first.shape[2], first.shape[3]}, {}},
                                  {"label", Type::i64, {}, classes}});
    for (size_t i = 0; i < parts.size(); ++i) {
      auto& [part, read] = parts[i];
      if (Done labels = checkLabels(pairs[i].second.labels, read.labels, int64_t(classes.size())); !labels)
        return tl::unexpected(labels.error());
      std::vector<Array> arrays;
      arrays.push_back(std::move(read.images));
      arrays.push_back(std::move(read.labels));
      if (Done set = table->setPart(part, std::move(arrays)); !set) return tl::unexpected(set.error());
    }
    return table;
  });
}

std::string withSlash(const std::string& folder) { return folder.ends_with('/') ? folder : folder + "/"; }

}  // namespace

bool isIdxFolder(const std::string& folder) {
  return !findFile(withSlash(folder) + "train-", "images", kImageRanks).empty();
}

Result<SourcePointer> openIdx(const std::string& file, int64_t limit) {
  const size_t folderEnd = file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1;
  size_t what = file.rfind("images");
  if (what == std::string::npos || what < folderEnd) what = file.rfind("labels");
  if (what == std::string::npos || what < folderEnd)
    return failure(file, {"a name like train-images-idx3-ubyte.gz, by which the labels are found"});
  if (!exists(file)) return failure(file, {"a file that can be read"}, {"no such file"}, {"check the name"});
  auto pair = findPair(file.substr(0, what));
  if (!pair) return tl::unexpected(pair.error());
  (file.compare(what, 6, "images") == 0 ? pair->images : pair->labels) = file;
  return tableOf(file, {{Part::train, *pair}}, {}, limit);
}

Result<SourcePointer> openIdxFolder(const std::string& folder, const std::string& name,
                                    std::vector<std::string> classes, int64_t limit) {
  const std::string stem = withSlash(folder);
  const auto train = findPair(stem + "train-");
  if (!train) return tl::unexpected(train.error());
  std::vector<std::pair<Part, Pair>> pairs{{Part::train, *train}};
  for (const char* test : {"t10k-", "test-"}) {
    if (findFile(stem + test, "images", kImageRanks).empty()) continue;
    const auto pair = findPair(stem + test);
    if (!pair) return tl::unexpected(pair.error());
    pairs.emplace_back(Part::test, *pair);
    break;
  }
  return tableOf(name, std::move(pairs), std::move(classes), limit);
}

Result<SourcePointer> openFashionMnist(int64_t limit) {
  constexpr char kDebianFolder[] = "/usr/share/datasets/fashion-mnist";
  const std::string name = "fashion-mnist";
  std::vector<std::string> folders;
  if (const char* own = std::getenv("NETWRIGHT_DATA"); own && *own) folders = {std::string(own) + "/" + name, own};
  else folders = {kDebianFolder};
  for (const std::string& folder : folders)
    if (isIdxFolder(folder))
      return openIdxFolder(
          folder, name,
          {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
          limit);
  return failure(name, {"train-images-idx3-ubyte.gz and its kin in {0}", folders.back()}, {"no such files"},
                 {"run: apt install dataset-fashion-mnist"});
}

}  // namespace engine::data
