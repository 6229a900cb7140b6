#include "stand_in/guarded.h"

#include <sys/mman.h>

#include "cuda_on_cpu.h"

namespace cuda_on_cpu {
namespace {

constexpr size_t pageSize = 4096, alignment = 16;
constexpr unsigned char pattern = 0xA5;

size_t roundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// Loops instead of memset and memcmp: the sanitizers would take those for accesses of the kernels.
void fill(char* from, const char* to, unsigned char value) {
  for (volatile char* p = from; p < to; ++p) *p = char(value);
}

const char* firstChanged(char* from, const char* to) {
  for (const char* p = from; p < to; ++p)
    if (static_cast<unsigned char>(*p) != pattern) return p;
  return nullptr;
}

}  // namespace

Guarded::Guarded(size_t bytes) : pageBytes_(roundUp(bytes, pageSize)), bytes_(bytes) {
  void* memory = mmap(nullptr, pageBytes_ + 2 * pageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail("the system has no memory for " + std::to_string(bytes) + " bytes of device memory");
  pages_ = static_cast<char*>(memory);
  begin_ = pages_ + pageSize + pageBytes_ - roundUp(bytes, alignment);
  setOpen(true);
  fill(pages_ + pageSize, begin_, pattern);
  fillAsNew();
  fill(end(), pages_ + pageSize + pageBytes_, pattern);
}

Guarded::~Guarded() { munmap(pages_, pageBytes_ + 2 * pageSize); }

void Guarded::fillAsNew() { __builtin_memset(begin_, 0xFF, bytes_); }

void Guarded::setOpen(bool open) {
  open_ = open;
  if (pageBytes_ > 0) mprotect(pages_ + pageSize, pageBytes_, open ? PROT_READ | PROT_WRITE : PROT_NONE);
}

bool Guarded::near(const void* p) const {
  const char* at = static_cast<const char*>(p);
  return at >= pages_ && at < pages_ + pageBytes_ + 2 * pageSize;
}

std::string Guarded::place(const void* p) const {
  const char* at = static_cast<const char*>(p);
  std::string text;
  if (at < begin_)
    text = std::to_string(begin_ - at).append(" bytes before the begin of ");
  else if (at >= end())
    text = std::to_string(at - end()).append(" bytes past the end of ");
  else
    text.append("byte ").append(std::to_string(at - begin_)).append(" of ");
  return text.append(std::to_string(bytes_)).append(" bytes");
}

std::string Guarded::writtenAround() {
  char* const first = pages_ + pageSize;
  char* const last = first + pageBytes_;
  const char* changed = firstChanged(first, begin_);
  if (!changed) changed = firstChanged(end(), last);
  if (!changed) return {};
  const std::string where = place(changed);
  fill(first, begin_, pattern);
  fill(end(), last, pattern);
  return where;
}

}  // namespace cuda_on_cpu
