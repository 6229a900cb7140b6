// The list of layers and the inspector: what they show follows from the ops, and every edit is one undo step.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/ui/layers.h"
#include "engine/document/json.h"
#include "engine/graph/formulas.h"
#include "ui/widgets/expression.h"
#include "ui/widgets/field_row.h"
#include "ui/inspector/inspector.h"
#include "ui/widgets/number_field.h"
#include "ui/widgets/switch.h"
#include "ui/model/fixes.h"
#include "ui/model/fuzzy.h"
#include "ui/model/shelf.h"
#include "ui/palette/layer_palette.h"
#include "ui/theme/style.h"

using engine::FieldValue;
using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using ui::Project;

class InspectorTest : public QObject {
  Q_OBJECT

  struct Room {
    Project project;  // outlives the fields, which say a last word as the window goes
    QWidget window;
    ui::Actions actions{&window};
    ui::Inspector* inspector;
    Room() : inspector(new ui::Inspector(project, actions, &window)) {
      inspector->resize(300, 800);
      window.resize(300, 800);
      window.show();
      QApplication::setActiveWindow(&window);
    }
    NodeId add(const char* type, engine::document::Fields fields = {}) {
      return ui::addLayer(project, type, std::move(fields));
    }
    void wire(NodeId from, NodeId to, int input = 0) {
      project.edit("Connect", [&](Transaction& t) { return t.connect(from, 0, to, input); });
    }
    ui::FieldRow* row(const char* field) { return inspector->findChild<ui::FieldRow*>(QString("field.") + field); }
    QList<ui::FieldRow*> rows() {  // those that show: of the node before they may not be gone yet
      QList<ui::FieldRow*> all = inspector->findChildren<ui::FieldRow*>();
      all.removeIf([](ui::FieldRow* row) { return !row->isVisible(); });
      return all;
    }
    template <class Control>
    Control* control(const char* field) { return row(field)->findChild<Control*>(); }
    const FieldValue* given(NodeId id, const char* field) { return engine::document::find(project.document().node(id)->fields, field); }
    QString follows(const QString& name) { return inspector->findChild<QLabel*>("follows." + name)->text(); }
  };

 private slots:
  void initTestCase() { ui::setUpLook(); }

  void arithmeticIsTyped() {
    Room room;
    const NodeId linear = room.add("Linear");
    room.project.selection().set({linear});
    auto* field = room.control<ui::NumberField>("out_features");
    field->setFocus();
    auto* line = field->findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(line, "28*28");
    QCOMPARE(std::get<int64_t>(*room.given(linear, "out_features")), int64_t(784));
    line->selectAll();
    QTest::keyClicks(line, "28*");
    QVERIFY(field->isWrong());
    QTest::keyClicks(line, "(1+1)");
    QCOMPARE(std::get<int64_t>(*room.given(linear, "out_features")), int64_t(56));
    line->selectAll();
    QTest::keyClicks(line, "7/2");  // no whole number
    QVERIFY(field->isWrong());
    QCOMPARE(std::get<int64_t>(*room.given(linear, "out_features")), int64_t(7));
  }

  // The first line of what help has; with several nodes, and with a block, none.
  void theFormulaStandsBelowTheSentence() {
    Room room;
    const NodeId linear = room.add("Linear"), softmax = room.add("Softmax"), lstm = room.add("LSTM"), note = room.add("Note");
    auto* formula = room.inspector->findChild<QLabel*>("formula");
    const auto shown = [&](std::vector<NodeId> nodes) {
      room.project.selection().set(nodes);
      return formula->isVisible() ? formula->text() : QString("hidden");
    };
    QCOMPARE(shown({linear}), QString("y = x Wᵀ + b"));
    QCOMPARE(shown({softmax}), QString("yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)"));
    QCOMPARE(shown({lstm}), QString("yₜ = hₜ = oₜ · tanh(cₜ)"));
    QCOMPARE(shown({note}), QString("hidden"));
    QCOMPARE(shown({linear, softmax}), QString("hidden"));
    QCOMPARE(shown({ui::addBlock(room.project, "ConvNormAct")}), QString("hidden"));
    // The longest has room, on as many lines as it takes.
    QCOMPARE(shown({room.add("AvgPool2d")}), QString(engine::formulaOf("AvgPool2d")->text).section('\n', 0, 0));
    QTest::qWait(20);
    QVERIFY(formula->height() >= formula->heightForWidth(formula->width()) && formula->height() > 2 * formula->fontMetrics().height());
    QVERIFY(formula->mapTo(room.inspector, QPoint(formula->width(), 0)).x() <= room.inspector->width());
  }

