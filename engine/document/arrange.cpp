#include "engine/document/arrange.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/document/frame_tree.h"
#include "engine/document/in_rows.h"

namespace engine::document {

namespace {

using Wires = std::vector<LayerGraph::Wire>;

// Columns of usual nodes, 168 wide, are 220 apart. Downwards a wire leaves at the right of a node and comes in at the left of
// one below: between layers there is room for it to go back, beside nodes to go down.
constexpr RowStyle kRight{.layerGap = 52, .boxGap = 24, .rowGap = 44, .passing = 32, .line = 20, .pitch = 220, .aspect = 1.9};
constexpr RowStyle kDown{.layerGap = 28, .boxGap = 56, .rowGap = 80, .passing = 40, .line = 84, .pitch = 152, .aspect = 0.8};
constexpr double kAbove = 28, kBelow = 4;  // what a box of a column counts beyond its edges while an order is found

// The boxes of each wire's cycle, by Tarjan's algorithm (1972) without recursion: a number for every strongly connected part.
std::vector<int> partsOf(size_t count, const Wires& wires) {
  std::vector<std::vector<int>> readers(count);
  for (const auto& wire : wires) readers[size_t(wire.from)].push_back(wire.to);
  std::vector<int> part(count, -1), seen(count, -1), low(count);
  std::vector<size_t> next(count);
  std::vector<int> open, way;
  int time = 0, parts = 0;
  for (size_t root = 0; root < count; ++root) {
    if (seen[root] >= 0) continue;
    way.push_back(int(root));
    while (!way.empty()) {
      const auto n = size_t(way.back());
      if (seen[n] < 0) seen[n] = low[n] = time++, open.push_back(int(n));
      if (next[n] < readers[n].size()) {
        const auto reader = size_t(readers[n][next[n]++]);
        if (seen[reader] < 0) way.push_back(int(reader));
        else if (part[reader] < 0) low[n] = std::min(low[n], seen[reader]);
        continue;
      }
      way.pop_back();
      if (!way.empty()) low[size_t(way.back())] = std::min(low[size_t(way.back())], low[n]);
      if (low[n] != seen[n]) continue;
      for (int member = -1; member != int(n); open.pop_back()) part[size_t(member = open.back())] = parts;
      ++parts;
    }
  }
  return part;
}

class Arranging {
 public:
  Arranging(const Document& document, const Arrangement& how)
      : document_(document), how_(how), style_(how.direction == Direction::right ? kRight : kDown), tree_(frameTree(document)),
        nodes_(document.nodes().size()), frames_(tree_.around.size()) {
    style_.grid = how.grid;
    left_ = ceilToGrid(how.framePad), top_ = ceilToGrid(how.frameTitle);
  }

  std::vector<Position> run() {
    makeUnits();
    sortWires();
    findReturns();
    for (auto f = tree_.fromOutside.rbegin(); f != tree_.fromOutside.rend(); ++f) {
      place(*f);
      boxOf(nodes_ + *f) = frameBox(*f);
    }
    place(frames_);
    return result();
  }

 private:
  // A box is a node with what stands beside it, by the node's number, or a frame, by its own behind them. What holds boxes is
  // a frame, or the network, by the number behind the frames.
  size_t holderOf(size_t box) const {
    const int around = box < nodes_ ? tree_.innermost[box] : tree_.around[box - nodes_];
    return around < 0 ? frames_ : size_t(around);
  }
  RowBox& boxOf(size_t box) { return boxes_[box]; }
  double ceilToGrid(double v) const { return std::ceil(v / how_.grid) * how_.grid; }
  bool isDown() const { return how_.direction == Direction::down; }
  double across(const Position& p) const { return isDown() ? p.x : p.y; }

  RowBox rowBox(double width, double height, double line, double usual) const {
    if (isDown()) return {height, width, line, line + style_.boxGap / 2, width - line + style_.boxGap / 2};
    return {width, height, line, line + kAbove, usual - line + kBelow};
  }

