// What the window says to a screen reader by itself, and what it tells it of its fields. Without a bus nothing goes further:
// tests/e2e/screen_reader.sh is at its other end.
#include <QAccessible>
#include <QComboBox>
#include <QPushButton>
#include <QTextDocument>
#include <QToolButton>
#include <QTreeWidget>

#include "engine/document/json.h"
#include "tests/ui/endless_run.h"
#include "tests/ui/layers.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/view.h"
#include "ui/shell/message_bar.h"
#include "ui/widgets/number_field.h"
#include "ui/widgets/spoken.h"

using engine::NodeId;
using engine::document::Transaction;

namespace {

constexpr NodeId kInput = 1, kConv = 2, kLinear = 4;

// A picture, a convolution, a layer that flattens; an addition with two inputs and a loss that take what fits.
constexpr const char* kProject = R"({
  "netwright": 1, "name": "spoken",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [3, 8, 8]}, "position": [0, 0]},
    {"id": "02", "type": "Conv2d", "name": "conv", "fields": {"out_channels": 3, "kernel_size": [1, 1]}, "position": [240, 0]},
    {"id": "03", "type": "Add", "name": "sum", "position": [480, 0]},
    {"id": "04", "type": "Linear", "name": "head", "fields": {"out_features": 3}, "position": [720, 0]},
    {"id": "05", "type": "ReLU", "name": "loose", "position": [720, 240]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "01", "output": 0, "to": "03", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 1},
            {"from": "03", "output": 0, "to": "04", "input": 0}]
})";

QStringList said;

QString last() { return said.isEmpty() ? QString() : said.last(); }

struct Desk {
  ui::MainWindow window;
  explicit Desk(const char* text = kProject) {
    window.resize(1440, 900);
    window.show();
    if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
    window.project().replace(*engine::document::parse(text), {});
    window.showWelcome(false);
    QCoreApplication::processEvents();
    window.canvas().fitAll();
    view().setFocus();
    QCoreApplication::processEvents();
    said.clear();
  }
  ui::Project& project() { return window.project(); }
  ui::CanvasView& view() { return window.canvas().view(); }
  void select(NodeId id) { project().selection().set({id}); }
  void trigger(const char* action) {
    window.actions().refresh();
    window.actions().trigger(action);
    QCoreApplication::processEvents();
  }
};

}  // namespace

class SpokenTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    ui::setUpEndlessRun("spoken_test");
    connect(&ui::announcer(), &ui::Announcer::said, this, [](const QString& text) { said << text; });
  }
  void cleanupTestCase() { ui::cleanUpEndlessRun(); }

  void stepsAreSaid() {
    Desk d;
    d.select(kConv);
    d.trigger("node.bypass");
    QCOMPARE(said, QStringList{"Bypass layer"});
    d.trigger("edit.undo");
    QCOMPARE(last(), QString("Undone: Bypass layer"));
    d.trigger("edit.redo");
    QCOMPARE(last(), QString("Redone: Bypass layer"));
    d.trigger("edit.undo");
    // Another step in the place of what was undone is made, not redone.
    d.trigger("node.mute");
    QCOMPARE(last(), QString("Mute layer"));
    QCOMPARE(said.size(), 5);
    // A document that comes takes all steps with it, and none is undone.
    d.project().replace(*engine::document::parse(kProject), {});
    QCoreApplication::processEvents();
    QVERIFY(!last().startsWith("Undone"));
  }

  void problemsAreSaid() {
    Desk d;
    d.project().edit("Kernel", [](Transaction& t) { return t.setField(kConv, "kernel_size", std::vector<int64_t>{9, 9}); });
    QTRY_VERIFY2(said.size() == 1 && last().startsWith("Problem: needs ") && last().endsWith(". Kernel"), qPrintable(said.join('\n')));  // in one
    const int before = int(said.size());
    d.project().undo().undo();
    QTRY_VERIFY(said.size() > before);
    QVERIFY2(last().endsWith(". Undone: Kernel") && !last().contains("needs "), qPrintable(said.join('\n')));
  }

  // By keys: where the wire would go, which of its inputs, and why not.
  void wiresAreSaid() {
    Desk d;
    d.select(kInput);
    d.view().setFocus();
    d.trigger("node.connect");
    QCOMPARE(last(), QString("Enter connects with loose."));
    const auto press = [&](Qt::Key key) {
      QTest::keyClick(&d.view(), key);
      QCoreApplication::processEvents();
    };
    press(Qt::Key_Escape);
    d.select(kConv);
    d.trigger("node.connect");
    press(Qt::Key_Up);
    QCOMPARE(d.project().undo().count(), 0);
    QVERIFY2(said.filter("head").size() + said.filter("sum").size() > 0, qPrintable(said.join('\n')));
    // Into itself, around a loop: refused, with the reason.
    press(Qt::Key_Escape);
    d.select(kLinear);
    said.clear();
    d.trigger("node.connect");
    for (int i = 0; i < 3; ++i) press(Qt::Key_Left);
    QVERIFY2(said.filter("This would close a loop: needs ").size() > 0, qPrintable(said.join('\n')));
    QVERIFY2(said.filter(" of sum").size() > 0 || said.filter("loop").size() > 0, qPrintable(said.join('\n')));
    press(Qt::Key_Escape);
    QCOMPARE(d.project().undo().count(), 0);
  }

  void messagesAreSaid() {
    Desk d;
    d.window.messages().show("test", ui::MessageBar::Tone::warning, "The disk is full.");
    QTRY_COMPARE(said, QStringList{"The disk is full."});
  }

  void runsAreSaid() {
    ui::MainWindow window;
    ui::openEndlessRun(window);
    said.clear();
    window.actions().refresh();
    window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == ui::Training::State::running, 60000);
    QTRY_VERIFY2_WITH_TIMEOUT(last().startsWith("Epoch "), qPrintable(said.join('\n')), 5000);
    const qsizetype count = said.size();
    const qint64 step = window.training().status().step;
    QTRY_VERIFY_WITH_TIMEOUT(window.training().status().step > step + 5, 60000);
    QCOMPARE(said.size(), count);  // not at every step
    ui::stopRun(window);
    QTRY_VERIFY(last().contains("stopped"));
  }

  void numbersAreTold() {
    Desk d;
    d.select(kLinear);
    QCoreApplication::processEvents();
    ui::NumberField* field = nullptr;
    for (auto* any : d.window.findChildren<ui::NumberField*>())
      if (any->accessibleName() == "Out features") field = any;
    QVERIFY(field);
    QAccessibleInterface* told = QAccessible::queryAccessibleInterface(field);
    QAccessibleValueInterface* value = told->valueInterface();
    QVERIFY(value);
    QCOMPARE(value->currentValue().toDouble(), 3.0);
    QCOMPARE(value->minimumValue().toDouble(), 1.0);
    value->setCurrentValue(5.0);
    QVERIFY(print(d.project().document()).find("\"out_features\": 5") != std::string::npos);
    QCOMPARE(d.project().undo().count(), 1);
    value->setCurrentValue(-2.0);  // no number of features
    QCOMPARE(value->currentValue().toDouble(), 5.0);
    field->setFocus();
    field->selectAll();
    QCoreApplication::processEvents();  // the step above has been said
    said.clear();
    QTest::keyClicks(field, "0");
    QTRY_COMPARE(last(), QString("Needs at least 1; the last good value stays."));
    QCOMPARE(said.size(), 1);
  }

  // On Linux a box is called what is chosen in it: what it is for comes by a label.
  void boxesHaveLabels() {
    Desk d;
    d.trigger("dock.replace");
    int boxes = 0;
    for (QComboBox* box : d.window.findChildren<QComboBox*>()) {
      ++boxes;
      const auto relations = QAccessible::queryAccessibleInterface(box)->relations(QAccessible::Label);
      QVERIFY2(!relations.isEmpty() && !relations.first().first->text(QAccessible::Name).isEmpty(), qPrintable(box->objectName() + box->accessibleName()));
    }
    QVERIFY(boxes > 8);
  }

  void tipsAreToldPlainly() {
    Desk d;
    int tips = 0;
    for (QWidget* widget : d.window.findChildren<QWidget*>()) {
      if (!Qt::mightBeRichText(widget->toolTip())) continue;
      ++tips;
      const QString told = QAccessible::queryAccessibleInterface(widget)->text(QAccessible::Description);
      QVERIFY2(!told.contains('<') && !told.contains("&nbsp;"), qPrintable(told));
    }
    QVERIFY(tips > 8);
    QCOMPARE(QAccessible::queryAccessibleInterface(&d.window)->text(QAccessible::Name), QString("spoken - Netwright"));
  }
};

QTEST_MAIN(SpokenTest)
#include "spoken_test.moc"
