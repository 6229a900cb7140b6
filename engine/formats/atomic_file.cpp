// Temporary file, fsync, rename, fsync of the folder: the order that survives a crash between any two of them.
#include "engine/formats/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>
#include <system_error>
#include <utility>

namespace engine::formats {
namespace {

constexpr size_t kBufferBytes = size_t(1) << 16;  // small writes are gathered up to here
constexpr int kNameAttempts = 100;

std::string reason(int error) { return std::generic_category().message(error); }

std::string folderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "free some space or save in another place; the file that was there is as it was";
    case EACCES:
    case EPERM:
    case EROFS: return "save in another place, or get the right to write there";
    case ENOENT: return "make the folder first";
    case EISDIR: return "give the name of a file";
    default: return "the file that was there is as it was";
  }
}

tl::unexpected<Problem> failed(const std::string& path, const char* doing, int error) {
  return failure(path, doing, Message("{0}", reason(error)), remedy(error));
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string target, std::string temporary, int descriptor)
    : path_(std::move(path)), target_(std::move(target)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      buffer_(std::move(other.buffer_)),
      state_(std::move(other.state_)) {}

AtomicFile::~AtomicFile() { discard(); }

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  constexpr const char* kDoing = "to create a file there";
  struct stat old {};
  const bool exists = stat(path.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) return failed(path, kDoing, EISDIR);
  if (exists && !S_ISREG(old.st_mode)) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return failed(path, kDoing, errno);
    return AtomicFile(path, path, "", descriptor);
  }
  std::string target = path;
  if (exists) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
    if (!real) return failed(path, kDoing, errno);
    target = real.get();
    // A file that may not be written is not replaced behind its owner's back, though its folder would allow it.
    if (access(target.c_str(), W_OK) != 0) return failed(path, kDoing, errno);
  }
  std::random_device random;
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const size_t nameAt = target.rfind('/') == std::string::npos ? 0 : target.rfind('/') + 1;
    std::string temporary = target;
    temporary.replace(nameAt, std::string::npos, fmt::format(".netwright-{:08x}{:08x}.tmp", random(), random()));
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return failed(path, kDoing, errno);
    // Best effort: where the file system has no permissions, there is nothing to keep.
    if (exists && fchmod(descriptor, old.st_mode & 07777) != 0) errno = 0;
    return AtomicFile(path, std::move(target), std::move(temporary), descriptor);
  }
  return failed(path, kDoing, EEXIST);
}

Done AtomicFile::fail(const char* doing, int error) {
  state_ = failed(path_, doing, error);
  discard();
  return state_;
}

void AtomicFile::discard() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
  descriptor_ = -1;
  buffer_.clear();
}

Done AtomicFile::flush() {
  const std::byte* bytes = buffer_.data();
  size_t left = buffer_.size();
  while (left > 0) {
    const ssize_t written = ::write(descriptor_, bytes, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail("to write the file", errno);
    bytes += written;
    left -= size_t(written);
  }
  buffer_.clear();
  return {};
}

Done AtomicFile::write(std::span<const std::byte> bytes) {
  if (!state_) return state_;
  if (descriptor_ < 0) return failed(path_, "to write the file", EBADF);
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kBufferBytes - buffer_.size());
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + ptrdiff_t(taken));
    bytes = bytes.subspan(taken);
    size_ += int64_t(taken);
    if (buffer_.size() == kBufferBytes)
      if (Done flushed = flush(); !flushed) return flushed;
  }
  return {};
}

Done AtomicFile::commit() {
  constexpr const char* kDoing = "to finish the file";
  if (!state_) return state_;
  if (descriptor_ < 0) return failed(path_, kDoing, EBADF);
  if (Done flushed = flush(); !flushed) return flushed;
  if (temporary_.empty()) {
    if (close(std::exchange(descriptor_, -1)) != 0) return state_ = failed(path_, kDoing, errno);
    return {};
  }
  if (fsync(descriptor_) != 0) return fail(kDoing, errno);
  if (rename(temporary_.c_str(), target_.c_str()) != 0) return fail(kDoing, errno);
  temporary_.clear();  // it has its name now: nothing to remove any more
  if (close(std::exchange(descriptor_, -1)) != 0) return state_ = failed(path_, kDoing, errno);
  // The rename itself must reach the disk. Some file systems cannot flush a folder (EINVAL); they promise no more.
  const int folder = open(folderOf(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return {};  // a folder that may be written but not read
  const int error = fsync(folder) == 0 ? 0 : errno;
  close(folder);
  if (error == EIO) return state_ = failed(path_, kDoing, error);
  return {};
}

Done writeAtomically(const std::string& path, std::span<const std::byte> bytes) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  if (Done written = file->write(bytes); !written) return written;
  return file->commit();
}

}  // namespace engine::formats