  void makeUnits() {
    host_.resize(nodes_);
    for (size_t n = 0; n < nodes_; ++n) host_[n] = n;
    struct Extent {
      double left = 0, top = 0, right = 0, bottom = 0;
    };
    std::vector<Extent> extents(nodes_);
    for (size_t n = 0; n < nodes_; ++n) extents[n] = {0, 0, how_.nodes[n].width, how_.nodes[n].height};
    off_.resize(nodes_);
    for (const auto& [node, host, off] : how_.beside) {
      if (node == host || host_[node] != node || host_[host] != host || tree_.innermost[node] != tree_.innermost[host]) continue;
      host_[node] = host, off_[node] = off;
      Extent& e = extents[host];
      e.left = std::min(e.left, off.x), e.right = std::max(e.right, off.x + how_.nodes[node].width);
      e.top = std::min(e.top, off.y), e.bottom = std::max(e.bottom, off.y + how_.nodes[node].height);
    }
    boxes_.resize(nodes_ + frames_);
    held_.resize(frames_ + 1);
    for (size_t n = 0; n < nodes_; ++n) {
      if (host_[n] != n) continue;
      const Extent& e = extents[n];
      const NodeRoom& room = how_.nodes[n];
      off_[n] = {ceilToGrid(-e.left), ceilToGrid(-e.top)};  // of the node in its unit
      const bool alone = e.left == 0 && e.top == 0 && e.right == room.width && e.bottom == room.height;
      const double width = off_[n].x + e.right, height = off_[n].y + e.bottom;
      boxes_[n] = rowBox(width, height, isDown() ? off_[n].x + room.width / 2 : off_[n].y + room.port, alone ? room.usual : height);
      held_[holderOf(n)].push_back(n);
    }
    for (size_t f = 0; f < frames_; ++f)
      if (tree_.around[f] != FrameTree::kCrossing) held_[holderOf(nodes_ + f)].push_back(nodes_ + f);
  }

  // Each wire belongs to what holds both of its ends.
  struct Inner {
    size_t from, to;          // boxes there
    size_t leaves, arrives;  // the nodes
  };
  void sortWires() {
    std::vector<size_t> depth(frames_ + 1);
    for (const size_t f : tree_.fromOutside) depth[f] = depth[holderOf(nodes_ + f)] + 1;
    wires_.resize(frames_ + 1);
    for (const Wire& wire : document_.wires()) {
      const size_t leaves = host_[*document_.indexOf(wire.from)], arrives = host_[*document_.indexOf(wire.to)];
      size_t from = leaves, to = arrives, a = holderOf(from), b = holderOf(to);
      while (a != b) {
        if (depth[a] >= depth[b]) from = nodes_ + a, a = holderOf(from);
        else to = nodes_ + b, b = holderOf(to);
      }
      if (from != to) wires_[a].push_back({from, to, leaves, arrives});
    }
  }

  // What leaves a frame and comes back into it stands for a wire within it, from the last box there that is left before.
  void findReturns() {
    returns_.resize(frames_ + 1);
    number_.resize(nodes_ + frames_);
    for (size_t holder = 0; holder <= frames_; ++holder) {
      const std::vector<size_t>& boxes = held_[holder];
      if (std::all_of(boxes.begin(), boxes.end(), [&](size_t box) { return box < nodes_; })) continue;
      for (size_t i = 0; i < boxes.size(); ++i) number_[boxes[i]] = int(i);
      Wires wires;
      for (const Inner& wire : wires_[holder]) wires.push_back({number_[wire.from], number_[wire.to]});
      const std::vector<int> part = partsOf(boxes.size(), wires);
      std::map<size_t, std::pair<std::set<size_t>, std::set<size_t>>> ends;  // by frame: its boxes that are left, and come back to
      for (const Inner& wire : wires_[holder]) {
        if (part[size_t(number_[wire.from])] != part[size_t(number_[wire.to])]) continue;
        if (wire.from >= nodes_) ends[wire.from - nodes_].first.insert(boxIn(wire.from - nodes_, wire.leaves));
        if (wire.to >= nodes_) ends[wire.to - nodes_].second.insert(boxIn(wire.to - nodes_, wire.arrives));
      }
      for (const auto& [frame, both] : ends) {
        const auto& [left, entered] = both;
        std::vector<std::pair<double, size_t>> byLayer;
        for (const size_t box : left) byLayer.emplace_back(meanLayer(box), box);
        std::sort(byLayer.begin(), byLayer.end());
        for (const size_t box : entered) {
          const auto before = std::lower_bound(byLayer.begin(), byLayer.end(), std::pair(meanLayer(box), size_t(0)));
          if (before != byLayer.begin()) returns_[frame].push_back({std::prev(before)->second, box});
        }
      }
    }
  }
  size_t boxIn(size_t holder, size_t node) const {
    size_t box = node;
    while (holderOf(box) != holder) box = nodes_ + holderOf(box);
    return box;
  }

  // Where a node's wires run, off the line of the box that it is in.
  double lineIn(size_t box, size_t node) {
    double line = boxOf(node).line;
    for (size_t b = node; b != box; b = nodes_ + holderOf(b)) line += across(at_[b]) + (isDown() ? left_ : top_);
    return line - boxOf(box).line;
  }

  void place(size_t holder) {
    const std::vector<size_t>& boxes = held_[holder];
    if (at_.empty()) at_.resize(nodes_ + frames_);
    std::vector<RowBox> row;
    for (size_t i = 0; i < boxes.size(); ++i) number_[boxes[i]] = int(i), row.push_back(boxOf(boxes[i]));
    const auto found = inRows(row, wiresIn(holder), style_);
    for (size_t i = 0; i < boxes.size(); ++i)
      at_[boxes[i]] = isDown() ? Position{found[i].across, found[i].along} : Position{found[i].along, found[i].across};
  }