  void enterIsTheEndOfAField() {
    Room room;
    room.project.selection().set({room.add("Linear")});
    QSignalSpy done(room.inspector, &ui::Inspector::done);
    auto* field = room.control<ui::NumberField>("out_features");
    field->setFocus();
    auto* line = field->findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(field, "12");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(done.count(), 1);
    QTest::keyClicks(field, "x");  // wrong: it stays and says so
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(done.count(), 1);
  }

  void arithmetic_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("value");
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, double>>{
             {"1 + 2*3", 7}, {"(64 + 2*3) / 2", 35}, {"2^3^2", 512}, {"-2^2", -4}, {"10 % 4", 2}, {"1e-3*2", 0.002}, {"3 × 4 ÷ 2", 6}, {".5", 0.5}, {"--1", 1}})
      QTest::newRow(text) << QString(text) << value;
    for (const char* text : {"", "1+", "(1", "1)", "a", "1 2", "1/0", "9^9^9", "2**3", "0x10", "e5"}) QTest::newRow(text) << QString(text) << std::nan("");
    QTest::newRow("deep") << QString(150, '(') + "1" + QString(40, ')') << std::nan("");
    QTest::newRow("signs") << QString(199, '-') + "1" << std::nan("");
    QTest::newRow("long") << QString(5000, '1') << std::nan("");
  }
  void arithmetic() {
    QFETCH(QString, text);
    QFETCH(double, value);
    const auto result = ui::evaluated(text);
    QCOMPARE(result.has_value(), !std::isnan(value));
    if (result) QCOMPARE(*result, value);
  }

  // Over the name of a number: one undo step, however far; Esc, a loss of focus and a tremble leave what was.
  void aDragOverTheNameStepsTheNumber() {
    Room room;
    const NodeId linear = room.add("Linear", {{"out_features", int64_t(10)}});
    room.project.selection().set({linear});
    auto* title = room.row("out_features")->findChild<QLabel*>("title");
    const int steps = room.project.undo().count();
    const auto send = [&](QEvent::Type type, int x) {
      const bool up = type == QEvent::MouseButtonRelease;
      QMouseEvent event(type, QPointF(20 + x, 8), title->mapToGlobal(QPointF(20 + x, 8)), type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, up ? Qt::NoButton : Qt::LeftButton, {});
      QApplication::sendEvent(title, &event);
    };
    const auto value = [&] { return std::get<int64_t>(*room.given(linear, "out_features")); };
    send(QEvent::MouseButtonPress, 0);
    for (int x = 6; x <= 120; x += 6) send(QEvent::MouseMove, x);
    QCOMPARE(value(), int64_t(30));
    send(QEvent::MouseButtonRelease, 120);
    QCOMPARE(room.project.undo().count(), steps + 1);
    room.project.undo().undo();
    QCOMPARE(value(), int64_t(10));
    for (const bool byKey : {true, false}) {
      send(QEvent::MouseButtonPress, 0);
      for (int x = 6; x <= 60; x += 6) send(QEvent::MouseMove, x);
      QCOMPARE(value(), int64_t(20));
      if (byKey) QTest::keyClick(title, Qt::Key_Escape);
      else room.row("out_features")->editor().setFocusHere();
      QCOMPARE(value(), int64_t(10));
      send(QEvent::MouseButtonRelease, 60);
      QCOMPARE(value(), int64_t(10));
    }
    send(QEvent::MouseButtonPress, 0);
    send(QEvent::MouseMove, 2);
    send(QEvent::MouseButtonRelease, 2);
    QCOMPARE(value(), int64_t(10));
  }

  void whatANodeDoesNotDoIsSaidWithAWayBack() {
    Room room;
    const NodeId linear = room.add("Linear");
    bool asked = false;
    room.actions.bind("node.bypass", [&] { asked = true; });
    room.project.selection().set({linear});
    auto* state = room.inspector->findChild<QLabel*>("state");
    QVERIFY(!state->isVisible());
    room.project.edit("Bypass", [&](Transaction& t) { return t.setMode(linear, engine::Mode::bypassed); });
    QVERIFY(state->isVisible() && state->text().contains("what comes in goes out"));
    emit state->linkActivated("node.bypass");
    QVERIFY(asked);
  }

  // A row that moved away under the pointer would make the click land in another field.
  void nothingMovesWhenAFieldGetsTheFocus() {
    Room room;
    for (const char* type : {"Conv2d", "BatchNorm2d", "MaxPool2d", "Dropout", "Input"}) {
      room.project.selection().set({room.add(type)});
      QTest::qWait(1);  // texts of several lines are laid out in two turns
      const auto rows = room.rows();
      const auto places = [&] {
        QList<QRect> all;
        for (ui::FieldRow* row : rows) all << row->geometry() << row->editor().geometry();
        return all;
      };
      const auto before = places();
      QCOMPARE(room.inspector->findChild<QLineEdit*>("name")->text(), QString::fromStdString(room.project.document().nodes().back()->name));
      int hints = 0;
      for (ui::FieldRow* row : rows) {
        row->editor().setFocusHere();
        QApplication::processEvents();
        hints += row->findChild<QLabel*>("range")->isVisible();
        QCOMPARE(places(), before);
      }
      QVERIFY2(hints > 0, type);
    }
  }

  // A long name goes on in a second line: nothing is wider than the panel, and nothing is cut off.
  void longNamesOfFieldsWrap() {
    Room room;
    room.window.resize(ui::size::inspectorWidth, 800);
    room.inspector->resize(ui::size::inspectorWidth, 800);
    int wrapped = 0;
    for (const engine::OpType* op : engine::allOps()) {
      if (!*op->info.group) continue;
      room.project.selection().set({room.add(op->info.name)});
      QApplication::processEvents();
      for (ui::FieldRow* row : room.rows()) {
        const QString what = QString("%1, %2").arg(op->info.name, row->objectName());
        QVERIFY2(row->mapTo(room.inspector, QPoint(row->width(), 0)).x() <= ui::size::inspectorWidth, qPrintable(what));
        auto* name = row->findChild<QLabel*>("title");
        QVERIFY2(name->height() >= name->heightForWidth(name->width()), qPrintable(what));
        for (const QString& word : name->text().split(' '))
          QVERIFY2(name->fontMetrics().horizontalAdvance(word) <= name->width(), qPrintable(what));
        wrapped += name->heightForWidth(name->width()) > 2 * name->fontMetrics().height() - 2;
      }
    }
    QVERIFY(wrapped > 0);
  }

  void enterGoesToTheFirstFieldThatAllNodesHave() {
    Room room;
    const NodeId a = room.add("Conv2d"), b = room.add("Conv2d"), relu = room.add("ReLU");
    room.project.selection().set({a, b});
    QVERIFY(room.inspector->focusFields());
    auto* first = room.rows().first();
    QVERIFY(first->isAncestorOf(QApplication::focusWidget()));
    room.project.selection().set({a, b, relu});
    QVERIFY(!room.inspector->focusFields());  // who asked says why
  }

  void typingAFieldIsOneStepAndShapesFollowEachKey() {
    Room room;
    const NodeId input = room.add("Input", {{"shape", std::vector<int64_t>{8}}}), linear = room.add("Linear");
    room.wire(input, linear);
    room.project.selection().set({linear});
    const int before = room.project.undo().count();
    const std::string text = print(room.project.document());
    auto* field = room.control<ui::NumberField>("out_features");
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, "128");
    QCOMPARE(*room.given(linear, "out_features"), FieldValue(int64_t(128)));
    QCOMPARE(room.project.undo().count(), before + 1);
    QCOMPARE(room.follows("Output"), QString("N × 128"));
    QVERIFY(room.follows("Parameters").startsWith("1,152 = 1,024 + 128"));
    room.project.undo().undo();
    QCOMPARE(print(room.project.document()), text);
    QVERIFY(!room.given(linear, "out_features"));
  }

  void undoWhileTypingUndoesTheDocument() {
    Room room;
    const NodeId linear = room.add("Linear");
    room.project.selection().set({linear});
    QAction undo(&room.window);
    undo.setShortcut(QKeySequence::Undo);
    room.window.addAction(&undo);
    QSignalSpy triggered(&undo, &QAction::triggered);
    auto* field = room.control<ui::NumberField>("out_features");
    field->setFocus();
    QTest::keyClicks(field, "7");
    QTest::keySequence(field, QKeySequence::Undo);
    QCOMPARE(triggered.count(), 1);
    auto* name = room.inspector->findChild<QLineEdit*>("name");
    name->setFocus();
    QTest::keySequence(name, QKeySequence::Undo);
    QCOMPARE(triggered.count(), 2);
  }

  void aValueOutOfRangeIsToldAndNotTaken() {
    Room room;
    const NodeId dropout = room.add("Dropout");
    room.project.selection().set({dropout});
    const int before = room.project.undo().count();
    auto* field = room.control<ui::NumberField>("p");
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, "7");
    QVERIFY(field->isWrong());
    QVERIFY(!room.given(dropout, "p"));
    QCOMPARE(room.project.undo().count(), before);
    room.inspector->focusName();  // what was no number goes
    QVERIFY(!field->isWrong());
    QCOMPARE(field->value(), 0.5);
  }

  void steppingARealKeepsItsSize() {
    Room room;
    const NodeId dropout = room.add("Dropout", {{"p", 0.1}});
    room.project.selection().set({dropout});
    auto* field = room.control<ui::NumberField>("p");
    field->setFocus();
    QTest::keyClick(field, Qt::Key_Up);
    QCOMPARE(*room.given(dropout, "p"), FieldValue(0.2));
    QTest::keyClick(field, Qt::Key_Down);
    QTest::keyClick(field, Qt::Key_Down);
    QCOMPARE(*room.given(dropout, "p"), FieldValue(0.09));
  }

  void resetGoesBackToTheDefault() {
    Room room;
    const NodeId linear = room.add("Linear", {{"bias", false}});
    room.project.selection().set({linear});
    auto* reset = room.row("bias")->findChild<QToolButton*>("reset");
    QTRY_VERIFY(reset->isVisible());
    QTest::mouseClick(reset, Qt::LeftButton);
    QVERIFY(!room.given(linear, "bias"));
    QVERIFY(!reset->isVisible());
    QVERIFY(room.control<ui::Switch>("bias")->isChecked());
    QTest::mouseClick(room.control<ui::Switch>("bias"), Qt::LeftButton);
    QCOMPARE(*room.given(linear, "bias"), FieldValue(false));
  }

  void everyFieldOfEveryOpHasAnEditorThatShowsItsDefault() {
    for (const engine::OpType* op : engine::allOps()) {
      if (!*op->info.group) continue;
      Room room;
      const NodeId id = room.add(op->info.name);
      room.project.selection().set({id});
      for (const engine::FieldInfo& info : engine::fieldInfos(*op)) {
        QVERIFY2(room.row(info.name.c_str()), info.name.c_str());
        QVERIFY(!room.row(info.name.c_str())->editor().isWrong());
        for (QWidget* control : room.row(info.name.c_str())->editor().findChildren<QWidget*>())
          if (control->focusPolicy() != Qt::NoFocus && !qobject_cast<QLineEdit*>(control) && control->isVisible())
            QVERIFY2(!control->accessibleName().isEmpty() || control->parent()->inherits("QAbstractSpinBox") || control->parent()->inherits("QComboBox"), info.name.c_str());
      }
      QCOMPARE(room.project.undo().count(), 1);
    }
  }

  void pairsAndListsAreTyped() {
    Room room;
    const NodeId conv = room.add("Conv2d");
    room.project.selection().set({conv});
    auto* width = room.row("kernel_size")->findChildren<ui::NumberField*>()[1];
    width->setFocus();
    width->selectAll();
    QTest::keyClicks(width, "5");
    const auto pair = std::get<std::vector<int64_t>>(*room.given(conv, "kernel_size"));
    QCOMPARE(pair[1], int64_t(5));
    const NodeId input = room.add("Input");
    room.project.selection().set({input});
    auto* line = room.control<QLineEdit>("shape");
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, "3, 32, 32");
    QCOMPARE(*room.given(input, "shape"), FieldValue(std::vector<int64_t>{3, 32, 32}));
  }

  void textsAreTyped() {
    Room room;
    const NodeId input = room.add("Input");
    room.project.selection().set({input});
    const int before = room.project.undo().count();
    auto* line = room.control<QLineEdit>("axes");
    QCOMPARE(line->placeholderText(), QString("none"));
    line->setFocus();
    QTest::keyClicks(line, "channels, , width");
    QCOMPARE(*room.given(input, "axes"), FieldValue(std::string("channels, , width")));
    QCOMPARE(room.project.undo().count(), before + 1);
    room.project.undo().undo();
    QVERIFY(!room.given(input, "axes"));
    QTRY_COMPARE(line->text(), QString());
  }

  // Two Inputs call an axis the same: a click gives the second one the first one's size.
  void aSharedSizeIsMended() {
    Room room;
    room.add("Input", {{"shape", std::vector<int64_t>{5}}, {"axes", std::string("sequence")}});
    const NodeId second = room.add("Input", {{"shape", std::vector<int64_t>{7, 3}}, {"axes", std::string("sequence")}});
    room.project.selection().set({second});
    auto* fix = room.row("shape")->findChild<QPushButton*>();
    QTRY_VERIFY(fix && fix->isVisible());
    const int before = room.project.undo().count();
    QTest::mouseClick(fix, Qt::LeftButton);
    QCOMPARE(*room.given(second, "shape"), FieldValue(std::vector<int64_t>{5, 3}));
    QCOMPARE(room.project.undo().count(), before + 1);
    QTRY_VERIFY(!fix->isVisible());
  }

  void severalNodesShareTheirFields() {
    Room room;
    const NodeId a = room.add("Linear", {{"out_features", int64_t(8)}}), b = room.add("Linear", {{"out_features", int64_t(9)}});
    const NodeId relu = room.add("ReLU");
    room.project.selection().set({a, b});
    auto* field = room.control<ui::NumberField>("out_features");
    QCOMPARE(field->findChild<QLineEdit*>()->placeholderText(), QString("mixed"));
    const int before = room.project.undo().count();
    field->setFocus();
    QTest::keyClicks(field, "5");
    QCOMPARE(*room.given(a, "out_features"), FieldValue(int64_t(5)));
    QCOMPARE(*room.given(b, "out_features"), FieldValue(int64_t(5)));
    QCOMPARE(room.project.undo().count(), before + 1);
    room.project.selection().set({a, relu});
    QTRY_VERIFY(!room.row("out_features"));
  }

  void aNameIsEditedAndADoubleOneIsRefused() {
    Room room;
    const NodeId a = room.add("Linear"), b = room.add("Linear");
    room.project.selection().set({a});
    auto* name = room.inspector->findChild<QLineEdit*>("name");
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, "stem");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(room.project.document().node(a)->name, std::string("stem"));
    room.project.selection().set({b});
    const std::string former = room.project.document().node(b)->name;
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, "stem");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(room.project.document().node(b)->name, former);
    QCOMPARE(name->text(), QString::fromStdString(former));
  }

  void aFixIsOneClickAndOneStep() {
    Room room;
    const NodeId a = room.add("ReLU"), b = room.add("ReLU"), dropout = room.add("Dropout", {{"p", 0.0}});
    room.wire(a, b);
    room.project.selection().set({dropout});
    auto* fix = room.row("p")->findChild<QPushButton*>("fix");
    QVERIFY(fix);
    QTRY_VERIFY(fix->isVisible());
    const int before = room.project.undo().count();
    QTest::mouseClick(fix, Qt::LeftButton);
    QCOMPARE(*room.given(dropout, "p"), FieldValue(0.2));
    QCOMPARE(room.project.undo().count(), before + 1);
    // Removing the second ReLU joins what it was between.
    const NodeId end = room.add("Sigmoid");
    room.wire(b, end);
    const engine::Problem* problem = room.project.problemOf(b);
    QVERIFY(problem && ui::canFix(*problem));
    QVERIFY(ui::applyFix(room.project, *problem));
    QVERIFY(!room.project.document().node(b));
    QCOMPARE(room.project.document().wireInto(end, 0)->from, a);
    room.project.undo().undo();
    QCOMPARE(room.project.document().wireInto(end, 0)->from, b);
  }

  void aFixInsertsBetween() {
    Room room;
    const NodeId a = room.add("ReLU"), b = room.add("Linear");
    room.wire(a, b);
    engine::Problem problem;
    problem.node = b;
    problem.fix = "put a Flatten before it";
    problem.edits = {engine::InsertBefore{b, 0, "Flatten"}};
    QVERIFY(ui::applyFix(room.project, problem));
    const NodeId between = room.project.document().wireInto(b, 0)->from;
    QCOMPARE(room.project.document().node(between)->type, std::string("Flatten"));
    QCOMPARE(room.project.document().wireInto(between, 0)->from, a);
    QCOMPARE(room.project.undo().undoText(), QString("Put a Flatten before it"));
  }

  void anInputIsBoundToAColumn() {
    Room room;
    room.project.edit("Data", [](Transaction& t) { return t.set("data.source", "spirals"); });
    const NodeId input = room.add("Input", {{"shape", std::vector<int64_t>{2}}});
    room.project.selection().set({input});
    QTRY_VERIFY(room.row("column") && room.control<QComboBox>("column")->findText("point") > 0);
    auto* box = room.control<QComboBox>("column");
    box->setFocus();
    box->setCurrentIndex(box->findText("point"));
    emit box->activated(box->currentIndex());
    const auto* binding = room.project.document().data().binding(input);
    QVERIFY(binding);
    QCOMPARE(binding->column, std::string("point"));
    auto* mean = room.control<QLineEdit>("mean");
    mean->setFocus();
    QTest::keyClicks(mean, "0.5, 2");
    QCOMPARE(room.project.document().data().binding(input)->mean, (std::vector<double>{0.5, 2}));
    QTest::mouseClick(room.row("column")->findChild<QToolButton*>("reset"), Qt::LeftButton);
    QVERIFY(!room.project.document().data().binding(input));
  }

  void aTypeThatNobodyKnowsIsShownAndKept() {
    Room room;
    const NodeId id = room.add("Conv9d", {{"depth", int64_t(3)}});
    room.project.selection().set({id});
    QVERIFY(room.project.problemOf(id));
    QCOMPARE(room.project.document().node(id)->type, std::string("Conv9d"));
  }

  // ------------------------------------------------------------------ the list of layers ----

  void everyLayerIsListedOnceAndSearched() {
    ui::Project project;
    ui::LayerPalette palette(project);
    palette.show();
    auto* tree = palette.findChild<QTreeView*>("layer_list");
    // All ops but the ports of blocks, which stand in one; and the blocks of the library.
    size_t ops = ui::shelf().size(), rows = 0;
    QVERIFY(ops > 0);
    for (const engine::OpType* op : engine::allOps()) ops += *op->info.group && !std::string_view(op->info.name).starts_with("Block") ? 1 : 0;
    for (int g = 0; g < tree->model()->rowCount(); ++g) rows += size_t(tree->model()->rowCount(tree->model()->index(g, 0)));
    QCOMPARE(rows, ops);
    palette.focusSearch();
    auto* search = palette.findChild<QLineEdit*>();
    QSignalSpy chosen(&palette, &ui::LayerPalette::chosen);
    QTest::keyClicks(search, "cnv");
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen[0][0].toString(), QString("Conv2d"));
    QTest::keyClick(search, Qt::Key_Escape);
    QVERIFY(search->text().isEmpty());
  }

  void aDoubleClickChoosesAndADragCarriesTheName() {
    ui::Project project;
    ui::LayerPalette palette(project);
    palette.resize(208, 700);
    palette.show();
    auto* tree = palette.findChild<QTreeView*>("layer_list");
    const QModelIndex first = tree->model()->index(0, 0, tree->model()->index(0, 0));
    QSignalSpy chosen(&palette, &ui::LayerPalette::chosen);
    const QPoint at = tree->visualRect(first).center();
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen[0][0].toString(), first.data().toString());
    const std::unique_ptr<QMimeData> data(tree->model()->mimeData({first}));
    QCOMPARE(QString::fromUtf8(data->data("application/x-netwright-op")), first.data().toString());
    QVERIFY(!tree->model()->mimeData({tree->model()->index(0, 0)}));
  }

  void fewLettersFindTheNearestFirst() {
    const auto score = [](const char* pattern, const char* text) {
      const auto match = ui::fuzzyMatch(pattern, text);
      return match ? match->score : -1;
    };
    QVERIFY(score("relu", "ReLU") > score("relu", "LeakyReLU"));
    QVERIFY(score("conv", "Conv2d") > score("conv", "Deconv"));
    QVERIFY(score("bn", "BatchNorm2d") > 0);
    QCOMPARE(score("xyz", "Conv2d"), -1);
    QCOMPARE(ui::fuzzyMatch("c2", "Conv2d")->places, (QList<int>{0, 4}));
  }
};

QTEST_MAIN(InspectorTest)
#include "inspector_test.moc"
