// The bars at the nodes' feet by what they show: parameters, memory and arithmetic are those of the engine, of blocks too, follow
// each edit, cost little in a large network, and neither the document nor its undo steps know of them.
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include "engine/document/block_library.h"
#include "engine/document/json.h"
#include "engine/passes/unfold.h"
#include "tests/ui/endless_run.h"
#include "tests/ui/layers.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/cost_bars.h"
#include "ui/canvas/cost_box.h"
#include "ui/canvas/scene.h"
#include "ui/model/text.h"

using engine::NodeId;
using engine::document::Transaction;
using ui::CostBars;
using ui::MainWindow;
using ui::NodeFigures;

namespace {

constexpr NodeId kInput = 1, kFlat = 2, kLinear = 3, kRelu = 4, kHead = 5, kTarget = 6, kLoss = 7;

// Eight numbers as 2 × 4, made flat; 8 -> 6, ReLU, 6 -> 3.
engine::document::Document small(const char* optimizer = R"({"type":"adam"})", int batch = 16) {
  const std::string text = R"({"netwright":1,"name":"small","nodes":[
    {"id":"0000000000000001","type":"Input","name":"in","fields":{"shape":[2,4]}},
    {"id":"0000000000000002","type":"Flatten","name":"flat"},
    {"id":"0000000000000003","type":"Linear","name":"linear","fields":{"out_features":6}},
    {"id":"0000000000000004","type":"ReLU","name":"relu"},
    {"id":"0000000000000005","type":"Linear","name":"head","fields":{"out_features":3}},
    {"id":"0000000000000006","type":"Target","name":"label"},
    {"id":"0000000000000007","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[
    {"from":"0000000000000001","to":"0000000000000002"},{"from":"0000000000000002","to":"0000000000000003"},
    {"from":"0000000000000003","to":"0000000000000004"},{"from":"0000000000000004","to":"0000000000000005"},
    {"from":"0000000000000005","to":"0000000000000007","input":0},{"from":"0000000000000006","to":"0000000000000007","input":1}],
    "recipe":{"phases":[{"optimizer":)" + std::string(optimizer) + R"(,"batch":)" + std::to_string(batch) + "}]}}";
  auto parsed = engine::document::parse(text, "small.netw");
  if (!parsed) qFatal("%s", withPlace(parsed.error()).c_str());
  return *std::move(parsed);
}

struct Desk {
  MainWindow window;
  explicit Desk(engine::document::Document document = small()) {
    window.resize(1280, 800);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) qFatal("no window");
    window.showWelcome(false);
    window.project().replace(std::move(document), {});
  }
  ui::Project& project() { return window.project(); }
  ui::Scene& scene() { return window.canvas().scene(); }
  const std::optional<ui::NodeBar>& bar(NodeId id) { return scene().node(id)->look().bar; }
  double width(NodeId id) { return bar(id) ? bar(id)->forward + bar(id)->backward : 0; }
  void press(const char* action) {
    window.actions().refresh();
    if (!window.actions()[action]->isEnabled()) qFatal("%s cannot be pressed", action);
    window.actions().trigger(action);
    window.actions().refresh();
  }
  int bars() {
    int count = 0;
    for (const auto* item : scene().nodes()) count += item->look().bar.has_value();
    return count;
  }
  const NodeFigures& figures(NodeId id) { return window.findChild<ui::NetworkFigures*>()->all().at(id); }
};

void setField(Desk& d, NodeId node, const char* field, int64_t value) {
  QVERIFY(d.project().edit("Set", [&](Transaction& t) { return t.setField(node, field, value); }));
}

}  // namespace

class CostBarsTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { ui::setUpEndlessRun("cost_bars"); }
  void init() { QSettings().clear(); }
  void cleanupTestCase() { ui::cleanUpEndlessRun(); }

  void parametersInShares() {
    Desk d;
    const std::string before = print(d.project().document());
    QCOMPARE(d.bars(), 0);  // time is chosen, and nothing was timed
    QVERIFY(d.window.actions()["view.cost_time"]->toolTip().contains("press Profile"));
    d.press("view.cost_parameters");
    QCOMPARE(d.bars(), 2);  // 8 * 6 + 6 and 6 * 3 + 3
    QCOMPARE(d.width(kLinear), 1.0);
    QCOMPARE(d.width(kHead), 21.0 / 54);
    QCOMPARE(d.bar(kLinear)->caption, QString("72.0 % of parameters"));
    QCOMPARE(d.bar(kLinear)->shortCaption, QString("72.0 %"));
    QCOMPARE(d.bar(kLinear)->words, QString("54 parameters, 72.0 % of the network's"));
    QVERIFY(d.scene().node(kLinear)->look().spoken().contains("72.0 % of the network's"));
    QCOMPARE(print(d.project().document()), before);
    QCOMPARE(d.project().undo().count(), 0);
    d.press("view.costs");
    QCOMPARE(d.bars(), 0);
    QCOMPARE(d.window.findChild<ui::CostBox*>()->currentText(), QString("Bars: none"));
    d.press("view.costs");
    QCOMPARE(d.bars(), 2);
  }

  // What it gives out, its weights, and what training keeps for these: all by hand.
  void memoryByHand_data() {
    QTest::addColumn<QByteArray>("optimizer");
    QTest::addColumn<int>("moments");
    QTest::newRow("sgd") << QByteArray(R"({"type":"sgd","lr":0.1})") << 0;
    QTest::newRow("momentum") << QByteArray(R"({"type":"sgd","lr":0.1,"momentum":0.9})") << 1;
    QTest::newRow("adam") << QByteArray(R"({"type":"adam"})") << 2;
    QTest::newRow("amsgrad") << QByteArray(R"({"type":"adam","amsgrad":true})") << 3;
  }
  void memoryByHand() {
    QFETCH(QByteArray, optimizer);
    QFETCH(int, moments);
    Desk d(small(optimizer.constData()));
    d.press("view.cost_memory");
    const double linear = 16 * 6 * 4, weights = 54 * 4, kept = weights * (1 + moments);
    QCOMPARE(d.figures(kLinear).outputBytes, linear);
    QCOMPARE(d.figures(kLinear).weightBytes, weights);
    QCOMPARE(d.figures(kLinear).trainBytes, kept);
    QCOMPARE(d.figures(kInput).memory(), 16.0 * 8 * 4);
    QVERIFY(!d.bar(kFlat));  // the same numbers with another shape
    QCOMPARE(d.figures(kRelu).memory(), linear);
    const double most = linear + weights + kept;
    QCOMPARE(d.bar(kLinear)->forward, linear / most);
    QCOMPARE(d.bar(kLinear)->backward, (weights + kept) / most);
    QVERIFY2(d.bar(kLinear)->words.startsWith("Keeps " + ui::bytesText(most) + " to train at batch 16"), qPrintable(d.bar(kLinear)->words));

    // Twice the batch: what is given out is twice as much. Frozen: nothing is kept for its weights.
    d.project().editWhole("Batch", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].batch = 32;
      return t.setRecipe(recipe);
    });
    QCOMPARE(d.figures(kLinear).outputBytes, 2 * linear);
    d.project().edit("Freeze", [](Transaction& t) { return t.setFrozen(kLinear, true); });
    QCOMPARE(d.figures(kLinear).memory(), 2 * linear + weights);
    d.project().undo().undo();
    d.project().undo().undo();
    QCOMPARE(d.figures(kLinear).memory(), most);
    QCOMPARE(d.bar(kLinear)->forward, linear / most);
  }

  void edits() {
    Desk d;
    d.press("view.cost_parameters");
    const ui::NodeBar before = *d.bar(kHead);
    setField(d, kLinear, "out_features", 12);  // 108, and 39
    QCOMPARE(d.width(kHead), 39.0 / 108);
    QCOMPARE(d.bar(kLinear)->words, QString("108 parameters, 73.5 % of the network's"));
    setField(d, kHead, "out_features", 100);  // 1,300: another one is the dearest
    QCOMPARE(d.width(kHead), 1.0);
    QCOMPARE(d.width(kLinear), 108.0 / 1300);
    d.project().edit("Mode", [](Transaction& t) { return t.setMode(kHead, engine::Mode::bypassed); });
    QVERIFY(!d.bar(kHead) && d.width(kLinear) == 1);
    for (int i = 0; i < 3; ++i) d.project().undo().undo();
    QVERIFY(*d.bar(kHead) == before);
    d.project().edit("Delete", [](Transaction& t) { return t.removeNode(kLinear); });
    QCOMPARE(d.bars(), 0);  // the head has nothing to read
    d.project().undo().undo();
    QVERIFY(*d.bar(kHead) == before);
    const NodeId added = ui::addLayer(d.project(), "Conv2d");
    QVERIFY(!d.bar(added));  // nothing is known of it yet
    d.project().replace(small(), {});
    QVERIFY(*d.bar(kHead) == before);
  }

  // The inspector says the same, for every node.
  void arithmeticIsTheInspectors() {
    Desk d;
    d.window.files().openTemplate("fashion-cnn");
    d.press("view.cost_arithmetic");
    const auto atBatch = engine::infer(d.project().network(), {d.project().document().recipe().phases[0].batch, true});
    double most = 0;
    for (const auto& node : atBatch.nodes) most = std::max(most, node.flops);
    int shown = 0;
    for (size_t n = 0; n < atBatch.nodes.size(); ++n) {
      const NodeId id = d.project().network().nodes[n].id;
      QCOMPARE(d.figures(id).flops, atBatch.nodes[n].flops);
      QCOMPARE(d.width(id), atBatch.nodes[n].flops / most);
      if (!d.bar(id)) continue;
      ++shown;
      d.project().selection().set({id});
      QTRY_VERIFY(d.window.findChild<QLabel*>("follows.Arithmetic"));
      const QString said = d.window.findChild<QLabel*>("follows.Arithmetic")->text();
      QVERIFY2(d.bar(id)->words.startsWith(said + " forward, "), qPrintable(said + " / " + d.bar(id)->words));
    }
    QVERIFY2(shown > 5, QByteArray::number(shown).constData());
  }

  // A use of a block is all that is in it, as often as it stands in a row; within it, its nodes show theirs.
  void blocks_data() {
    QTest::addColumn<bool>("shared");
    QTest::newRow("weights of their own") << false;
    QTest::newRow("the same weights") << true;
  }
  void blocks() {
    QFETCH(bool, shared);
    Desk d;
    NodeId use = 0;
    d.window.files().openTemplate("fashion-cnn");
    const NodeId conv = ui::firstOf(d.window, "Conv2d");
    QVERIFY(d.project().edit("Block", [&](Transaction& t) -> engine::Done {
      if (auto done = t.bringBlock(*engine::document::shippedBlock("Residual")->file); !done) return tl::unexpected(done.error());
      engine::document::Node node;
      node.type = "Residual";
      const auto made = t.addNode(node);
      if (!made) return tl::unexpected(made.error());
      use = *made;
      if (auto done = t.setField(use, "channels", int64_t(32)); !done) return done;
      if (auto done = t.setField(use, "repeat", int64_t(3)); !done) return done;
      if (auto done = t.setField(use, "share_weights", shared); !done) return done;
      return t.connect(conv, 0, use, 0);
    }));
    QVERIFY(d.project().inference().nodes[*d.project().document().indexOf(use)].outputs[0].shape.rank() == 4);
    d.press("view.cost_memory");
    QTRY_VERIFY(d.window.findChild<ui::NetworkFigures*>()->all().contains(use));
    const NodeFigures whole = d.figures(use);

    // As the engine calculates it: unfolded.
    const int64_t batch = d.project().document().recipe().phases[0].batch;
    const auto unfolded = engine::unfold(d.project().network());
    QVERIFY(unfolded);
    const auto inferred = engine::infer(unfolded->network, {batch, true});
    NodeFigures sum;
    for (size_t n = 0; n < unfolded->network.nodes.size(); ++n) {
      const engine::Node& node = unfolded->network.nodes[n];
      const auto where = d.project().whereIs(node.id);
      if (where.way.empty() || where.way.front().node != use) continue;
      sum.flops += inferred.nodes[n].flops;
      if (!node.op.type().info.view)
        for (const auto& output : inferred.nodes[n].outputs) sum.outputBytes += double(output.shape.elements()) * 4;
      if (!node.weightsOf)
        for (const auto& stored : inferred.nodes[n].stored) sum.weightBytes += double(stored.shape.elements()) * double(engine::bytesOf(stored.type)), sum.parameters += stored.trained ? double(stored.shape.elements()) : 0;
    }
    QVERIFY(sum.parameters > 0 && sum.flops > 0);
    QCOMPARE(whole.parameters, sum.parameters);
    QCOMPARE(whole.weightBytes, sum.weightBytes);
    QCOMPARE(whole.flops, sum.flops);
    QCOMPARE(whole.outputBytes, sum.outputBytes);
    QVERIFY(d.bar(use) && d.bar(use)->words.contains("of the network's"));

    d.press("view.cost_parameters");
    const int steps = d.project().undo().count();
    d.project().open(use);
    QVERIFY(d.project().isWithin());
    double within = 0;
    for (const auto& [id, figures] : d.window.findChild<ui::NetworkFigures*>()->all()) {
      within += figures.parameters;
      if (figures.parameters > 0) QVERIFY(d.bar(id) && d.bar(id)->words.contains("of the block's"));
    }
    QCOMPARE(within * (shared ? 1 : 3), whole.parameters);
    d.project().leave();
    QVERIFY(d.bar(use) && d.bar(use)->words.contains("of the network's"));
    QCOMPARE(d.project().undo().count(), steps);
  }

  void chosenInTheBarAndRemembered() {
    {
      Desk d;
      auto* box = d.window.findChild<ui::CostBox*>("toolbar.bars");
      QVERIFY(box->isVisible());
      QCOMPARE(box->currentText(), QString("Bars: time"));
      QTest::mouseClick(box, Qt::LeftButton);
      QTRY_VERIFY(qobject_cast<QMenu*>(QApplication::activePopupWidget()));
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      QCOMPARE(menu->activeAction(), d.window.actions()["view.cost_time"]);
      menu->setActiveAction(d.window.actions()["view.cost_memory"]);
      QTest::keyClick(menu, Qt::Key_Return);
      QTRY_VERIFY(!QApplication::activePopupWidget());
      QTRY_COMPARE(box->currentText(), QString("Bars: memory"));
      QVERIFY(d.bars() > 2);
      QCOMPARE(d.project().undo().count(), 0);
      d.window.resize(1000, 800);  // then the menu View has them
      QTRY_VERIFY(!box->isVisible());
    }
    Desk again;
    QCOMPARE(again.window.findChild<CostBars*>()->cost(), ui::Cost::memory);
    QTRY_VERIFY(again.bars() > 2);
    QVERIFY(again.window.actions()["view.cost_memory"]->isChecked() && !again.window.actions()["view.cost_time"]->isChecked());
    // By the keys of the box.
    auto* box = again.window.findChild<ui::CostBox*>();
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Down);
    QTRY_COMPARE(box->currentText(), QString("Bars: arithmetic"));
    QCOMPARE(again.window.findChild<CostBars*>()->cost(), ui::Cost::arithmetic);
  }

  // Who asks where the time goes sees it, whatever was shown.
  void profileShowsTime() {
    MainWindow window;
    ui::openEndlessRun(window);
    window.actions().trigger("view.cost_memory");
    window.actions().refresh();
    window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == ui::Training::State::running, 60000);
    window.actions().refresh();
    QTest::mouseClick(window.findChild<QToolButton*>("toolbar.profile"), Qt::LeftButton);
    QCOMPARE(window.findChild<CostBars*>()->cost(), ui::Cost::time);
    const NodeId linear = ui::firstOf(window, "Linear");
    QTRY_VERIFY_WITH_TIMEOUT(window.canvas().scene().node(linear)->look().bar, 60000);
    QVERIFY(window.canvas().scene().node(linear)->look().bar->words.contains(" ms a step"));
    // And back while it goes on.
    window.actions().trigger("view.cost_parameters");
    QVERIFY(window.canvas().scene().node(linear)->look().bar->words.contains("parameters, "));
    QTest::qWait(300);
    QVERIFY(window.canvas().scene().node(linear)->look().bar->words.contains("parameters, "));
    ui::stopRun(window);
  }

  // No bar makes a look that nobody asked for, and an edit costs additions, not shapes of all.
  void ofFiveThousandNodes() {
    Desk d(ui::chain(5000));
    QTRY_VERIFY(!d.project().isBehind());
    QTRY_VERIFY(d.scene().isFilled());
    d.press("view.cost_arithmetic");
    auto* figures = d.window.findChild<ui::NetworkFigures*>();
    QTRY_COMPARE(figures->all().size(), size_t(5000));
    QTRY_VERIFY(d.bar(3) && d.bar(4998));
    constexpr int kEdits = 6, kTouched = 4;  // the node, and those that its channels reach
    const int looks = d.scene().counters.looks;
    const size_t found = figures->found();
    for (int i = 0; i < kEdits; ++i) d.project().edit("Set", [&](Transaction& t) { return t.setField(4998, "out_channels", int64_t(20 + i)); });
    QVERIFY2(d.scene().counters.looks - looks < 100, QByteArray::number(d.scene().counters.looks - looks).constData());
    QVERIFY2(figures->found() >= found + kEdits && figures->found() <= found + kEdits * kTouched, QByteArray::number(qulonglong(figures->found() - found)).constData());
    QCOMPARE(d.width(4998), 1.0);
    QVERIFY(std::abs(d.width(3) - 4.0 / 25) < 1e-3);
    // Of all at once: another batch, found elsewhere.
    const double flops = d.figures(3).flops;
    const size_t before = figures->found();
    d.project().editWhole("Batch", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].batch *= 2;
      return t.setRecipe(recipe);
    });
    QTRY_COMPARE(d.figures(3).flops, 2 * flops);
    QCOMPARE(figures->found(), before);
  }
};

QTEST_MAIN(CostBarsTest)
#include "cost_bars_test.moc"
