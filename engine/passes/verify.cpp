// The proof of a memory plan, on its own: it knows addresses and what each step reads and writes, nothing of lifetimes.
#include <map>

#include "engine/passes/memory.h"

namespace engine {

namespace {

// Who wrote each byte of the arena last, as stretches.
class Owners {
 public:
  void write(int64_t begin, int64_t end, int owner) {
    if (begin == end) return;
    cut(begin);
    cut(end);
    owners_.erase(owners_.lower_bound(begin), owners_.lower_bound(end));
    owners_[begin] = owner;
    if (!owners_.contains(end)) owners_[end] = kNobody;
  }
  bool owns(int64_t begin, int64_t end, int owner) const {
    if (begin == end) return true;
    auto at = owners_.upper_bound(begin);
    if (at == owners_.begin()) return false;
    for (--at; at != owners_.end() && at->first < end; ++at)
      if (at->second != owner) return false;
    return true;
  }

 private:
  static constexpr int kNobody = -1;
  void cut(int64_t at) {
    auto next = owners_.upper_bound(at);
    const int owner = next == owners_.begin() ? kNobody : std::prev(next)->second;
    owners_.emplace(at, owner);
  }
  std::map<int64_t, int> owners_;
};

}  // namespace

std::string verify(const Graph& graph, const Schedule& schedule, const MemoryPlan& plan, std::span<const Value> keep) {
  Owners owners;
  // A value's name; views bear the name of what they view, since the bytes are the same.
  std::vector<std::vector<int>> name(graph.nodes.size());
  int names = 0;
  const auto stretch = [&](Value v) {
    const int block = plan.blockOf[size_t(v.node)][size_t(v.output)];
    const ValueInfo& info = graph.info(v);
    const int64_t begin = plan.offsets[size_t(block)];
    return std::pair(begin, begin + info.shape.elements() * bytesOf(info.type));
  };
  const auto isOutside = [&](Value v) { return bool(plan.outside[size_t(v.node)][size_t(v.output)]); };
  const auto readable = [&](Value v) {
    if (isOutside(v)) return true;
    if (name[size_t(v.node)].empty()) return false;
    const auto [begin, end] = stretch(v);
    return owners.owns(begin, end, name[size_t(v.node)][size_t(v.output)]);
  };
  const auto told = [&](const char* what, Value v, int reader) {
    return std::string(what) + " of " + graph.nodes[size_t(v.node)].op.name() + " (" + graph.nodes[size_t(v.node)].name +
           ") for " + (reader < 0 ? "the caller" : graph.nodes[size_t(reader)].op.name());
  };

  for (size_t t = 0; t < schedule.order.size(); ++t) {
    const int n = schedule.order[t];
    const Node& node = graph.nodes[size_t(n)];
    for (Value v : node.inputs)
      if (v && !readable(v)) return told("lost the value", v, n);
    // Scratch is written first: it must hit nothing that this step reads.
    if (const int block = plan.scratchOf[t]; block >= 0)
      owners.write(plan.offsets[size_t(block)], plan.offsets[size_t(block)] + plan.lifetimes[size_t(block)].bytes, names++);
    const bool overwrites = node.op.type().info.inPlace || node.op.type().info.view;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value out{n, int(i)};
      if (isOutside(out)) {
        name[size_t(n)].push_back(-1);
        continue;
      }
      const auto [begin, end] = stretch(out);
      const Value first = node.inputs.empty() ? Value{} : node.inputs[0];
      if (node.op.type().info.view && first && !isOutside(first) && stretch(first) == std::pair(begin, end)) {
        name[size_t(n)].push_back(name[size_t(first.node)][size_t(first.output)]);
        continue;
      }
      name[size_t(n)].push_back(names);
      owners.write(begin, end, names++);
      // What the step reads must survive its own writes, but for the input that an in-place op may overwrite.
      for (size_t k = 0; k < node.inputs.size(); ++k)
        if (const Value v = node.inputs[k]; v && !(k == 0 && i == 0 && overwrites && !isOutside(v) && stretch(v) == std::pair(begin, end)) &&
                                            !readable(v))
          return told("overwrote the value", v, n);
    }
  }
  for (Value v : keep)
    if (v && !readable(v)) return told("did not keep the value", v, -1);
  return {};
}

}  // namespace engine
