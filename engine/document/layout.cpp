#include "engine/document/layout.h"

#include <algorithm>

namespace engine::document {

namespace {

constexpr int kSweeps = 8;          // forth and back; later ones change little
constexpr size_t kMostBends = 20000;  // of all wires together: long wires of a huge network go straight

class Placing {
 public:
  explicit Placing(const Document& document) : document_(document), count_(document.nodes().size()) {}

  Layout run() {
    assignLayers();
    makeSlots();
    for (int sweep = 0; sweep < kSweeps; ++sweep) order(sweep % 2 == 0);
    for (int sweep = 0; sweep < kSweeps; ++sweep) straighten(sweep % 2 == 0);
    return result();
  }

 private:
  // A box, or the place where a long wire passes a layer.
  struct Slot {
    int layer = 0;
    double y = 0;  // of the middle
    std::vector<int> before, after;
  };

  size_t indexOf(NodeId id) const { return *document_.indexOf(id); }

  void assignLayers() {
    std::vector<std::vector<size_t>> readers(count_);
    std::vector<int> waitsFor(count_);
    for (const Wire& wire : document_.wires()) readers[indexOf(wire.from)].push_back(indexOf(wire.to)), ++waitsFor[indexOf(wire.to)];
    const std::vector<int> inputs = waitsFor;
    layer_.assign(count_, 0);
    std::vector<size_t> ready;
    for (size_t n = 0; n < count_; ++n)
      if (waitsFor[n] == 0) ready.push_back(n);
    for (size_t at = 0; at < ready.size(); ++at)
      for (size_t reader : readers[ready[at]]) {
        layer_[reader] = std::max(layer_[reader], layer_[ready[at]] + 1);
        if (--waitsFor[reader] == 0) ready.push_back(reader);
      }
    for (size_t n = 0; n < count_; ++n) {
      if (inputs[n] > 0 || readers[n].empty()) continue;
      int nearest = layer_[readers[n][0]];
      for (size_t reader : readers[n]) nearest = std::min(nearest, layer_[reader]);
      layer_[n] = nearest - 1;
    }
  }

  void makeSlots() {
    slots_.resize(count_);
    for (size_t n = 0; n < count_; ++n) slots_[n].layer = layer_[n];
    size_t bends = 0;
    for (const Wire& wire : document_.wires()) bends += size_t(std::max(0, layer_[indexOf(wire.to)] - layer_[indexOf(wire.from)] - 1));
    const bool straight = bends > kMostBends;
    for (const Wire& wire : document_.wires()) {
      int from = int(indexOf(wire.from));
      const int to = int(indexOf(wire.to));
      std::vector<int>& chain = chains_.emplace_back();
      for (int layer = slots_[size_t(from)].layer + 1; !straight && layer < slots_[size_t(to)].layer; ++layer) {
        slots_.push_back({layer, 0, {}, {}});
        chain.push_back(int(slots_.size()) - 1);
        join(from, chain.back());
        from = chain.back();
      }
      join(from, to);
    }
    int layers = 0;
    for (const Slot& slot : slots_) layers = std::max(layers, slot.layer + 1);
    rows_.resize(size_t(layers));
    for (size_t s = 0; s < slots_.size(); ++s) rows_[size_t(slots_[s].layer)].push_back(int(s));
    for (std::vector<int>& row : rows_) number(row);
  }

  void join(int from, int to) {
    slots_[size_t(from)].after.push_back(to);
    slots_[size_t(to)].before.push_back(from);
  }

  double heightOf(int slot) const { return size_t(slot) < count_ ? kNodeHeight + kRowGap : kRowGap; }
  static double gap(double a, double b) { return (a + b) / 2; }

  // One below the other, around 0.
  void number(const std::vector<int>& row) {
    double y = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) y += gap(heightOf(row[i - 1]), heightOf(row[i]));
      slots_[size_t(row[i])].y = y;
    }
    for (int s : row) slots_[size_t(s)].y -= y / 2;
  }

  double barycentre(int s, bool forward) const {
    const std::vector<int>& neighbours = forward ? slots_[size_t(s)].before : slots_[size_t(s)].after;
    if (neighbours.empty()) return slots_[size_t(s)].y;
    double sum = 0;
    for (int n : neighbours) sum += slots_[size_t(n)].y;
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
        double& y = slots_[size_t(row[i])].y;
        y = wanted[i];
        if (i > 0) y = std::max(y, slots_[size_t(row[i - 1])].y + gap(heightOf(row[i - 1]), heightOf(row[i])));
        moved += y - wanted[i];
      }
      for (int s : row) slots_[size_t(s)].y -= moved / double(row.size());
    });
  }

  Layout result() const {
    double top = 0;
    for (size_t s = 0; s < slots_.size(); ++s) top = s == 0 ? slots_[s].y : std::min(top, slots_[s].y);
    const auto x = [&](const Slot& slot) { return slot.layer * (kNodeWidth + kLayerGap); };
    Layout layout;
    for (size_t n = 0; n < count_; ++n) layout.nodes.push_back({x(slots_[n]), slots_[n].y - top});
    for (const std::vector<int>& chain : chains_) {
      layout.bends.emplace_back();
      for (int s : chain) layout.bends.back().push_back({x(slots_[size_t(s)]) + kNodeWidth / 2, slots_[size_t(s)].y - top + kNodeHeight / 2});
    }
    return layout;
  }

  const Document& document_;
  size_t count_;
  std::vector<int> layer_;
  std::vector<Slot> slots_;               // the nodes first
  std::vector<std::vector<int>> chains_;  // by wire
  std::vector<std::vector<int>> rows_;    // by layer, from above
};

}  // namespace

Layout layOut(const Document& document) { return Placing(document).run(); }

Layout placed(const Document& document) {
  const bool all = std::all_of(document.nodes().begin(), document.nodes().end(), [](const NodePointer& node) { return node->position.has_value(); });
  if (!all) return layOut(document);
  Layout layout;
  for (const NodePointer& node : document.nodes()) layout.nodes.push_back(*node->position);
  layout.bends.resize(document.wires().size());
  return layout;
}

}  // namespace engine::document
