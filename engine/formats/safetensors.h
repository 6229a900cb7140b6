// The safetensors format: named tensors, little-endian and row-major, behind a JSON header. It cannot run code, and a
// reader knows every size before it touches a tensor. Format: huggingface/safetensors, README "Format".
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/problem.h"

namespace engine::formats {

struct NamedTensor {
  std::string name;
  Type type = Type::f32;
  Shape shape;
  const void* data = nullptr;

  int64_t bytes() const { return shape.elements() * bytesOf(type); }
};

// Atomic. The same tensors and metadata give the same bytes. Two tensors of one name are a problem.
Done writeSafetensors(const std::string& path, std::span<const NamedTensor> tensors,
                      const std::map<std::string, std::string>& metadata = {});

class Safetensors {
 public:
  // In the file's order, each aligned for its type; they live as long as this or a copy of it.
  const std::vector<NamedTensor>& tensors() const { return tensors_; }
  const NamedTensor* find(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  friend Result<Safetensors> parseSafetensors(std::vector<std::byte>, const std::string&);
  std::vector<NamedTensor> tensors_;
  std::map<std::string, size_t, std::less<>> byName_;
  std::map<std::string, std::string> metadata_;
  std::shared_ptr<std::vector<std::byte>> bytes_;
  std::vector<std::shared_ptr<std::vector<float>>> widened_;  // tensors in 16-bit floats, which we have no type for
  std::vector<std::shared_ptr<std::vector<double>>>
      moved_;  // tensors that do not lie in the file as their type needs it
};

Result<Safetensors> parseSafetensors(std::vector<std::byte> bytes, const std::string& path);
Result<Safetensors> readSafetensors(const std::string& path);
// Names, types and shapes by the header alone, whatever the size of the file; their data is null.
Result<std::vector<NamedTensor>> listSafetensors(const std::string& path);

}  // namespace engine::formats
