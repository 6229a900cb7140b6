// .npz: a zip of arrays, and the columns and parts that their names stand for.
#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <map>

#include "engine/data/npy.h"

namespace engine::data {
namespace {

constexpr std::string_view kExtension = ".npy";

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

Problem leftOut(const std::string& path, const std::string& name, Message needs, Message got) {
  return {0, Place::file(path + ", " + name), Severity::lint, std::move(needs), std::move(got), {"it was left out"},
          {}};
}

// The entry unpacked. It grows as it comes, because the size in the directory is only a claim.
Result<std::vector<std::byte>> unpack(zip_t* archive, zip_uint64_t index, const std::string& where, int64_t limit) {
  constexpr size_t kFirstSize = 1 << 20;
  const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen_index(archive, index, 0));
  if (!entry) return failure(where, {"an entry that can be unpacked"}, {"{0}", zip_strerror(archive)});
  std::vector<std::byte> bytes;
  for (;;) {
    const size_t filled = bytes.size();
    if (int64_t(filled) > limit) return failure(where, {"at most {0} bytes", limit}, {"more"});
    bytes.resize(std::max(2 * filled, kFirstSize));
    // The end of an entry is where its checksum is compared, so every entry is read until nothing more comes.
    size_t end = filled;
    while (end < bytes.size()) {
      const zip_int64_t got = zip_fread(entry.get(), bytes.data() + end, bytes.size() - end);
      if (got < 0)
        return failure(where, {"an entry that can be unpacked"}, {"{0}", zip_file_strerror(entry.get())},
                       {"save it again"});
      if (got == 0) {
        bytes.resize(end);
        return bytes;
      }
      end += size_t(got);
    }
  }
}

Result<NamedArrays> readArrays(const std::string& path, Problems& lints, int64_t limit) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return failure(path, {"a file that can be read"}, {"none of that name"}, {"check the name"});
  int error = 0;
  const std::unique_ptr<zip_t, CloseArchive> archive(zip_open(path.c_str(), ZIP_RDONLY, &error));
  if (!archive) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, error);
    auto problem = failure(path, {"a .npz file as numpy.savez writes it"}, {"{0}", zip_error_strerror(&reason)});
    zip_error_fini(&reason);
    return problem;
  }
  NamedArrays arrays;
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t index = 0; index < entries; ++index) {
    const char* entryName = zip_get_name(archive.get(), zip_uint64_t(index), 0);
    std::string name = entryName ? entryName : "";
    const std::string where = path + ", " + name;
    if (!name.ends_with(kExtension)) {
      lints.push_back(leftOut(path, name, {"a .npy array"}, {"another file"}));
      continue;
    }
    auto bytes = unpack(archive.get(), zip_uint64_t(index), where, limit);
    if (!bytes) return tl::unexpected(bytes.error());
    name.resize(name.size() - kExtension.size());
    const auto header = parseNpyHeader(*bytes, where);
    if (!header) return tl::unexpected(header.error());
    if (!header->type()) {
      lints.push_back(leftOut(path, name, {"numbers"}, {"the type {0}", header->dtype}));
      continue;
    }
    auto array = parseNpy(std::move(*bytes), where, limit);
    if (!array) return tl::unexpected(array.error());
    limit -= int64_t(array->bytes.size());
    arrays.emplace_back(std::move(name), std::move(*array));
  }
  return arrays;
}

// "x_train" and "train_x" are column x of part train; the name itself and no part for any other.
struct ColumnAndPart {
  std::string column;
  std::optional<Part> part;
};

ColumnAndPart columnAndPart(const std::string& name) {
  if (const size_t last = name.rfind('_'); last != std::string::npos && last > 0)
    if (const auto part = partNamed(std::string_view(name).substr(last + 1))) return {name.substr(0, last), part};
  if (const size_t first = name.find('_'); first != std::string::npos && first + 1 < name.size())
    if (const auto part = partNamed(std::string_view(name).substr(0, first))) return {name.substr(first + 1), part};
  return {name, std::nullopt};
}

