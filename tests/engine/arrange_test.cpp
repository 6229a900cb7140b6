// Automatic layout with real sizes: frames keep their nodes and nobody else's, whatever the network, both ways.
#include <QRectF>
#include <QtTest>
#include <random>

#include "engine/document/arrange.h"
#include "engine/document/frame_tree.h"
#include "engine/document/layout.h"

using namespace engine;
using namespace engine::document;

namespace {

constexpr double kPad = 16, kTitle = 36, kGrid = 8, kWide = 168, kHigh = 124;
constexpr Direction kBoth[] = {Direction::right, Direction::down};

document::Node nodeOf(NodeId id) {
  document::Node node;
  node.id = id, node.type = "Concatenate", node.name = "n" + std::to_string(id);
  return node;
}

Document network(int nodes, const std::vector<std::pair<int, int>>& wires, std::vector<std::vector<int>> frames) {
  Document::Parts parts;
  for (int n = 1; n <= nodes; ++n) parts.nodes.push_back(nodeOf(NodeId(n)));
  std::map<int, int> ports;
  for (const auto& [from, to] : wires) parts.wires.push_back({NodeId(from), 0, NodeId(to), ports[to]++, {}});
  for (auto& list : frames) {
    Frame frame{NodeId(1000000 + parts.frames.size()), "f", 0, {}, {}};
    std::sort(list.begin(), list.end());
    for (const int n : list) frame.nodes.push_back(NodeId(n));
    parts.frames.push_back(std::move(frame));
  }
  return *Document::assemble(std::move(parts));
}

Arrangement roomFor(const Document& document, Direction direction) {
  Arrangement how;
  how.direction = direction, how.grid = kGrid, how.framePad = kPad, how.frameTitle = kTitle;
  how.nodes.assign(document.nodes().size(), {kWide, kHigh, 20, kNodeHeight});
  return how;
}

// Each frame as large as the canvas draws it.
std::vector<QRectF> framesAround(const Document& document, const std::vector<QRectF>& nodes) {
  const auto& list = document.frames().list;
  std::vector<size_t> order(list.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return list[a].nodes.size() < list[b].nodes.size(); });
  std::vector<QRectF> rects(list.size());
  for (size_t i = 0; i < order.size(); ++i) {
    QRectF all;
    const auto& own = list[order[i]].nodes;
    for (const NodeId id : own) all |= nodes[*document.indexOf(id)];
    for (size_t k = 0; k < i; ++k)
      if (std::includes(own.begin(), own.end(), list[order[k]].nodes.begin(), list[order[k]].nodes.end())) all |= rects[order[k]];
    rects[order[i]] = all.adjusted(-kPad, -kTitle, kPad, kPad);
  }
  return rects;
}

std::vector<QRectF> placed(const std::vector<Position>& at, const Arrangement& how) {
  std::vector<QRectF> rects;
  for (size_t n = 0; n < at.size(); ++n) rects.emplace_back(at[n].x, at[n].y, how.nodes[n].width, how.nodes[n].height);
  return rects;
}

// "" where all is as it should be.
QString wrongWith(const Document& document, const std::vector<Position>& at, const Arrangement& how) {
  if (at.size() != document.nodes().size()) return "a node is missing";
  const std::vector<QRectF> nodes = placed(at, how);
  for (const Position& p : at)
    if (std::fmod(p.x, kGrid) != 0 || std::fmod(p.y, kGrid) != 0) return "off the grid";
  for (size_t a = 0; a < nodes.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      if (nodes[a].intersects(nodes[b])) return QString("nodes %1 and %2 lie on each other").arg(a + 1).arg(b + 1);
  const auto& frames = document.frames().list;
  const std::vector<QRectF> around = framesAround(document, nodes);
  for (size_t f = 0; f < frames.size(); ++f) {
    const auto& own = frames[f].nodes;
    for (size_t n = 0; n < nodes.size(); ++n)
      if (!std::binary_search(own.begin(), own.end(), NodeId(n + 1)) && around[f].intersects(nodes[n])) return QString("node %1 lies in frame %2").arg(n + 1).arg(f);
    for (size_t g = 0; g < frames.size(); ++g) {
      if (f == g) continue;
      const auto& other = frames[g].nodes;
      if (std::includes(own.begin(), own.end(), other.begin(), other.end())) {
        if (own != other && !around[f].contains(around[g])) return QString("frame %1 is not in frame %2").arg(g).arg(f);
      } else if (!std::includes(other.begin(), other.end(), own.begin(), own.end()) && around[f].intersects(around[g])) {
        return QString("frames %1 and %2 lie on each other").arg(f).arg(g);
      }
    }
  }
  return {};
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int n) { return int(engine_() % unsigned(n)); }

  std::vector<std::pair<int, int>> wires(int nodes) {
    std::vector<std::pair<int, int>> list;
    for (int n = 2; n <= nodes; ++n)
      for (int k = below(3); k >= 0; --k)
        if (below(10)) list.push_back({std::max(1, n - 1 - below(below(4) ? 3 : n)), n});
    return list;
  }

  // Frames in frames: parts of what is given, and parts of these. `scattered`: of any nodes, else of neighbours.
  std::vector<std::vector<int>> frames(std::vector<int> of, bool scattered, int depth = 0) {
    std::vector<std::vector<int>> list;
    if (scattered) std::shuffle(of.begin(), of.end(), engine_);
    for (size_t at = 0; at < of.size();) {
      const size_t size = 1 + size_t(below(int(of.size() / (depth + 2)) + 2));
      const std::vector<int> part(of.begin() + at, of.begin() + std::min(of.size(), at + size));
      at += size + size_t(below(3));
      if (below(4) == 0) continue;
      list.push_back(part);
      if (depth < 3 && part.size() > 1)
        for (auto& inner : frames(part, scattered, depth + 1)) list.push_back(std::move(inner));
    }
    return list;
  }

 private:
  std::mt19937 engine_;
};

