// The first picture of a network: every wire goes forward, no box lies on another, always the same, and quickly.
#include <QtTest>

#include "engine/document/layout.h"

using namespace engine;
using namespace engine::document;

namespace {

// A chain of so many nodes, with a wire that skips four of them at every fifth, and a second input at the end.
Document residual(int nodes) {
  Document::Parts parts;
  for (int i = 0; i < nodes; ++i) {
    document::Node node;
    node.id = NodeId(i + 1);
    node.type = "Add";
    node.name = "n" + std::to_string(i);
    parts.nodes.push_back(std::move(node));
    if (i > 0) parts.wires.push_back({NodeId(i), 0, NodeId(i + 1), 0, {}});
    if (i >= 5 && i % 5 == 0) parts.wires.push_back({NodeId(i - 4), 0, NodeId(i + 1), 1, {}});
  }
  document::Node target;
  target.id = NodeId(nodes + 1);
  target.type = "Target";
  target.name = "target";
  parts.nodes.push_back(std::move(target));
  parts.wires.push_back({NodeId(nodes + 1), 0, NodeId(nodes), 1, {}});
  return *Document::assemble(std::move(parts));
}

}  // namespace

class LayoutTest : public QObject {
  Q_OBJECT
 private slots:
  void wiresGoForwardAndBoxesLieApart() {
    const Document document = residual(33);
    const Layout layout = layOut(document);
    QCOMPARE(layout.nodes.size(), document.nodes().size());
    for (const Wire& wire : document.wires())
      QVERIFY(layout.nodes[*document.indexOf(wire.to)].x >= layout.nodes[*document.indexOf(wire.from)].x + kNodeWidth);
    for (size_t a = 0; a < layout.nodes.size(); ++a)
      for (size_t b = 0; b < a; ++b) {
        const bool apart = std::abs(layout.nodes[a].x - layout.nodes[b].x) >= kNodeWidth || std::abs(layout.nodes[a].y - layout.nodes[b].y) >= kNodeHeight;
        QVERIFY2(apart, qPrintable(QStringLiteral("%1 and %2").arg(a).arg(b)));
      }
    // What has no input stands next to its reader.
    QCOMPARE(layout.nodes[33].x, layout.nodes[31].x);
  }

  void longWiresPassNoBox() {
    const Document document = residual(33);
    const Layout layout = layOut(document);
    for (const auto& bends : layout.bends)
      for (const Position& bend : bends)
        for (const Position& node : layout.nodes)
          QVERIFY(!(bend.x > node.x && bend.x < node.x + kNodeWidth && bend.y > node.y && bend.y < node.y + kNodeHeight));
    QVERIFY(std::any_of(layout.bends.begin(), layout.bends.end(), [](const auto& bends) { return !bends.empty(); }));
  }

  void isTheSameEveryTime() {
    const Document document = residual(50);
    QVERIFY(layOut(document).nodes == layOut(document).nodes);
  }

  void ownPositionsStayWhereAllHaveOne() {
    Document::Parts parts;
    document::Node node;
    node.id = 1, node.type = "ReLU", node.name = "a", node.position = Position{7, 9};
    parts.nodes.push_back(node);
    QVERIFY(placed(*Document::assemble(parts)).nodes == (std::vector<Position>{{7, 9}}));
    node.id = 2, node.name = "b", node.position.reset();
    parts.nodes.push_back(node);
    QVERIFY(placed(*Document::assemble(parts)).nodes == layOut(*Document::assemble(parts)).nodes);
    QVERIFY(layOut(Document()).nodes.empty());
  }

  // Nodes without an end: thousands with wires across all of them neither hang nor overflow.
  void hugeNetworks() {
    Document::Parts parts;
    constexpr int kNodes = 3000;
    for (int i = 0; i < kNodes; ++i) {
      document::Node node;
      node.id = NodeId(i + 1), node.type = "Concatenate", node.name = std::to_string(i);
      parts.nodes.push_back(node);
      if (i > 0) parts.wires.push_back({NodeId(i), 0, NodeId(i + 1), 0, {}});
      if (i > 1) parts.wires.push_back({1, 0, NodeId(i + 1), 1, {}});
    }
    const Document document = *Document::assemble(std::move(parts));
    const Layout layout = layOut(document);
    QCOMPARE(layout.nodes.size(), size_t(kNodes));
    for (const auto& bends : layout.bends) QVERIFY(bends.empty());
  }
};

QTEST_APPLESS_MAIN(LayoutTest)
#include "layout_test.moc"
