// A folder of pictures by class as a table.
#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/data/images.h"

namespace engine::data {
namespace {

namespace fs = std::filesystem;

// Names in a folder in the order of their bytes, hidden ones left out; empty where it cannot be read.
std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (std::string name = at->path().filename().string(); !name.starts_with('.')) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

bool isFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool hasPicture(const fs::path& folder) {
  for (const std::string& name : namesIn(folder))
    if (isPictureName(name)) return true;
  return false;
}

struct Picture {
  std::string path;
  std::string className;
};

struct Listing {
  std::vector<Picture> pictures;
  Problems lints;
};

Problem leftOut(const fs::path& path, Message needs) {
  return {0, Place::file(path.string()), Severity::lint, std::move(needs), {}, {"it was left out"}, {}};
}

// Folders in a class's folder belong to the class. Links to folders are not followed further down, so there is an end.
void listClass(const fs::path& folder, const std::string& className, Listing& listing) {
  std::vector<std::string> folders;
  for (const std::string& name : namesIn(folder)) {
    const fs::path path = folder / name;
    std::error_code error;
    if (isFolder(path)) {
      if (!fs::is_symlink(path, error)) folders.push_back(name);
    } else if (isPictureName(name)) {
      listing.pictures.push_back({path.string(), className});
    } else {
      listing.lints.push_back(leftOut(path, {"a PNG or JPEG picture"}));
    }
  }
  for (const std::string& name : folders) listClass(folder / name, className, listing);
}

Listing listPart(const fs::path& folder) {
  Listing listing;
  for (const std::string& name : namesIn(folder)) {
    if (isFolder(folder / name)) listClass(folder / name, name, listing);
    else if (isPictureName(name)) listing.lints.push_back(leftOut(folder / name, {"a folder for its class"}));
  }
  return listing;
}

// The parts that the folder's folders are named for; the folder itself as train if they are named otherwise.
std::map<Part, Listing> listParts(const fs::path& folder) {
  std::map<Part, Listing> parts;
  std::vector<std::string> others;
  for (const std::string& name : namesIn(folder)) {
    if (!isFolder(folder / name)) continue;
    // "test" with pictures right in it is a class of that name.
    if (const auto part = partNamed(name); part && !hasPicture(folder / name)) {
      Listing listing = listPart(folder / name);
      auto& all = parts[*part];
      all.pictures.insert(all.pictures.end(), listing.pictures.begin(), listing.pictures.end());
      all.lints.insert(all.lints.end(), listing.lints.begin(), listing.lints.end());
    } else {
      others.push_back(name);
    }
  }
  if (!parts.contains(Part::train) || parts[Part::train].pictures.empty()) {
    parts.clear();
    parts[Part::train] = listPart(folder);
  } else {
    for (const std::string& name : others)
      parts[Part::train].lints.push_back(leftOut(folder / name, {"a folder train, validation or test, as others are"}));
  }
  return parts;
}

// Pixels of one part, as they are decoded; grey until the first colour.
class Pixels {
 public:
  Pixels(int64_t& channels, Shape& size, std::string& first) : channels_(channels), size_(size), first_(first) {}

  Done add(const Array& picture, const std::string& path) {
    const Shape size{picture.shape[1], picture.shape[2]};
    if (first_.empty()) {
      first_ = path;
      size_ = size;
    }
    if (size != size_)
      return failure(path, {"{0} pixels, as {1} has", size_, first_}, {"{0}", size},
                     {"bring all pictures to one size"});
    channels_ = std::max(channels_, picture.shape[0]);
    append(picture.as<uint8_t>(), picture.shape[0]);
    ++rows_;
    return {};
  }
  int64_t rows() const { return rows_; }
  int64_t bytes() const { return int64_t(bytes_.size()); }
  // All with the number of channels that any part has.
  Array take() {
    if (own_ < channels_) widen();
    return {{rows_, channels_, size_[0], size_[1]}, Type::u8, std::move(bytes_)};
  }

