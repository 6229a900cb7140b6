// Files that are either the old one or the new one, whole, whatever happens in between: written under another name in
// the same folder, flushed to the disk, and renamed over the old one. Projects, checkpoints and exports are saved so.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/problem.h"

namespace engine::formats {

// A file that comes to be at `commit()`. Dropped before that, it leaves no trace, and the old file as it was.
//
// The new file keeps the old one's permissions; through a symbolic link the file behind it is replaced. What is no
// regular file (a pipe, a device) cannot be replaced and is written straight.
class AtomicFile {
 public:
  // Problems: the folder does not exist or may not be written, the path is a folder.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Appends. After a failure (a full disk) every later call, and commit(), fails with the same problem.
  Done write(std::span<const std::byte> bytes);
  Done write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  int64_t size() const { return size_; }  // bytes so far

  Done commit();

 private:
  AtomicFile(std::string path, std::string target, std::string temporary, int descriptor);
  Done flush();
  Done fail(const char* doing, int error);
  void discard();

  std::string path_;       // as it was given, for messages
  std::string target_;     // with symbolic links followed
  std::string temporary_;  // empty: written straight
  int descriptor_ = -1;    // -1: committed or discarded
  int64_t size_ = 0;
  std::vector<std::byte> buffer_;
  Done state_;
};

// The whole file at once.
Done writeAtomically(const std::string& path, std::span<const std::byte> bytes);
inline Done writeAtomically(const std::string& path, std::string_view text) {
  return writeAtomically(path, std::as_bytes(std::span(text)));
}

}  // namespace engine::formats