  // Those between the same two boxes are one, where one of these is a frame.
  Wires wiresIn(size_t holder) {
    Wires wires;
    struct Sum {
      double leaves = 0, arrives = 0;
      int count = 0;
    };
    std::map<std::pair<int, int>, Sum> ofFrames;
    for (const Inner& wire : wires_[holder]) {
      if (wire.from < nodes_ && wire.to < nodes_) {
        wires.push_back({number_[wire.from], number_[wire.to]});
        continue;
      }
      Sum& sum = ofFrames[{number_[wire.from], number_[wire.to]}];
      sum.leaves += lineIn(wire.from, wire.leaves), sum.arrives += lineIn(wire.to, wire.arrives), ++sum.count;
    }
    for (const auto& [ends, sum] : ofFrames) wires.push_back({ends.first, ends.second, sum.leaves / sum.count, sum.arrives / sum.count});
    for (const auto& [from, to] : returns_[holder]) wires.push_back({number_[from], number_[to]});
    if (!ofFrames.empty() || !returns_[holder].empty()) breakCycles(held_[holder], wires);
    return wires;
  }

  // A wire that leaves a frame and comes back into it: of the boxes in such a cycle those stand first whose nodes do in the
  // network without frames; the other wires go back.
  void breakCycles(const std::vector<size_t>& boxes, Wires& wires) {
    const std::vector<int> part = partsOf(boxes.size(), wires);
    const auto isInCycle = [&](const LayerGraph::Wire& wire) { return part[size_t(wire.from)] == part[size_t(wire.to)]; };
    if (std::none_of(wires.begin(), wires.end(), isInCycle)) return;
    const auto rank = [&](int box) { return std::pair(meanLayer(boxes[size_t(box)]), -int(boxes[size_t(box)])); };
    for (LayerGraph::Wire& wire : wires)
      if (isInCycle(wire) && rank(wire.from) > rank(wire.to)) std::swap(wire.from, wire.to), std::swap(wire.leaves, wire.arrives);
  }

  double meanLayer(size_t box) {
    if (meanLayer_.empty()) {
      Wires all;
      for (const Wire& wire : document_.wires()) all.push_back({int(*document_.indexOf(wire.from)), int(*document_.indexOf(wire.to))});
      const std::vector<int> layers = layersOf(nodes_, all);
      meanLayer_.assign(layers.begin(), layers.end());
      for (const Frame& frame : document_.frames().list) {
        double sum = 0;
        for (const NodeId id : frame.nodes) sum += layers[*document_.indexOf(id)];
        meanLayer_.push_back(sum / double(frame.nodes.size()));
      }
    }
    return meanLayer_[box];
  }

  RowBox frameBox(size_t frame) {
    double right = 0, bottom = 0;
    for (const size_t b : held_[frame]) {
      const RowBox& box = boxOf(b);
      right = std::max(right, at_[b].x + (isDown() ? box.across : box.along)), bottom = std::max(bottom, at_[b].y + (isDown() ? box.along : box.across));
    }
    const double width = left_ + right + how_.framePad, height = top_ + bottom + how_.framePad;
    return rowBox(width, height, (isDown() ? width : height) / 2, height);
  }

  std::vector<Position> result() {
    std::vector<Position> origin(frames_ + 1);
    for (const size_t f : tree_.fromOutside) {
      const Position &around = origin[holderOf(nodes_ + f)], &own = at_[nodes_ + f];
      origin[f] = {around.x + own.x + left_, around.y + own.y + top_};
    }
    std::vector<Position> result(nodes_);
    for (size_t n = 0; n < nodes_; ++n) {
      const size_t host = host_[n];
      const Position& held = origin[holderOf(host)];
      result[n] = {held.x + at_[host].x + off_[host].x, held.y + at_[host].y + off_[host].y};
      if (host != n) result[n].x += off_[n].x, result[n].y += off_[n].y;
    }
    return result;
  }

  const Document& document_;
  const Arrangement& how_;
  RowStyle style_;
  FrameTree tree_;
  size_t nodes_, frames_;
  double left_ = 0, top_ = 0;             // of what is in a frame, from its corner
  std::vector<size_t> host_;              // by node: itself, or what it stands beside
  std::vector<Position> off_;             // by node: in its box, or off its host's corner
  std::vector<RowBox> boxes_;
  std::vector<std::vector<size_t>> held_;  // boxes, by what holds them
  std::vector<std::vector<Inner>> wires_;  // likewise
  std::vector<std::vector<std::pair<size_t, size_t>>> returns_;  // likewise, from box to box
  std::vector<Position> at_;               // by box, in what holds it
  std::vector<int> number_;                // by box, among its neighbours
  std::vector<double> meanLayer_;          // by box
};

}  // namespace

std::vector<Position> arranged(const Document& document, const Arrangement& how) {
  if (document.nodes().empty()) return {};
  return Arranging(document, how).run();
}

}  // namespace engine::document
