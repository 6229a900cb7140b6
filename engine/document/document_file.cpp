// Project files: read whole within a bound, saved whole or not at all.
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "engine/document/json.h"
#include "engine/formats/atomic_file.h"

namespace engine::document {

Result<Document> load(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return failure(path, "a project that can be read", Message("{0}", std::generic_category().message(errno)));
  // In pieces: what is no regular file (a pipe) does not tell its size.
  constexpr size_t kPiece = size_t(1) << 16;
  std::string text;
  try {
    for (size_t got = kPiece; got == kPiece;) {
      const size_t size = text.size();
      if (int64_t(size) > kMaxFileBytes)
        return failure(path, Message("a project of at most {0} bytes", kMaxFileBytes), "a larger file",
                       "give the project's file, which ends in .netw");
      text.resize(size + kPiece);
      got = std::fread(text.data() + size, 1, kPiece, file.get());
      text.resize(size + got);
    }
  } catch (const std::bad_alloc&) {
    return failure(path, "enough memory for the file", "too little");
  }
  if (std::ferror(file.get()))
    return failure(path, "a project that can be read", Message("{0}", std::generic_category().message(errno)));
  return parse(text, path);
}

Done save(const Document& document, const std::string& path) { return formats::writeAtomically(path, print(document)); }

}  // namespace engine::document