 private:
  void append(const uint8_t* pixels, int64_t channels) {
    const size_t plane = size_t(size_.elements());
    const auto* bytes = reinterpret_cast<const std::byte*>(pixels);
    if (own_ < channels) {
      if (rows_ > 0) widen();
      own_ = channels;
    }
    for (int64_t channel = 0; channel < own_; ++channel) {
      const std::byte* from = bytes + (channels == own_ ? size_t(channel) * plane : 0);
      bytes_.insert(bytes_.end(), from, from + plane);
    }
  }
  // Grey to three equal channels.
  void widen() {
    const size_t plane = size_t(size_.elements());
    std::vector<std::byte> wide;
    wide.reserve(bytes_.size() * size_t(channels_));
    for (size_t row = 0; row < size_t(rows_); ++row)
      for (int64_t channel = 0; channel < channels_; ++channel)
        wide.insert(wide.end(), bytes_.begin() + ptrdiff_t(row * plane), bytes_.begin() + ptrdiff_t((row + 1) * plane));
    bytes_ = std::move(wide);
    own_ = channels_;
  }

  int64_t& channels_;   // the most that any picture of any part has
  Shape& size_;         // (height, width) of all
  std::string& first_;  // the file that set it
  int64_t rows_ = 0, own_ = 1;
  std::vector<std::byte> bytes_;
};

Result<SourcePointer> openFolder(const std::string& folder, int64_t limit) {
  std::map<Part, Listing> parts = listParts(folder);
  std::vector<std::string> classes;
  for (const auto& [part, listing] : parts)
    for (const Picture& picture : listing.pictures) classes.push_back(picture.className);
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (classes.empty())
    return failure(folder, {"a folder of PNG or JPEG pictures for each class"}, {"none"},
                   {"make a folder for each class in it, and put the pictures there"});

  int64_t channels = 1;
  Shape size;
  std::string first;
  std::map<Part, std::vector<Array>> arrays;
  std::map<Part, Pixels> pixels;
  Problems lints;
  for (auto& [part, listing] : parts) {
    lints.insert(lints.end(), listing.lints.begin(), listing.lints.end());
    if (listing.pictures.empty()) continue;
    Pixels& all = pixels.try_emplace(part, channels, size, first).first->second;
    Array labels{{int64_t(listing.pictures.size())},
                 Type::i64,
                 std::vector<std::byte>(listing.pictures.size() * sizeof(int64_t))};
    for (const Picture& picture : listing.pictures) {
      const auto decoded = readPicture(picture.path);
      if (!decoded) return tl::unexpected(decoded.error());
      const auto label = std::lower_bound(classes.begin(), classes.end(), picture.className) - classes.begin();
      labels.as<int64_t>()[all.rows()] = label;
      if (Done added = all.add(*decoded, picture.path); !added) return tl::unexpected(added.error());
      if (all.bytes() > limit)
        return failure(folder, {"at most {0} bytes of pixels", limit}, {"more"}, {"take fewer or smaller pictures"});
    }
    limit -= all.bytes();
    arrays[part].resize(1);
    arrays[part].push_back(std::move(labels));
  }
  auto table = std::make_shared<Table>(
      folder,
      std::vector<Column>{{"image", Type::u8, {channels, size[0], size[1]}, {}}, {"label", Type::i64, {}, classes}});
  for (auto& [part, both] : arrays) {
    both[0] = pixels.at(part).take();
    if (Done set = table->setPart(part, std::move(both)); !set) return tl::unexpected(set.error());
  }
  for (Problem& lint : lints) table->addLint(std::move(lint));
  return table;
}

}  // namespace

bool isImageFolder(const std::string& folder) {
  for (const std::string& name : namesIn(folder)) {
    const fs::path inside = fs::path(folder) / name;
    if (!isFolder(inside)) continue;
    if (hasPicture(inside)) return true;
    for (const std::string& deeper : namesIn(inside))
      if (isFolder(inside / deeper) && hasPicture(inside / deeper)) return true;
  }
  return false;
}

Result<SourcePointer> openImageFolder(const std::string& folder, int64_t limit) {
  return guardMemory(folder, [&]() -> Result<SourcePointer> {
    try {
      return openFolder(folder, limit);
    } catch (const fs::filesystem_error& error) {
      return failure(folder, {"a folder that can be read"}, {"{0}", error.what()});
    }
  });
}

}  // namespace engine::data