// For the order of columns: x, y, and the others as they came.
int rankOf(const std::string& column) { return column == "x" ? 0 : column == "y" ? 1 : 2; }

using Parts = std::map<Part, NamedArrays>;

// Splits the arrays up into parts; without a train part in the names everything is train.
Parts partsOf(const std::string& path, NamedArrays arrays, Problems& lints) {
  const bool split = std::any_of(arrays.begin(), arrays.end(),
                                 [](const auto& named) { return columnAndPart(named.first).part == Part::train; });
  Parts parts;
  for (auto& [name, array] : arrays) {
    auto [column, part] = split ? columnAndPart(name) : ColumnAndPart{name, Part::train};
    if (!part)
      lints.push_back(leftOut(path, name, {"a name that ends in _train, _validation or _test, as others do"}, {}));
    else if (array.shape.rank() == 0)
      lints.push_back(leftOut(path, name, {"rows along the first axis"}, {"a single number"}));
    else parts[*part].emplace_back(std::move(column), std::move(array));
  }
  for (auto& [part, columns] : parts)
    std::stable_sort(columns.begin(), columns.end(),
                     [](const auto& a, const auto& b) { return rankOf(a.first) < rankOf(b.first); });
  return parts;
}

// Arrays beside x and y (or beside the first one) that have another number of rows are no columns.
void dropOtherLengths(const std::string& path, NamedArrays& columns, Problems& lints) {
  const int64_t rows = columns.front().second.shape[0];
  std::erase_if(columns, [&](const auto& named) {
    const int64_t own = named.second.shape[0];
    if (own == rows || rankOf(named.first) < 2) return false;
    lints.push_back(leftOut(path, named.first, {"{0} rows, as {1} has", rows, columns.front().first}, {"{0}", own}));
    return true;
  });
}

Result<SourcePointer> tableOf(const std::string& path, NamedArrays arrays, Problems lints) {
  Parts parts = partsOf(path, std::move(arrays), lints);
  if (!parts.contains(Part::train)) return failure(path, {"arrays of numbers with rows"}, {"none"});
  if (parts.size() == 1) dropOtherLengths(path, parts[Part::train], lints);
  std::vector<Column> columns;
  for (const auto& [name, array] : parts[Part::train]) {
    Column column{name, array.type, Shape(std::span(array.shape.begin() + 1, array.shape.end())), {}};
    for (const Column& other : columns)
      if (other.name == name) return failure(path, {"one array for column {0}", name}, {"two"});
    columns.push_back(std::move(column));
  }
  auto table = std::make_shared<Table>(path, columns);
  for (auto& [part, named] : parts) {
    std::vector<Array> ordered;
    for (const Column& column : columns) {
      const auto found =
          std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.first == column.name; });
      if (found == named.end())
        return failure(path, {"column {0} in the {1} part too", column.name, nameOf(part)}, {"none"});
      ordered.push_back(std::move(found->second));
      named.erase(found);
    }
    for (const auto& [name, array] : named)
      lints.push_back(leftOut(path, name, {"an array for the train part too"}, {"one for the {0} part", nameOf(part)}));
    if (Done set = table->setPart(part, std::move(ordered)); !set) return tl::unexpected(set.error());
  }
  for (Problem& lint : lints) table->addLint(std::move(lint));
  return table;
}

}  // namespace

Result<NamedArrays> readNpz(const std::string& path, Problems& lints, int64_t limit) {
  return guardMemory(path, [&] { return readArrays(path, lints, limit); });
}

Result<SourcePointer> openNumpy(const std::string& path, int64_t limit) {
  return guardMemory(path, [&]() -> Result<SourcePointer> {
    Problems lints;
    if (path.ends_with(kExtension)) {
      auto array = readNpy(path, limit);
      if (!array) return tl::unexpected(array.error());
      NamedArrays one;
      one.emplace_back("x", std::move(*array));
      return tableOf(path, std::move(one), {});
    }
    auto arrays = readNpz(path, lints, limit);
    if (!arrays) return tl::unexpected(arrays.error());
    return tableOf(path, std::move(*arrays), std::move(lints));
  });
}

}  // namespace engine::data
