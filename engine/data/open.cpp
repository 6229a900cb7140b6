// Which reader a name or path belongs to.
#include "engine/data/open.h"

#include <sys/stat.h>

#include "engine/data/csv.h"
#include "engine/data/generated.h"
#include "engine/data/idx.h"
#include "engine/data/images.h"
#include "engine/data/npy.h"
#include "engine/document/text.h"

namespace engine::data {
namespace {

constexpr char kFashionMnist[] = "fashion-mnist";

std::string listOf(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

tl::unexpected<Problem> unknown(const std::string& what, const char* got) {
  const std::vector<std::string>& names = builtInNames();
  const std::string meant(document::nearest(what, std::vector<std::string_view>(names.begin(), names.end())));
  return failure(
      what,
      {"one of {0}; or IDX files (.gz or not), .npz, .npy, .csv, .tsv, or a folder of pictures by class", listOf(names)},
      {got}, meant.empty() ? Message("check the name") : Message("write {0}", meant));
}

bool namesIdx(const std::string& path) {
  std::string file = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  if (file.ends_with(".gz")) file.resize(file.size() - 3);
  return file.ends_with("-ubyte") || file.ends_with(".idx");
}

}  // namespace

const std::vector<std::string>& builtInNames() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names{kFashionMnist};
    for (std::string_view name : generatedNames()) names.emplace_back(name);
    return names;
  }();
  return all;
}

Result<SourcePointer> open(const std::string& what, const OpenOptions& options) {
  if (what == kFashionMnist) return openFashionMnist(options.memoryLimit);
  if (SourcePointer source = generate(what)) return source;
  struct stat status {};
  if (::stat(what.c_str(), &status) != 0) {
    constexpr char kNone[] = "no such name or file";
    if (what.find('/') == std::string::npos) return unknown(what, kNone);
    return failure(what, {"a file or folder of data"}, {kNone}, {"put it back, or choose other data"});
  }
  if (S_ISDIR(status.st_mode)) {
    if (isIdxFolder(what)) return openIdxFolder(what, what, {}, options.memoryLimit);
    if (isImageFolder(what)) return openImageFolder(what, options.memoryLimit);
    return unknown(what, "a folder with none of these");
  }
  if (what.ends_with(".npz") || what.ends_with(".npy")) return openNumpy(what, options.memoryLimit);
  if (isCsvName(what)) return openCsv(what, options.target, options.memoryLimit);
  if (namesIdx(what)) return openIdx(what, options.memoryLimit);
  return unknown(what, "another file");
}

}  // namespace engine::data
