// Any bytes as a run's checkpoint: progress that a run can go on with and every value filled, or a problem and a store that
// is as it was.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "engine/formats/safetensors.h"
#include "engine/training/checkpoint.h"

using namespace engine;

namespace {

Store makeStore() {
  const auto value = [](const char* name, Shape shape, Type type, bool trained, bool ofOptimizer) {
    return StoredValue{{}, name, 7, StoredInfo{name, shape, Initial::normal(1), trained, type}, ofOptimizer};
  };
  const StoredValue values[] = {value("layer.weight", {3, 2}, Type::f32, true, false), value("layer.bias", {3}, Type::f32, true, false),
                                value("norm.num_batches_tracked", {}, Type::i64, false, false),
                                value("layer.weight.exp_avg", {3, 2}, Type::f64, false, true)};
  Store store;
  if (!store.add(values, 1)) std::abort();
  return store;
}

std::vector<std::byte> bytesOf(const Store& store) {
  std::vector<std::byte> bytes;
  for (const Store::Entry& entry : store.entries()) {
    const auto* data = static_cast<const std::byte*>(entry.tensor.data);
    bytes.insert(bytes.end(), data, data + entry.tensor.bytes());
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto all = std::as_bytes(std::span(data, size));
  const auto file = formats::parseSafetensors({all.begin(), all.end()}, "checkpoint.safetensors");
  if (!file) return 0;  // safetensors_fuzzer's business
  static Store store = makeStore();
  const std::vector<std::byte> before = bytesOf(store);
  const auto checkpoint = training::loadCheckpoint(*file, "checkpoint.safetensors", &store);
  if (!checkpoint) {
    if (toString(checkpoint.error()).empty() || bytesOf(store) != before) std::abort();
    return 0;
  }
  const training::Progress& p = checkpoint->progress;
  if (p.phase < 0 || p.phaseStep < 0 || p.step < p.phaseStep || p.step + 1 < p.step || p.samples < 0 || !std::isfinite(p.lossSum)) std::abort();
  for (const Store::Entry& entry : store.entries()) {
    const auto* read = file->find(entry.name);
    if (!read || !(read->shape == entry.tensor.shape)) std::abort();
    if (read->type == entry.tensor.type && std::memcmp(read->data, entry.tensor.data, size_t(entry.tensor.bytes())) != 0) std::abort();
  }
  return 0;
}
