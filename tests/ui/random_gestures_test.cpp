// Whatever is done on the canvas, in whatever order: undone all the way it is the file that was opened, redone all the way the file that
// came of it, byte for byte; and what is seen is what the document says.
#include <QClipboard>
#include <random>

#include "engine/document/counterparts.h"
#include "engine/document/search.h"
#include "tests/ui/canvas_bench.h"

using namespace ui;
using engine::document::Document;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSequences = 60;
#else
constexpr uint64_t kSequences = 2000;
#endif
constexpr int kMostGestures = 14;

// A block within a block in a row, a frame, a bend, a note, nodes bypassed and frozen.
constexpr const char* kRich = R"({
  "netwright": 1, "name": "rich",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [4, 8, 8]}, "position": [0, 0]},
    {"id": "02", "type": "Conv2d", "name": "conv", "fields": {"out_channels": 4, "padding": 1}, "position": [240, 0]},
    {"id": "03", "type": "Outer", "name": "body", "fields": {"repeat": 2}, "position": [480, 0]},
    {"id": "04", "type": "ReLU", "name": "relu", "position": [720, 0], "mode": "bypassed"},
    {"id": "05", "type": "Reroute", "name": "bend", "position": [960, 40]},
    {"id": "06", "type": "Linear", "name": "head", "fields": {"out_features": 3}, "position": [1100, 0], "frozen": true},
    {"id": "07", "type": "Note", "name": "note", "fields": {"text": "a note"}, "position": [240, 200]},
    {"id": "08", "type": "Outer", "name": "side", "position": [480, 240]},
    {"id": "09", "type": "Add", "name": "sum", "position": [720, 240]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0},
            {"from": "03", "output": 0, "to": "04", "input": 0}, {"from": "04", "output": 0, "to": "05", "input": 0},
            {"from": "05", "output": 0, "to": "06", "input": 0}, {"from": "02", "output": 0, "to": "08", "input": 0},
            {"from": "08", "output": 0, "to": "09", "input": 0}, {"from": "04", "output": 0, "to": "09", "input": 1}],
  "frames": [{"id": "f1", "title": "middle", "color": 2, "nodes": ["02", "03"]}],
  "blocks": [
    {"name": "Inner", "exposed": [{"name": "slope", "of": [{"node": "32", "field": "negative_slope"}]}],
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "LeakyReLU", "name": "act", "position": [240, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [480, 0]}],
     "wires": [{"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "34", "input": 0}]},
    {"name": "Outer", "exposed": [{"name": "slope", "of": [{"node": "42", "field": "slope"}]}],
     "nodes": [
       {"id": "41", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "42", "type": "Inner", "name": "inner", "fields": {"slope": 0.3}, "position": [240, 0]},
       {"id": "43", "type": "Conv2d", "name": "conv", "fields": {"out_channels": 4, "padding": 1}, "position": [480, 0]},
       {"id": "44", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [{"from": "41", "output": 0, "to": "42", "input": 0}, {"from": "42", "output": 0, "to": "43", "input": 0},
               {"from": "43", "output": 0, "to": "44", "input": 0}]}
  ]
})";

class Hand {
 public:
  Hand(CanvasBench& bench, uint64_t seed) : b_(bench), random_(seed) {}

  QString gesture() {
    switch (below(12)) {
      case 0: return select();
      case 1: return add();
      case 2:
      case 3: return wire();
      case 4: return drag();
      case 5: return field();
      case 6: return rename();
      case 7: return replaceSome();
      case 8: return below(3) ? open() : takeBack();
      default: return action();
    }
  }

 private:
  size_t below(size_t n) { return size_t(random_() % n); }
  const Document& shown() { return b_.project.shown(); }
  NodeId any() { return shown().nodes().empty() ? 0 : shown().nodes()[below(shown().nodes().size())]->id; }

  QString select() {
    std::vector<NodeId> some;
    for (const auto& node : shown().nodes())
      if (below(3) == 0) some.push_back(node->id);
    b_.project.selection().set(some);
    return "select";
  }
  QString add() {
    static const char* ops[] = {"ReLU", "Conv2d", "Linear", "Dropout", "Add", "Concatenate", "Note", "Flatten", "Residual", "ConvNormAct", "Outer", "Target", "BlockInput"};
    const char* op = ops[below(std::size(ops))];
    b_.canvas->addNode(op);
    return QString("add %1").arg(op);
  }
  QString wire() {
    const NodeId from = any(), to = any();
    if (!from || !to) return "nothing";
    const NodeItem *a = b_.scene().node(from), *b = b_.scene().node(to);
    if (a->look().outputs.empty() || b->look().inputs.empty()) return "nothing";
    b_.canvas->fitAll();
    b_.drag(b_.outputOf(from), b_.inputOf(to, int(below(b->look().inputs.size()))));
    b_.key(Qt::Key_Escape);  // a wire that ended in the open asks for a layer
    QApplication::processEvents();
    return "wire";
  }
  QString drag() {
    const NodeId id = any();
    if (!id) return "nothing";
    b_.canvas->fitAll();
    const QPoint by(int(below(400)) - 200, int(below(300)) - 150);
    const QPoint start = b_.at(b_.scene().node(id)->nodeRect().center());
    b_.drag(start, start + by, below(4) ? Qt::NoModifier : Qt::ShiftModifier);
    return "drag";
  }
  QString field() {
    const NodeId id = any();
    if (!id) return "nothing";
    const auto fields = engine::document::fieldsOf(b_.document(), shown().node(id)->type);
    if (fields.empty()) return "nothing";
    const auto info = fields[below(fields.size())];
    const bool back = below(3) == 0;
    b_.project.edit("Field", [&](Transaction& t) {
      if (back) return t.clearField(id, info.name);
      engine::FieldValue value = info.initial;
      if (auto* whole = std::get_if<int64_t>(&value)) *whole += int64_t(below(3));
      if (auto* real = std::get_if<double>(&value)) *real /= 2;
      return t.setField(id, info.name, value);
    });
    return "field";
  }
  QString rename() {
    if (const NodeId id = any()) b_.project.edit("Rename", [&](Transaction& t) { return t.rename(id, t.freeName("name")); });
    return "rename";
  }
  QString replaceSome() {
    using engine::document::Replacing;
    static const Replacing ways[] = {{.field = "out_features", .factor = 2.0}, {.field = "out_channels", .value = int64_t(5)}, {.type = "GELU"}, {.type = "Linear"}};
    const NodeId id = any();
    if (!id) return "nothing";
    const auto hits = engine::document::find(b_.document(), {.type = shown().node(id)->type});
    b_.project.editWhole("Replace", [&](Transaction& t) { return replace(t, hits, ways[below(std::size(ways))]); });
    return "replace";
  }
  QString takeBack() {
    if (b_.project.isWithin()) return "nothing";
    if (!earlier_ || below(3) == 0) {
      earlier_ = b_.document();
      return "keep";
    }
    const auto& nodes = earlier_->nodes();
    if (nodes.empty()) return "nothing";
    const NodeId id = nodes[below(nodes.size())]->id;
    b_.project.edit("Take back", [&](Transaction& t) { return restore(t, *earlier_, id); });
    return "take back";
  }
  QString open() {
    if (b_.project.isWithin() && below(2)) b_.project.leave();
    else if (const NodeId id = any(); id && b_.project.canOpen(id)) b_.project.open(id);
    return "open";
  }
  QString action() {
    static const char* actions[] = {"edit.cut", "edit.copy", "edit.paste", "edit.paste", "edit.paste_wired", "edit.duplicate", "edit.delete", "edit.delete_heal",
                                    "edit.select_all", "node.fold", "node.fold", "node.fold", "node.unfold", "node.unfold", "node.detach", "node.bypass", "node.mute",
                                    "node.freeze", "node.disconnect", "node.layout", "node.layout_down", "node.align_left", "node.align_middle",
                                    "node.distribute_across", "frame.toggle", "frame.color", "frame.remove", "node.leave"};
    const char* which = actions[below(std::size(actions))];
    b_.actions.refresh();
    if (b_.actions.isBound(which) && b_.actions[which]->isEnabled()) b_.actions.trigger(which);
    return which;
  }

  CanvasBench& b_;
  std::mt19937_64 random_;
  std::optional<Document> earlier_;
};

// Every node and wire is there once, with the looks of its type and the place of the document; what is known to be wrong with the network is what a
// fresh look finds.
QString wrongOnCanvas(CanvasBench& b) {
  const ui::Insight fresh = ui::insightOf(b.document());
  if (b.project.problems() != fresh.problems) return "the problems of a fresh look";
  if (b.project.whole().worstProblem != fresh.worstProblem) return "problems at the nodes that a fresh look finds";
  const Document& shown = b.project.shown();
  if (b.scene().nodes().size() != shown.nodes().size()) return "as many items as nodes";
  if (b.scene().wires().size() != shown.wires().size()) return "as many items as wires";
  for (const auto& node : shown.nodes()) {
    const NodeItem* item = b.scene().node(node->id);
    if (!item || item->look().name != QString::fromStdString(node->name)) return "an item of " + QString::fromStdString(node->name);
    if (node->position && item->pos() != QPointF(node->position->x, node->position->y)) return "the place of " + QString::fromStdString(node->name);
  }
  for (const auto& wire : shown.wires()) {
    const WireItem* item = b.scene().wire({wire.to, wire.input});
    if (!item || item->from() != wire.from || item->output() != wire.output) return "an item of each wire";
  }
  return {};
}

}  // namespace

class RandomGesturesTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    setUpCanvas("random_gestures_test");
    QSettings().setValue("look/reduced_motion", true);
  }

  void allIsUndoneAndRedone() {
    CanvasBench b;
    const Document rich = *engine::document::parse(kRich);
    int steps = 0, folds = 0;
    for (uint64_t seed = 1; seed <= kSequences; ++seed) {
      b.project.replace(seed % 3 == 0 ? network() : rich, {});
      const std::string opened = b.text();
      Hand hand(b, seed);
      QStringList done;
      const auto trace = [&] { return QString("seed %1: %2").arg(seed).arg(done.join(", ")); };
      for (int i = 0; i < kMostGestures; ++i) {
        done << hand.gesture();
        if (const QString wrong = wrongOnCanvas(b); !wrong.isEmpty()) QFAIL(qPrintable(trace() + ": needs " + wrong));
        QVERIFY2(verify(b.document()), qPrintable(trace()));
      }
      QApplication::processEvents();
      const std::string made = b.text();
      steps += b.steps();
      folds += int(done.count("node.fold"));
      while (b.project.undo().canUndo()) b.project.undo().undo();
      QVERIFY2(b.text() == opened, qPrintable(trace()));
      if (const QString wrong = wrongOnCanvas(b); !wrong.isEmpty()) QFAIL(qPrintable(trace() + ": undone, needs " + wrong));
      while (b.project.undo().canRedo()) b.project.undo().redo();
      QVERIFY2(b.text() == made, qPrintable(trace()));
      if (const QString wrong = wrongOnCanvas(b); !wrong.isEmpty()) QFAIL(qPrintable(trace() + ": redone, needs " + wrong));
      if (seed % 20 == 0) {
        const auto again = engine::document::parse(made);
        QVERIFY2(again && print(*again) == made, qPrintable(trace()));
      }
    }
    // They do something.
    QVERIFY(steps > int(kSequences) * 4);
    QVERIFY(folds > int(kSequences) / 4);
  }
};

QTEST_MAIN(RandomGesturesTest)
#include "random_gestures_test.moc"