std::vector<int> upTo(int n) {
  std::vector<int> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 1);
  return all;
}

}  // namespace

class ArrangeTest : public QObject {
  Q_OBJECT
 private slots:
  void framesKeepTheirNodesInAnyNetwork() {
    size_t frames = 0;
    for (unsigned seed = 0; seed < 400; ++seed) {
      Random random(seed);
      const int nodes = 1 + random.below(40);
      const Document document = network(nodes, random.wires(nodes), random.frames(upTo(nodes), seed % 2));
      frames += document.frames().list.size();
      for (const Direction direction : kBoth) {
        Arrangement how = roomFor(document, direction);
        for (NodeRoom& room : how.nodes) {
          if (random.below(6) == 0) room = {40, 16, 8, 16};
          if (random.below(6) == 0) room.height += 24 * random.below(8);
        }
        const auto at = arranged(document, how);
        const QString wrong = wrongWith(document, at, how);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("seed %1, %2: %3").arg(seed).arg(direction == Direction::down ? "down" : "right", wrong)));
        QVERIFY(at == arranged(document, how));
      }
    }
    QVERIFY(frames > 2000);
  }

  // Wires go forward, but where one leaves a frame and comes back.
  void wiresGoForward() {
    for (unsigned seed = 0; seed < 100; ++seed) {
      Random random(seed);
      const int nodes = 2 + random.below(7);  // fewer than are ever broken into rows
      const Document document = network(nodes, random.wires(nodes), {});
      for (const Direction direction : kBoth) {
        const auto at = arranged(document, roomFor(document, direction));
        for (const Wire& wire : document.wires()) {
          const Position &from = at[*document.indexOf(wire.from)], &to = at[*document.indexOf(wire.to)];
          QVERIFY(direction == Direction::right ? to.x >= from.x + kWide + 40 : to.y >= from.y + kHigh + 20);
        }
      }
    }
  }

  void aFrameThatIsLeftAndEnteredAgainIsOneBox() {
    // 1 2 3 4 5 in a row, and 2 and 4 in a frame without 3.
    const Document document = network(5, {{1, 2}, {2, 3}, {3, 4}, {4, 5}}, {{2, 4}});
    for (const Direction direction : kBoth) {
      const Arrangement how = roomFor(document, direction);
      const auto at = arranged(document, how);
      QCOMPARE(wrongWith(document, at, how), QString());
      const auto along = [&](size_t n) { return direction == Direction::right ? at[n - 1].x : at[n - 1].y; };
      QVERIFY(along(1) < along(2) && along(2) < along(3) && along(4) < along(5));  // all but the wire from 3 to 4
      QVERIFY(along(2) < along(4));  // which is behind 2 all the same
    }
  }

  void onlyFramesInACycleGiveWay() {
    // The same, and a frame behind it that is in no cycle.
    const Document document = network(8, {{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}}, {{2, 4}, {6, 7}});
    const auto at = arranged(document, roomFor(document, Direction::right));
    QVERIFY(at[3].x < at[4].x && at[4].x < at[5].x && at[5].x < at[6].x && at[6].x < at[7].x);
  }

  void framesThatCrossAreNoFailure() {
    const Document document = network(6, {{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}}, {{1, 2, 3}, {3, 4}, {5, 6}});
    const FrameTree tree = frameTree(document);
    QCOMPARE(tree.around, (std::vector<int>{FrameTree::kNone, FrameTree::kCrossing, FrameTree::kNone}));
    QCOMPARE(tree.innermost, (std::vector<int>{0, 0, 0, -1, 2, 2}));
    for (const Direction direction : kBoth) {
      const Arrangement how = roomFor(document, direction);
      const std::vector<QRectF> nodes = placed(arranged(document, how), how);
      const std::vector<QRectF> around = framesAround(document, nodes);
      QVERIFY(!around[0].intersects(around[2]) && !around[0].intersects(nodes[3]));
    }
  }

  void framesAroundTheSameNodesNest() {
    const Document document = network(4, {{1, 2}, {2, 3}, {3, 4}}, {{2, 3}, {2, 3}});
    const FrameTree tree = frameTree(document);
    QCOMPARE(tree.around, (std::vector<int>{1, FrameTree::kNone}));  // the later one is drawn around the other
    const Arrangement how = roomFor(document, Direction::right);
    const auto at = arranged(document, how);
    QVERIFY(at[1].x - (at[0].x + kWide) > 2 * kPad && at[3].x - (at[2].x + kWide) > 2 * kPad);
    QCOMPARE(wrongWith(document, at, how), QString());
  }

  // A wire through a frame that has one row runs straight.
  void aRowGoesStraightThroughAFrame() {
    const Document document = network(5, {{1, 2}, {2, 3}, {3, 4}, {4, 5}}, {{2, 3}, {3}});
    for (const Direction direction : kBoth) {
      const auto at = arranged(document, roomFor(document, direction));
      for (const Position& p : at) QVERIFY(direction == Direction::right ? std::abs(p.y - at[0].y) <= kGrid : std::abs(p.x - at[0].x) <= kGrid);
    }
  }

  void firstNodesAreOnTop() {
    const Document document = network(4, {{1, 2}, {1, 3}, {2, 4}, {3, 4}}, {});
    const auto at = arranged(document, roomFor(document, Direction::down));
    QCOMPARE(at[0].y, 0.0);
    QCOMPARE(at[1].y, at[2].y);
    QVERIFY(at[3].y > at[1].y && at[1].y > 0);
    QVERIFY(std::abs(at[1].x - at[2].x) >= kWide + 48);  // a wire goes down between them
    QCOMPARE(at[0].x, at[3].x);
    QVERIFY(std::abs(at[0].x - (at[1].x + at[2].x) / 2) <= kGrid);
  }

  void aBendIsOnTheWire() {
    const Document document = network(3, {{1, 2}, {2, 3}}, {});
    Arrangement how = roomFor(document, Direction::right);
    how.nodes[1] = {40, 16, 8, 16};
    const auto at = arranged(document, how);
    QVERIFY(std::abs(at[1].y + 8 - (at[0].y + 20)) <= kGrid / 2);
    QVERIFY(at[2].x - at[1].x < kWide);  // its layer is no wider than it is
  }

  void whatStandsBesideANodeStaysThere() {
    for (unsigned seed = 0; seed < 60; ++seed) {
      Random random(seed);
      const int nodes = 6 + random.below(20);
      auto frames = random.frames(upTo(nodes), seed % 2);
      const Document document = network(nodes, random.wires(nodes - 2), frames);  // the last two have no wires
      const FrameTree tree = frameTree(document);
      for (const Direction direction : kBoth) {
        Arrangement how = roomFor(document, direction);
        const Position offs[] = {{-300.5, 11}, {20, -90}};
        for (size_t k = 0; k < 2; ++k) how.nodes[size_t(nodes) - 1 - k] = {200 + 10.0 * double(k), 50, 20, 50}, how.beside.push_back({size_t(nodes) - 1 - k, 1, offs[k]});
        const auto at = arranged(document, how);
        for (size_t k = 0; k < 2; ++k) {
          const size_t note = size_t(nodes) - 1 - k;
          const bool same = tree.innermost[note] == tree.innermost[1];
          if (same) QCOMPARE(at[note], (Position{at[1].x + offs[k].x, at[1].y + offs[k].y}));
        }
        Arrangement rounded = how;  // for the grid of those that stand beside
        auto onGrid = at;
        for (Position& p : onGrid) p = {std::round(p.x / kGrid) * kGrid, std::round(p.y / kGrid) * kGrid};
        const QString wrong = wrongWith(document, onGrid, rounded);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("seed %1: %2").arg(seed).arg(wrong)));
      }
    }
  }

  // Long rows are broken, in frames too, and deep nesting and thousands of wires between two frames are no matter.
  void largeOnes() {
    std::vector<std::pair<int, int>> wires;
    std::vector<std::vector<int>> frames;
    constexpr int kNodes = 5000;
    for (int n = 2; n <= kNodes; ++n) {
      wires.push_back({n - 1, n});
      if (n > 60 && n % 7 == 0) wires.push_back({n - 53, n});
    }
    for (int f = 0; f < 100; ++f) {
      frames.emplace_back();
      for (int n = 1; n <= 50; ++n) frames.back().push_back(f * 50 + n);
    }
    std::vector<int> deep = upTo(300);
    for (; deep.size() > 50; deep.pop_back()) frames.push_back(deep);
    const Document document = network(kNodes, wires, frames);
    for (const Direction direction : kBoth) {
      const auto at = arranged(document, roomFor(document, direction));
      QCOMPARE(at.size(), size_t(kNodes));
      QVERIFY(std::all_of(at.begin(), at.end(), [](const Position& p) { return std::isfinite(p.x) && std::isfinite(p.y); }));
    }
    QVERIFY(arranged(Document(), {}).empty());
  }
};

QTEST_APPLESS_MAIN(ArrangeTest)
#include "arrange_test.moc"
