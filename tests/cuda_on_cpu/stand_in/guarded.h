// A piece of memory between two pages that fault. It ends where the second begins (but for up to 15 bytes, so that it
// is aligned), and what is left of its own pages holds a pattern that shows writes just outside.
#pragma once

#include <cstddef>
#include <string>

namespace cuda_on_cpu {

class Guarded {
 public:
  explicit Guarded(size_t bytes);  // throws Error if the system has no memory; filled with 0xFF
  ~Guarded();
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  char* begin() const { return begin_; }
  char* end() const { return begin_ + bytes_; }
  size_t bytes() const { return bytes_; }
  void fillAsNew();                // nobody wrote it yet; it must be open
  void setOpen(bool open);  // closed, every access faults
  bool isOpen() const { return open_; }
  bool near(const void* p) const;  // inside, or in one of the two pages
  // "3 bytes past the end of 100 bytes" if something was written around it since the last call, else nothing.
  std::string writtenAround();
  // "byte 7 of 100 bytes", "3 bytes past the end of 100 bytes"
  std::string place(const void* p) const;

 private:
  char* pages_;       // with both guards
  size_t pageBytes_;  // without them
  char* begin_;
  size_t bytes_;
  bool open_ = true;
};

}  // namespace cuda_on_cpu
