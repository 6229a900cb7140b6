// Live pictures in the nodes of the real window: they come while it trains, leave the document alone, go by the switch,
// and go from a node that does something else by now.
#include <QPainter>
#include <QToolButton>
#include <cmath>

#include "engine/document/json.h"
#include "tests/ui/endless_run.h"
#include "engine/training/preview.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/preview_picture.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"

using engine::NodeId;
using engine::document::Transaction;
using engine::training::NodeOutput;
using ui::MainWindow;
using ui::PreviewPicture;
using State = ui::Training::State;

namespace {

NodeOutput outputOf(const engine::Shape& shape, std::vector<float> values, int samples = 1) {
  NodeOutput output;
  output.shape = shape;
  output.samples = samples;
  output.kept = int64_t(values.size()) / samples;
  output.values = std::move(values);
  return output;
}

QImage painted(const PreviewPicture& picture) {
  QImage image(144, PreviewPicture::kHeight, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  picture.paint(painter, QRectF(image.rect()));
  return image;
}

// Of a column of the picture, how high something stands above the ground.
int heightAt(const QImage& image, int x) {
  int height = 0;
  for (int y = 0; y < image.height(); ++y) height += image.pixelColor(x, y) != QColor(Qt::white);
  return height;
}

}  // namespace

class PreviewsTest : public QObject {
  Q_OBJECT

  static int withPicture(MainWindow& window) {
    int count = 0;
    for (const auto* item : window.canvas().scene().nodes()) count += item->look().preview != nullptr;
    return count;
  }
  static void train(MainWindow& window) {
    window.actions().refresh();  // what the event loop would do next
    window.actions().trigger("train.start");
    QVERIFY(window.training().isActive());
  }

 private slots:
  void initTestCase() { ui::setUpEndlessRun("previews"); }
  void cleanupTestCase() { ui::cleanUpEndlessRun(); }

  void theyComeWithARunAndLeaveTheDocumentAlone() {
    MainWindow window;
    ui::openEndlessRun(window);
    window.project().edit("Flatten", [&](Transaction& t) -> engine::Done {
      engine::document::Node node;
      node.type = "Flatten";
      const auto made = t.addNode(node);
      return made ? t.connect(ui::firstOf(window, "Linear"), 0, *made, 0) : engine::Done(tl::unexpected(made.error()));
    });
    const std::string before = print(window.project().document());
    auto& scene = window.canvas().scene();
    const int undoBefore = window.project().undo().count();
    const NodeId layer = ui::firstOf(window, "Linear");
    const double height = scene.node(layer)->look().height;
    const QPointF port = scene.node(layer)->outputAt(0);
    QCOMPARE(withPicture(window), 0);
    train(window);
    QTRY_VERIFY_WITH_TIMEOUT(withPicture(window) >= 3, 60000);
    const auto* item = scene.node(layer);
    QVERIFY(item->look().preview);
    QCOMPARE(item->look().height, height + ui::node_size::preview);
    QCOMPARE(item->outputAt(0), port);  // wires stay where they are
    QVERIFY(item->look().spoken().contains(item->look().preview->description()));
    QVERIFY(item->marks().running);
    QVERIFY2(!scene.node(ui::firstOf(window, "Flatten"))->look().preview, "it shows what the node before it shows");
    QVERIFY2(!scene.node(ui::firstOf(window, "CrossEntropyLoss"))->look().preview, "a single number has no picture");
    QCOMPARE(print(window.project().document()), before);
    QCOMPARE(window.project().undo().count(), undoBefore);

    // What they show is new with each look.
    const auto shown = item->look().preview;
    QTRY_VERIFY_WITH_TIMEOUT(item->look().preview != shown, 60000);

    // The switch of the tool bar, in mid-run, both ways.
    auto* button = window.findChild<QToolButton*>("toolbar.previews");
    QVERIFY(button && button->isChecked());
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(withPicture(window), 0);
    QCOMPARE(item->look().height, height);
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(withPicture(window) >= 3, 60000);

    // After the run they stay, and say that nothing runs; another project has none.
    ui::stopRun(window);
    QVERIFY(withPicture(window) >= 3);
    QVERIFY(!item->marks().running);
    window.files().openTemplate("xor");
    QCOMPARE(withPicture(window), 0);
  }

