#include "engine/plan/store.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "kernels/philox.h"

namespace engine {

namespace {

constexpr int64_t kAlignment = 64;
int64_t padded(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// FNV-1a, the same on every machine.
uint64_t hashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  return hash;
}

template <class T>
void draw(const Initial& initial, const Tensor& tensor, const kernels::RandomStream& random) {
  const int64_t count = tensor.elements();
  T* to = static_cast<T*>(tensor.data);
  for (int64_t i = 0; i < count; ++i) switch (initial.kind) {
      case Initial::Kind::constant: to[i] = T(initial.value); break;
      case Initial::Kind::uniform: to[i] = T((2 * double(random.uniform(i)) - 1) * initial.value); break;
      case Initial::Kind::normal: to[i] = T(double(random.normal(i)) * initial.value); break;
    }
  if (initial.zeroRow < 0 || tensor.shape.rank() == 0) return;
  const int64_t row = tensor.shape.elements(1, tensor.shape.rank());
  std::fill_n(to + initial.zeroRow * row, row, T(0));
}

}  // namespace

void drawInitial(const Initial& initial, const Tensor& tensor, uint64_t seed, uint64_t key) {
  const kernels::RandomStream random(seed, key, 0);  // steps count from 1: step 0 is nobody else's
  if (tensor.type == Type::f64) draw<double>(initial, tensor, random);
  else if (tensor.type == Type::f32) draw<float>(initial, tensor, random);
  else if (tensor.type == Type::i64) draw<int64_t>(initial, tensor, random);
  else std::memset(tensor.data, 0, size_t(tensor.bytes()));  // whole numbers that a file gives
}

void Store::Free::operator()(std::byte* p) const { std::free(p); }

Done Store::add(std::span<const StoredValue> values, uint64_t seed) {
  int64_t total = 0;
  std::vector<const StoredValue*> fresh;
  for (const StoredValue& value : values) {
    if (const auto at = byName_.find(value.name); at != byName_.end()) {
      const Entry* const known = &entries_[at->second];
      if (known->tensor.shape == value.info.shape && known->tensor.type == value.info.type) continue;
      Problem problem;
      problem.node = value.node;
      problem.needs = Message("{0} with the sizes that the trained weights have ({1}, {2})", value.name,
                              known->tensor.shape, known->tensor.type);
      problem.got = Message("{0} ({1})", value.info.shape, value.info.type);
      problem.fix = "undo the change, or train anew without these weights";
      return tl::unexpected(problem);
    }
    if (__builtin_add_overflow(total, padded(value.info.shape.elements() * bytesOf(value.info.type)), &total)) total = kTooMany;
    fresh.push_back(&value);
  }
  if (fresh.empty()) return {};
  if (mirror_) mirror_->fetch();
  changed();
  auto* block = static_cast<std::byte*>(total > (int64_t(1) << 46) ? nullptr : std::aligned_alloc(size_t(kAlignment), size_t(padded(total + 1))));
  if (!block) {
    Problem problem;
    problem.needs = Message("{0} MiB of memory for the parameters", total >> 20);
    problem.got = "less";
    problem.fix = "make the network smaller";
    return tl::unexpected(problem);
  }
  blocks_.emplace_back(block);
  for (const StoredValue* value : fresh) {
    Tensor tensor{block, value->info.shape, value->info.type};
    block += padded(tensor.bytes());
    drawInitial(value->info.initial, tensor, seed, value->node ^ hashOf(value->info.name));
    byName_.emplace(value->name, entries_.size());
    entries_.push_back({value->name, value->node, value->info.trained, value->ofOptimizer, tensor});
  }
  return {};
}

void Store::resetOptimizer() {
  if (mirror_) mirror_->fetch();
  changed();
  for (Entry& entry : entries_)
    if (entry.ofOptimizer) std::memset(entry.tensor.data, 0, size_t(entry.tensor.bytes()));
}

const Store::Entry* Store::find(std::string_view name) const {
  if (mirror_) mirror_->fetch();
  return place(name);
}
const Store::Entry* Store::place(std::string_view name) const {
  const auto at = byName_.find(name);
  return at == byName_.end() ? nullptr : &entries_[at->second];
}
Store::Entry* Store::find(std::string_view name) {
  const Entry* const entry = std::as_const(*this).find(name);
  changed();
  return const_cast<Entry*>(entry);
}

int64_t Store::bytes() const {
  int64_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.tensor.bytes();
  return sum;
}

}  // namespace engine
