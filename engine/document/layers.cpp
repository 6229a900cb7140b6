#include "engine/document/layers.h"

#include <algorithm>

namespace engine::document {

namespace {

constexpr int kSweeps = 8;            // forth and back; later ones change little
constexpr size_t kMostPasses = 20000;  // of all wires together: long wires of a huge network go straight

class Layering {
 public:
  explicit Layering(const LayerGraph& graph) : graph_(graph), count_(graph.boxes.size()), layer_(layersOf(count_, graph.wires)) {}

  Layers run() {
    makeSlots();
    for (int sweep = 0; sweep < kSweeps; ++sweep) order(sweep % 2 == 0);
    for (int sweep = 0; sweep < kSweeps; ++sweep) straighten(sweep % 2 == 0);
    return result();
  }

 private:
  struct Neighbour {
    int slot;
    double off;  // where this one's line would be if the wire between were straight, off the neighbour's
  };
  // A box, or the place where a long wire passes a layer.
  struct Slot {
    int layer = 0;
    double line = 0;
    std::vector<Neighbour> before, after;
  };

  void makeSlots() {
    slots_.resize(count_);
    for (size_t n = 0; n < count_; ++n) slots_[n].layer = layer_[n];
    size_t passes = 0;
    for (const LayerGraph::Wire& wire : graph_.wires) passes += size_t(std::max(0, layer_[size_t(wire.to)] - layer_[size_t(wire.from)] - 1));
    const bool straight = passes > kMostPasses;
    for (const LayerGraph::Wire& wire : graph_.wires) {
      int from = wire.from;
      double leaves = wire.leaves;
      std::vector<int>& chain = chains_.emplace_back();
      for (int layer = slots_[size_t(from)].layer + 1; !straight && layer < slots_[size_t(wire.to)].layer; ++layer) {
        slots_.push_back({layer, 0, {}, {}});
        chain.push_back(int(slots_.size()) - 1);
        join(from, chain.back(), leaves);
        from = chain.back(), leaves = 0;
      }
      join(from, wire.to, leaves - wire.arrives);
    }
    int layers = 0;
    for (const Slot& slot : slots_) layers = std::max(layers, slot.layer + 1);
    rows_.resize(size_t(layers));
    for (size_t s = 0; s < slots_.size(); ++s) rows_[size_t(slots_[s].layer)].push_back(int(s));
    for (std::vector<int>& row : rows_) number(row);
  }

  void join(int from, int to, double off) {
    slots_[size_t(from)].after.push_back({to, -off});
    slots_[size_t(to)].before.push_back({from, off});
  }

  double before(int slot) const { return size_t(slot) < count_ ? graph_.boxes[size_t(slot)].before : graph_.passing / 2; }
  double after(int slot) const { return size_t(slot) < count_ ? graph_.boxes[size_t(slot)].after : graph_.passing / 2; }
  double gap(int a, int b) const { return after(a) + before(b); }

  // One behind the other, around 0.
  void number(const std::vector<int>& row) {
    double line = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += gap(row[i - 1], row[i]);
      slots_[size_t(row[i])].line = line;
    }
    for (int s : row) slots_[size_t(s)].line -= line / 2;
  }

  double barycentre(int s, bool forward) const {
    const std::vector<Neighbour>& neighbours = forward ? slots_[size_t(s)].before : slots_[size_t(s)].after;
    if (neighbours.empty()) return slots_[size_t(s)].line;
    double sum = 0;
    for (const Neighbour& n : neighbours) sum += slots_[size_t(n.slot)].line + n.off;
    return sum / double(neighbours.size());
  }

  template <class Visit>
  void eachRow(bool forward, const Visit& visit) {
    for (size_t i = 0; i < rows_.size(); ++i) visit(rows_[forward ? i : rows_.size() - 1 - i]);
  }

  void order(bool forward) {
    eachRow(forward, [&](std::vector<int>& row) {
      std::vector<std::pair<double, int>> keyed;
      for (int s : row) keyed.push_back({barycentre(s, forward), s});
      std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (size_t i = 0; i < row.size(); ++i) row[i] = keyed[i].second;
      number(row);
    });
  }

  // Towards the neighbours, in the order that was found and with room between.
  void straighten(bool forward) {
    eachRow(forward, [&](std::vector<int>& row) {
      std::vector<double> wanted;
      for (int s : row) wanted.push_back(barycentre(s, forward));
      double moved = 0;
      for (size_t i = 0; i < row.size(); ++i) {
        double& line = slots_[size_t(row[i])].line;
        line = wanted[i];
        if (i > 0) line = std::max(line, slots_[size_t(row[i - 1])].line + gap(row[i - 1], row[i]));
        moved += line - wanted[i];
      }
      for (int s : row) slots_[size_t(s)].line -= moved / double(row.size());
    });
  }

  Layers result() {
    Layers layers;
    for (size_t n = 0; n < count_; ++n) layers.line.push_back(slots_[n].line);
    for (const std::vector<int>& chain : chains_) {
      layers.passes.emplace_back();
      for (int s : chain) layers.passes.back().push_back({slots_[size_t(s)].layer, slots_[size_t(s)].line});
    }
    layers.layer = std::move(layer_);
    return layers;
  }

  const LayerGraph& graph_;
  size_t count_;
  std::vector<int> layer_;
  std::vector<Slot> slots_;               // the boxes first
  std::vector<std::vector<int>> chains_;  // by wire
  std::vector<std::vector<int>> rows_;    // by layer
};

}  // namespace

std::vector<int> layersOf(size_t boxes, const std::vector<LayerGraph::Wire>& wires) {
  std::vector<std::vector<size_t>> readers(boxes);
  std::vector<int> waitsFor(boxes);
  for (const LayerGraph::Wire& wire : wires) readers[size_t(wire.from)].push_back(size_t(wire.to)), ++waitsFor[size_t(wire.to)];
  const std::vector<int> inputs = waitsFor;
  std::vector<int> layer(boxes, 0);
  std::vector<size_t> ready;
  for (size_t n = 0; n < boxes; ++n)
    if (waitsFor[n] == 0) ready.push_back(n);
  for (size_t at = 0; at < ready.size(); ++at)
    for (size_t reader : readers[ready[at]]) {
      layer[reader] = std::max(layer[reader], layer[ready[at]] + 1);
      if (--waitsFor[reader] == 0) ready.push_back(reader);
    }
  for (size_t n = 0; n < boxes; ++n) {
    if (inputs[n] > 0 || readers[n].empty()) continue;
    int nearest = layer[readers[n][0]];
    for (size_t reader : readers[n]) nearest = std::min(nearest, layer[reader]);
    layer[n] = nearest - 1;
  }
  return layer;
}

Layers inLayers(const LayerGraph& graph) { return Layering(graph).run(); }

}  // namespace engine::document