  void whatDoesSomethingElseByNowHasNone() {
    MainWindow window;
    ui::openEndlessRun(window);
    auto& project = window.project();
    train(window);
    const NodeId layer = ui::firstOf(window, "Linear");
    auto& scene = window.canvas().scene();
    QTRY_VERIFY_WITH_TIMEOUT(scene.node(layer)->look().preview, 60000);
    window.training().pause();
    QTRY_COMPARE_WITH_TIMEOUT(window.training().state(), State::paused, 60000);
    QTest::qWait(50);  // a look that is on its way

    project.edit("Move", [&](Transaction& t) { return t.move(layer, engine::document::Position{8, 8}); });
    QVERIFY(scene.node(layer)->look().preview);
    project.edit("Narrower", [&](Transaction& t) { return t.setField(layer, "out_features", int64_t(5)); });
    QVERIFY(!scene.node(layer)->look().preview);
    // Nor do later looks bring it back, while its neighbours get theirs.
    const NodeId bend = ui::firstOf(window, "Tanh") ? ui::firstOf(window, "Tanh") : ui::firstOf(window, "ReLU");
    window.training().start();
    const auto old = scene.node(bend)->look().preview;
    QTRY_VERIFY_WITH_TIMEOUT(scene.node(bend)->look().preview && scene.node(bend)->look().preview != old, 60000);
    QVERIFY(!scene.node(layer)->look().preview);
    ui::stopRun(window);
  }

  // Also where the document has nodes that the calculated network has not: notes and bends.
  void blocksAreSeenThrough() {
    MainWindow window;
    ui::openEndlessRun(window);
    auto& project = window.project();
    const NodeId layer = ui::firstOf(window, "Linear");
    window.canvas().view().edits().add("Note", {0, -200});
    window.canvas().view().edits().add("Note", {0, -300});
    window.canvas().view().edits().reroute({layer, 0}, {10, 10});
    QVERIFY(window.canvas().view().edits().fold({layer}));
    const NodeId block = project.selection().current();
    train(window);
    auto& scene = window.canvas().scene();
    QTRY_VERIFY_WITH_TIMEOUT(scene.node(block)->look().preview, 60000);
    window.training().pause();
    QTRY_COMPARE_WITH_TIMEOUT(window.training().state(), State::paused, 60000);
    QTest::qWait(50);
    project.open(block);
    QTRY_VERIFY_WITH_TIMEOUT(scene.node(layer)->look().preview, 60000);
    project.leave();
    QTRY_VERIFY_WITH_TIMEOUT(scene.node(block)->look().preview, 60000);
    ui::stopRun(window);
  }

  void thePictureSaysWhatTheNumbersAre() {
    // Scores as probabilities: one stands out, the others are small.
    const QImage bars = painted(PreviewPicture(outputOf({4}, {0, 5, 0, 0}), true));
    QVERIFY(heightAt(bars, 54) > 40);
    for (int x : {18, 90, 126}) QVERIFY(heightAt(bars, x) <= 2);
    // Of both signs: up and down from the middle.
    const QImage both = painted(PreviewPicture(outputOf({2}, {1, -1}), false));
    QVERIFY(both.pixelColor(36, 4) != QColor(Qt::white) && both.pixelColor(36, 40) == QColor(Qt::white));
    QVERIFY(both.pixelColor(108, 4) == QColor(Qt::white) && both.pixelColor(108, 40) != QColor(Qt::white));
    // Many numbers: where most of them lie, it is highest.
    std::vector<float> many(1000, 0.f);
    many.front() = -1, many.back() = 1;
    const QImage histogram = painted(PreviewPicture(outputOf({1000}, many), false));
    QCOMPARE(heightAt(histogram, 74), PreviewPicture::kHeight);
    QVERIFY(heightAt(histogram, 30) <= 2);
    // A picture: black where it is least, white where it is most, nothing for what is no number.
    const QImage map = painted(PreviewPicture(outputOf({1, 2, 2}, {0, 1, 0.5f, NAN}), false));
    QCOMPARE(map.pixelColor(5, 5), QColor(Qt::black));
    QCOMPARE(map.pixelColor(40, 5), QColor(Qt::white));
    QCOMPARE(map.pixelColor(5, 40), QColor(128, 128, 128));
    QCOMPARE(map.pixelColor(40, 40), QColor(Qt::black));
    // What has nothing to show shows nothing.
    QVERIFY(PreviewPicture(outputOf({}, {1}), false).isEmpty());
    QVERIFY(PreviewPicture(outputOf({0}, {}), false).isEmpty());
    QVERIFY(!PreviewPicture(outputOf({3}, {NAN, INFINITY, -INFINITY}), true).isEmpty());
  }
};

QTEST_MAIN(PreviewsTest)
#include "previews_test.moc"
