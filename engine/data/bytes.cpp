// Whole files and gzip.
#include "engine/data/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace engine::data {
namespace {

// zlib's technical notes: deflate reaches 1032:1 at most.
constexpr int64_t kDeflateRatio = 1032;
constexpr int64_t kLikelyRatio = 16;  // of what is no fraud
// What inflate may have taken in and not yet given out: a few bytes of bits, a match of 258.
constexpr int64_t kHeldBytes = 8;
constexpr int64_t kFirstGrowth = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Problem> systemFailure(const std::string& path, const char* needs) {
  const int error = errno;
  return failure(path, {needs}, {"{0}", std::strerror(error)},
                 error == ENOENT                     ? Message{"check the name"}
                 : error == EACCES || error == EPERM ? Message{"check its permissions"}
                                                     : Message{});
}

}  // namespace

Result<std::vector<std::byte>> readFile(const std::string& path, int64_t limit) {
  return guardMemory(path, [&]() -> Result<std::vector<std::byte>> {
    // Not to wait for a writer, should it be a pipe.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) return systemFailure(path, "a file that can be read");
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return systemFailure(path, "a file that can be read");
    if (S_ISDIR(status.st_mode)) return failure(path, {"a file"}, {"a folder"});
    if (!S_ISREG(status.st_mode)) return failure(path, {"a regular file"}, {"a device or pipe"});
    if (status.st_size > limit)
      return failure(path, {"a file of at most {0} bytes", limit}, {"{0} bytes", int64_t(status.st_size)});
    std::vector<std::byte> bytes(size_t(status.st_size));
    size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got =
          ::read(file.number(), bytes.data() + filled, std::min<size_t>(bytes.size() - filled, INT_MAX));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return systemFailure(path, "a file that can be read");
      if (got == 0) break;  // somebody cut it meanwhile
      filled += size_t(got);
    }
    bytes.resize(filled);
    return bytes;
  });
}

struct ByteStream::Inflate {
  z_stream stream{};
  bool good = false;
  bool ended = false;
  Inflate() { good = inflateInit2(&stream, MAX_WBITS + 16) == Z_OK; }  // 16: a gzip header is there
  ~Inflate() { inflateEnd(&stream); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
};

namespace {
bool isGzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}
}  // namespace

ByteStream::ByteStream(std::span<const std::byte> bytes, const std::string& path) : path_(path), rest_(bytes) {
  if (isGzip(bytes)) inflate_ = std::make_unique<Inflate>();
}

ByteStream::~ByteStream() = default;

int64_t ByteStream::atMost() const {
  const auto bytes = int64_t(rest_.size());
  return inflate_ ? (bytes + kHeldBytes) * kDeflateRatio : bytes;
}

Result<std::vector<std::byte>> ByteStream::read(int64_t count) {
  if (!inflate_) {
    const auto head = rest_.first(std::min(rest_.size(), size_t(std::max<int64_t>(count, 0))));
    rest_ = rest_.subspan(head.size());
    return std::vector<std::byte>(head.begin(), head.end());
  }
  const auto broken = [&](const char* got) {
    return failure(path_, {"an unbroken gzip file"}, {got}, {"fetch it again"});
  };
  Inflate& inflate = *inflate_;
  if (!inflate.good) return failure(path_, {"memory to unpack it"});
  std::vector<std::byte> out;
  // What pictures are packed to at best gets its room at once; a larger claim has to show its bytes first.
  if (count > 0 && count / kLikelyRatio <= int64_t(rest_.size())) out.reserve(size_t(count));
  while (int64_t(out.size()) < count && !inflate.ended) {
    const size_t filled = out.size();
    out.resize(size_t(std::min<int64_t>(count, int64_t(std::max<size_t>(2 * filled, kFirstGrowth)))));
    inflate.stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    inflate.stream.avail_out = uInt(std::min<size_t>(out.size() - filled, INT_MAX));
    inflate.stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));
    inflate.stream.avail_in = uInt(std::min<size_t>(rest_.size(), INT_MAX));
    const size_t offered = inflate.stream.avail_in, room = inflate.stream.avail_out;
    const int status = ::inflate(&inflate.stream, Z_NO_FLUSH);
    rest_ = rest_.subspan(offered - inflate.stream.avail_in);
    const size_t made = room - inflate.stream.avail_out;
    out.resize(filled + made);
    if (status == Z_STREAM_END) {  // checksum and length were right; another member may follow
      if (isGzip(rest_)) inflateReset(&inflate.stream);
      else inflate.ended = true;
    } else if (status == Z_BUF_ERROR || (status == Z_OK && made == 0 && rest_.empty())) {
      return broken("its end is missing");
    } else if (status != Z_OK) {
      return broken("its content is damaged");
    }
  }
  return out;
}

}  // namespace engine::data
