// The window as a person has it: welcome page, menus, palette, problems, help. Every action does something or says why not.
#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTextBrowser>
#include <QToolBar>
#include <QTreeWidget>
#include <cstdlib>

#include "tests/ui/layers.h"
#include "engine/document/json.h"
#include "engine/graph/formulas.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/view.h"
#include "ui/widgets/ask_path.h"
#include "ui/palette/command_palette.h"
#include "ui/palette/layer_palette.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/main_window.h"
#include "ui/shell/message_bar.h"
#include "ui/shell/problems_panel.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"

using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using ui::MainWindow;

class ShellWindowTest : public QObject {
  Q_OBJECT

  static void show(MainWindow& window) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window);
  }
  // Ready to work in: a network with data, everything selected.
  static void prepare(MainWindow& window) {
    show(window);
    window.files().openTemplate("spirals");
    std::vector<NodeId> all;
    for (const auto& node : window.project().document().nodes()) all.push_back(node->id);
    window.project().selection().set({all[1], all[2]});
    QTest::qWait(20);
    window.actions().refresh();
  }

  QStringList unseen_;

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("shell_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
    ui::answerPaths({});
    ui::setTheme(ui::Theme::Kind::light);
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void enterOnLayersWithoutACommonFieldSaysWhy() {
    MainWindow window;
    show(window);
    const NodeId a = ui::addLayer(window.project(), "Conv2d"), b = ui::addLayer(window.project(), "ReLU");
    auto* messages = window.findChild<ui::MessageBar*>();
    auto* view = window.findChild<ui::CanvasView*>();
    view->setFocus();
    window.project().selection().set({a, b});
    window.actions().refresh();
    QTest::keyClick(view, Qt::Key_Return);
    QVERIFY(messages->textOf("fields").contains("no field in common"));
    QVERIFY(view->hasFocus());
    window.project().selection().set({a});
    QVERIFY(messages->textOf("fields").isEmpty());
  }

  void theToolBarKeepsItsMarginsInEveryTheme() {
    MainWindow window;
    prepare(window);
    auto* bar = window.findChild<QToolBar*>("toolbar");
    const auto places = [&] {
      QApplication::processEvents();
      QList<QRect> all;
      for (const QAction* action : bar->actions()) all << bar->widgetForAction(const_cast<QAction*>(action))->geometry();
      return all;
    };
    const auto before = places();
    QVERIFY(before.size() > 3);
    for (const auto kind : {ui::Theme::Kind::dark, ui::Theme::Kind::contrast, ui::Theme::Kind::light}) {
      ui::setTheme(kind);
      QCOMPARE(places(), before);
    }
  }

  void everyActionDoesSomethingOrSaysWhyNot() {
    QStringList ids;
    {
      MainWindow window;
      for (QAction* action : window.actions().all()) ids << action->objectName();
    }
    QVERIFY(ids.size() > 30);
    for (const QString& id : ids) {
      const QByteArray name = id.toLatin1();
      if (id == "file.quit") continue;  // below
      auto* window = new MainWindow;
      window->setAttribute(Qt::WA_DeleteOnClose);
      QPointer<MainWindow> alive(window);
      prepare(*window);
      int asked = 0;
      ui::answerPaths([&](const ui::PathQuestion&) {
        ++asked;
        return QString();
      });
      // Where the window is such already that the action would have nothing to do.
      if (id == "view.theme_light" || id == "view.theme_system") window->actions().trigger("view.theme_dark");
      if (id == "edit.redo") ui::addLayer(window->project(), "ReLU"), window->project().undo().undo();
      if (id == "edit.undo") ui::addLayer(window->project(), "ReLU");
      if (id == "dock.reset") window->actions().trigger("dock.layers");
      if (id.startsWith("place.network") && window->actions().isBound("place.evaluate")) window->actions().trigger("place.evaluate");
      if (id == "view.zoom_reset" && window->actions().isBound("view.zoom_in")) window->actions().trigger("view.zoom_in");
      if (id == "view.fit_all" && window->actions().isBound("view.zoom_in")) for (int i = 0; i < 3; ++i) window->actions().trigger("view.zoom_in");
      if (id == "edit.select_all") window->project().selection().clear();
      if (id.startsWith("edit.paste") && window->actions().isBound("edit.copy")) window->actions().trigger("edit.copy");
      if (id == "edit.copy") QApplication::clipboard()->clear();
      QTest::qWait(30);
      window->actions().refresh();
      QAction* action = window->actions()[name];
      if (!action->isEnabled()) {
        QVERIFY2(!action->property("whyNot").toString().isEmpty(), name);
        QVERIFY2(action->toolTip().contains(action->property("whyNot").toString().toHtmlEscaped()), name);
        window->close();
        continue;
      }
      const QImage before = window->grab().toImage();
      const QString clipboard = QApplication::clipboard()->text();
      const int windows = int(QApplication::topLevelWidgets().size());
      const auto state = window->training().state();
      const QWidget* focus = QApplication::focusWidget();
      const auto selected = window->project().selection().nodes();
      const std::string document = print(window->project().document());
      action->trigger();
      QTest::qWait(30);
      QTRY_VERIFY2(!alive || !alive->isVisible() || asked || QApplication::clipboard()->text() != clipboard || int(QApplication::topLevelWidgets().size()) != windows ||
                       window->training().state() != state || QApplication::focusWidget() != focus || window->project().selection().nodes() != selected ||
                       print(window->project().document()) != document || window->grab().toImage() != before ||
                       (id == "view.reduced_motion" && !window->isAnimated()),
                   name);
      for (QWidget* widget : QApplication::topLevelWidgets())
        if (qobject_cast<MainWindow*>(widget)) widget->close();
      QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
      cleanup();
    }
  }

  void menusHoldWhatIsBoundAndShortcutsAreUnique() {
    MainWindow window;
    QHash<QString, QString> keys;
    for (QAction* action : window.actions().all()) {
      QVERIFY2(!action->statusTip().isEmpty(), qPrintable(action->objectName()));
      for (const QKeySequence& key : action->shortcuts()) {
        QVERIFY2(!keys.contains(key.toString()), qPrintable(key.toString() + " " + action->objectName()));
        keys[key.toString()] = action->objectName();
      }
    }
    QSet<QAction*> inMenus;
    for (QAction* menu : window.menuBar()->actions())
      for (QAction* action : menu->menu()->actions()) inMenus << action;
    for (QAction* action : window.actions().all()) QVERIFY2(inMenus.contains(action), qPrintable(action->objectName()));
  }

  void whatTakesTheFocusHasAName() {
    MainWindow window;
    prepare(window);
    const auto check = [&] {
      for (QWidget* widget : window.findChildren<QWidget*>()) {
        if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->focusProxy() || qobject_cast<QScrollArea*>(widget)) continue;
        if (qobject_cast<QLineEdit*>(widget) && widget->parentWidget()->inherits("QAbstractSpinBox")) continue;
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const auto* tabs = qobject_cast<QTabBar*>(widget);
        QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()) || tabs,
                 qPrintable(QString("%1 %2 in %3").arg(widget->metaObject()->className(), widget->objectName(), widget->parentWidget()->objectName())));
      }
    };
    check();
    window.project().selection().set({window.project().document().nodes()[1]->id});
    QTest::qWait(20);
    check();
    window.project().selection().clear();
    QTest::qWait(20);
    check();
    window.showWelcome(true);
    QTest::qWait(20);
    check();
  }

  void aPanelBehindAnotherComesForward() {
    ui::MainWindow window;
    window.resize(1440, 900);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.files().openTemplate("xor");
    const auto inSight = [&](const char* name) { return !window.findChild<QDockWidget*>(name)->visibleRegion().isEmpty(); };
    const auto press = [&](const char* action) {
      QCoreApplication::processEvents();
      window.actions().refresh();
      window.actions().trigger(action);
      QCoreApplication::processEvents();
    };
    QTRY_VERIFY(inSight("dock.charts") && !inSight("dock.log"));
    press("dock.log");
    QTRY_VERIFY(inSight("dock.log") && !inSight("dock.charts"));
    press("dock.charts");
    QTRY_VERIFY(inSight("dock.charts"));
    QVERIFY(!window.findChild<QDockWidget*>("dock.log")->isHidden());
    press("dock.charts");
    QTRY_VERIFY(window.findChild<QDockWidget*>("dock.charts")->isHidden());
    press("dock.charts");
    QTRY_VERIFY(inSight("dock.charts"));
  }

  // Two windows beside each other on a screen of 1920.
  void aNarrowWindowHidesNothing() {
    MainWindow window;
    show(window);
    window.resize(960, 800);
    window.showWelcome(true);
    auto* scroll = window.findChild<QWidget*>("welcome")->findChild<QScrollArea*>();
    QTRY_COMPARE(scroll->viewport()->width() > 900, true);
    QTRY_COMPARE(scroll->horizontalScrollBar()->maximum(), 0);
    for (const int wide : {960, 1100, 1280, 1339, 1340, 1440})
      for (const int high : {560, 1000}) {  // with and without a bar at the right
        window.resize(wide, high);
        QTest::qWait(20);
        QVERIFY2(scroll->horizontalScrollBar()->maximum() == 0, qPrintable(QString("%1 x %2").arg(wide).arg(high)));
      }
    window.resize(960, 800);
    window.files().openTemplate("spirals");
    auto* bar = window.findChild<QToolBar*>("toolbar");
    QTRY_VERIFY(bar->isVisible());
    const auto* more = bar->findChild<QWidget*>("qt_toolbar_ext_button");
    QVERIFY(more);
    QTRY_VERIFY2(!more->isVisible(), qPrintable(QString("the bar needs %1").arg(bar->sizeHint().width())));
    for (const char* name : {"toolbar.profile", "toolbar.previews"}) QVERIFY(window.findChild<QWidget*>(name)->isVisible());
  }

  void enterPressesTheButtonInFocus() {
    MainWindow window;
    show(window);
    window.showWelcome(true);
    auto* train = qobject_cast<QPushButton*>(QApplication::focusWidget());
    QVERIFY(train);
    QTest::keyClick(train, Qt::Key_Return);
    QVERIFY(!window.project().document().nodes().empty());
    window.training().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.training().isActive(), 60000);
  }

  void theWelcomePageOpensTemplatesAndTrains() {
    MainWindow window;
    show(window);
    window.showWelcome(true);
    QTRY_VERIFY(window.findChild<QAbstractButton*>("template.spirals")->isVisible());
    for (QDockWidget* dock : window.findChildren<QDockWidget*>()) QVERIFY(!dock->isVisible());
    QVERIFY(!window.actions()["edit.select_all"]->isEnabled() || !window.actions().isBound("edit.select_all"));
    QCOMPARE(window.windowTitle(), QString("Netwright"));
    QTest::mouseClick(window.findChild<QAbstractButton*>("template.spirals"), Qt::LeftButton);
    QVERIFY(!window.isWelcome());
    QCOMPARE(window.project().title(), QString("spirals"));
    for (const char* name : {"dock.layers", "dock.inspector", "dock.problems"}) QTRY_VERIFY(!window.findChild<QDockWidget*>(name)->isHidden());
    QVERIFY(window.training().whyNotStart().isEmpty());
  }

  void whatWasKeptIsAStripWithTwoAnswers() {
    {
      MainWindow window;
      ui::addLayer(window.project(), "Linear");
      window.close();
    }
    MainWindow window;
    show(window);
    window.showWelcome(true);
    auto* restore = window.findChild<QPushButton*>("restore");
    QVERIFY(restore);
    restore->click();
    QTRY_VERIFY(!window.isWelcome());
    QCOMPARE(window.project().document().nodes().size(), size_t(1));
    QVERIFY(window.isWindowModified());
  }

  void problemsAreListedShownAndMended() {
    MainWindow window;
    show(window);
    ui::Project& project = window.project();
    const NodeId dropout = ui::addLayer(project, "Dropout", {{"p", 0.0}});
    auto* panel = window.findChild<ui::ProblemsPanel*>("problems");
    auto* list = panel->findChild<QTreeWidget*>("problem_list");
    QVERIFY(panel->hints() >= 1);
    QTreeWidgetItem* row = nullptr;
    for (int i = 0; i < list->topLevelItemCount(); ++i)
      if (list->topLevelItem(i)->data(0, Qt::UserRole).toULongLong() == dropout && list->itemWidget(list->topLevelItem(i), 2)) row = list->topLevelItem(i);
    QVERIFY(row);
    QVERIFY(row->sizeHint(0).width() > QFontMetrics(row->font(0)).horizontalAdvance(row->text(0)));  // whose problem it is can be read
    project.selection().clear();
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(row).center());
    QCOMPARE(project.selection().current(), dropout);
    const int steps = project.undo().count();
    static_cast<QPushButton*>(list->itemWidget(row, 2))->click();
    QCOMPARE(*engine::document::find(project.document().node(dropout)->fields, "p"), engine::FieldValue(0.2));
    QCOMPARE(project.undo().count(), steps + 1);
    QVERIFY(window.findChild<QPushButton*>("status.problems")->text().contains("No problems") || panel->problems() > 0);
  }

  void theStatusBarCountsAndForecasts() {
    MainWindow window;
    prepare(window);
    QCOMPARE(window.findChild<QLabel*>("status.parameters")->text(), QString("4,482 parameters"));
    QTRY_VERIFY(window.findChild<QLabel*>("status.memory")->text().contains("iB of"));
  }

  void theCommandPaletteDoesAddsAndFinds() {
    MainWindow window;
    prepare(window);
    auto* palette = window.findChild<ui::CommandPalette*>("command_palette");
    auto* search = palette->findChild<QLineEdit*>("command_search");
    window.actions().trigger("edit.everything");
    QVERIFY(palette->isVisible());
    QVERIFY(search->hasFocus());
    QTest::keyClicks(search, "dark");
    QTest::keyClick(search, Qt::Key_Return);
    QVERIFY(!palette->isVisible());
    QVERIFY(ui::theme().kind == ui::Theme::Kind::dark);
    window.actions().trigger("edit.find");
    QTest::keyClicks(search, "second_tanh");
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(window.project().document().node(window.project().selection().current())->name, std::string("second_tanh"));
    window.actions().trigger("edit.everything");
    QTest::keyClick(search, Qt::Key_Escape);
    QVERIFY(!palette->isVisible());
    QSignalSpy layer(palette, &ui::CommandPalette::layerWanted);
    window.actions().trigger("edit.everything");
    QTest::keyClicks(search, "add conv2d");
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(layer.count(), 1);
    QCOMPARE(layer[0][0].toString(), QString("Conv2d"));
  }

  void aChosenLayerComesToTheCanvas() {
    MainWindow window;
    prepare(window);
    const size_t before = window.project().document().nodes().size();
    emit window.layers().chosen("ReLU");
    QCOMPARE(window.project().document().nodes().size(), before + 1);
    window.project().undo().undo();
    QCOMPARE(window.project().document().nodes().size(), before);
  }

  void helpTellsKeysFieldsAndVersion() {
    MainWindow window;
    prepare(window);
    auto* help = window.findChild<ui::HelpSheet*>("help_sheet");
    window.actions().trigger("help.keys");
    QVERIFY(help->isVisible());
    QVERIFY(help->plainText().contains("Ctrl+K"));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QVERIFY(!help->isVisible());
    window.project().selection().set({window.project().document().nodes()[1]->id});
    window.actions().refresh();
    window.actions().trigger("help.node");
    QVERIFY(help->plainText().contains("out_features"));
    QVERIFY(help->plainText().contains("N × 2"));
    window.actions().trigger("help.about");
    QVERIFY(help->plainText().contains("General Public License"));
  }

  // What a layer computes and what others call it, whatever it is; of a block, what is in it.
  void helpOfALayerHasItsFormulaAndItsNames() {
    MainWindow window;
    prepare(window);
    auto* help = window.findChild<ui::HelpSheet*>("help_sheet");
    const auto textOf = [&](const char* type) {
      const NodeId id = engine::findOp(type) ? ui::addLayer(window.project(), type) : ui::addBlock(window.project(), type);
      window.project().selection().set({id});
      window.actions().refresh();
      window.actions().trigger("help.node");
      const QString text = help->plainText();
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
      return text;
    };
    const size_t before = window.project().document().nodes().size();
    const QString linear = textOf("Linear");
    QVERIFY2(linear.contains("Formula\ny = x Wᵀ + b\nW: weight"), qPrintable(linear));
    QVERIFY2(linear.contains("PyTorch: nn.Linear") && linear.contains("ONNX: Gemm; or Transpose, MatMul, Add"), qPrintable(linear));
    QVERIFY2(linear.indexOf("weighted sum") < linear.indexOf("Formula") && linear.indexOf("Formula") < linear.indexOf("Takes"), qPrintable(linear));
    const QString lstm = textOf("LSTM");
    for (const QString& line : QString(engine::formulaOf("LSTM")->text).split('\n')) QVERIFY2(lstm.contains("\n" + line + "\n"), qPrintable(line + " in " + lstm));
    QVERIFY2(textOf("ScaledDotProductAttention").contains("PyTorch: F.scaled_dot_product_attention"), "");
    const QString loss = textOf("MSELoss");  // is in no file of ONNX
    QVERIFY2(loss.contains("mean((prediction − target)²)") && loss.contains("PyTorch: nn.MSELoss") && !loss.contains("ONNX"), qPrintable(loss));
    const QString note = textOf("Note");
    QVERIFY2(!note.contains("Formula") && !note.contains("PyTorch") && note.contains("In files: Note"), qPrintable(note));
    const QString block = textOf("ConvNormAct");
    QVERIFY2(!block.contains("Formula") && block.contains("A block of 3 layers: Convolution 2d, Batch norm (2d), ReLU."), qPrintable(block));
    QCOMPARE(window.project().document().nodes().size(), before + 6);  // help edits nothing
    auto* page = help->findChild<QTextBrowser*>();
    QVERIFY(page->textInteractionFlags() & Qt::TextSelectableByMouse);
  }

  void f6GoesFromPanelToPanelAndBack() {
    MainWindow window;
    prepare(window);
    QSet<QWidget*> panels;
    for (int i = 0; i < 8; ++i) {
      window.actions().trigger("dock.next");
      for (QWidget* w = QApplication::focusWidget(); w; w = w->parentWidget())
        if (qobject_cast<QDockWidget*>(w) || w->objectName() == "places") {
          panels << w;
          break;
        }
    }
    QVERIFY(panels.size() >= 3);
  }

  // Who comes back from another place finds window and panels as they were, strips or not.
  void anotherPlaceLeavesThePanelsAsTheyWere() {
    MainWindow window;
    prepare(window);
    window.resize(1440, 900);
    auto* layers = window.findChild<QDockWidget*>("dock.layers");
    window.resizeDocks({layers}, {230}, Qt::Horizontal);
    const QString text = tr("A long sentence about something that went wrong, where it went wrong, and what a person can do about it now. ").repeated(3);
    for (const char* key : {"one", "two"}) window.messages().show(key, ui::MessageBar::Tone::problem, text, {{tr("Do something about it"), [] {}}});
    QTest::qWait(50);
    const QSize size = window.size();
    const auto panels = [&] {
      QStringList said;
      for (QDockWidget* dock : window.findChildren<QDockWidget*>())
        said << QStringLiteral("%1 %2 %3x%4").arg(dock->objectName()).arg(dock->isHidden()).arg(dock->isVisible() ? dock->width() : 0).arg(dock->isVisible() ? dock->height() : 0);
      return said;
    };
    const QStringList before = panels();
    auto* pages = window.findChild<QStackedWidget*>("places");
    pages->widget(1)->setMinimumSize(900, 620);  // as large as a judgement with its pictures may be
    for (int i = 0; i < 2; ++i) {
      window.actions().trigger("place.evaluate");
      QTest::qWait(50);
      QVERIFY(!layers->isVisible());
      window.actions().trigger("place.network");
      QTest::qWait(50);
      QCOMPARE(window.size(), size);
      QCOMPARE(panels(), before);
    }
  }

  // Speed, loss and steps are those of a run; another project has had none.
  void anotherProjectHasNoSpeed() {
    MainWindow window;
    prepare(window);
    window.project().edit("Recipe", [&](Transaction& t) {  // a run that does not end by itself
      auto recipe = t.view().recipe();
      recipe.phases[0].epochs = 1000000;
      return t.setRecipe(std::move(recipe));
    });
    window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().pace().samplesPerSecond() > 0, 60000);
    window.files().openTemplate("xor");
    QTRY_VERIFY(!window.training().isActive());
    QCOMPARE(window.training().pace().samplesPerSecond(), 0.0);
  }

  void panelsAreRememberedAndReset() {
    {
      MainWindow window;
      prepare(window);
      window.actions().trigger("dock.layers");
      QVERIFY(!window.findChild<QDockWidget*>("dock.layers")->isVisible());
      window.close();
    }
    MainWindow window;
    prepare(window);
    QVERIFY(!window.findChild<QDockWidget*>("dock.layers")->isVisible());
    window.actions().trigger("dock.reset");
    QTRY_VERIFY(window.findChild<QDockWidget*>("dock.layers")->isVisible());
  }

  // Sizes, what is shown, what stands in front, and the theme, after the program has ended and begun again.
  void theNextStartFindsTheWindowAsItWasLeft() {
    QSize size;
    int layersWide = 0, chartsHigh = 0;
    {
      MainWindow window;
      show(window);
      window.resize(1180, 760);
      window.files().openTemplate("spirals");
      QTest::qWait(50);
      auto* layers = window.findChild<QDockWidget*>("dock.layers");
      auto* charts = window.findChild<QDockWidget*>("dock.charts");
      window.resizeDocks({layers}, {layers->width() + 37}, Qt::Horizontal);
      window.resizeDocks({charts}, {charts->height() - 40}, Qt::Vertical);
      window.actions().trigger("dock.inspector");
      window.actions().trigger("dock.log");
      window.actions().trigger("view.theme_dark");
      QTest::qWait(50);
      size = window.size();
      layersWide = layers->width();
      chartsHigh = window.findChild<QDockWidget*>("dock.log")->height();
      window.close();
    }
    ui::setTheme(ui::Theme::Kind::light);  // as a program begins
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.showWelcome(true);  // as the program does: the panels come back with the project
    window.files().openTemplate("spirals");
    QTest::qWait(50);
    QCOMPARE(window.size(), size);
    QCOMPARE(window.findChild<QDockWidget*>("dock.layers")->width(), layersWide);
    QCOMPARE(window.findChild<QDockWidget*>("dock.log")->height(), chartsHigh);
    QVERIFY(window.findChild<QDockWidget*>("dock.inspector")->isHidden());
    QVERIFY(!window.findChild<QDockWidget*>("dock.log")->visibleRegion().isEmpty());
    QVERIFY(window.findChild<QDockWidget*>("dock.charts")->visibleRegion().isEmpty());
    QVERIFY(ui::theme().kind == ui::Theme::Kind::dark);
  }

  // Nothing needs the mouse: what has no key is found by its name, and says what it does.
  void everyActionIsFoundByItsName() {
    MainWindow window;
    prepare(window);
    auto* palette = window.findChild<ui::CommandPalette*>("command_palette");
    auto* search = palette->findChild<QLineEdit*>("command_search");
    auto* list = palette->findChild<QListView*>();
    int asked = 0;
    for (const QAction* action : window.actions().all()) {
      if (action->objectName() == "edit.everything") continue;
      window.actions().trigger("edit.everything");
      const QString name = QString(action->text()).remove('&').remove("...");
      QVERIFY2(!name.isEmpty(), qPrintable(action->objectName()));
      search->setText(name);
      bool found = false;
      for (int row = 0; row < list->model()->rowCount(); ++row) found = found || list->model()->index(row, 0).data().toString().contains(name);
      QVERIFY2(found, qPrintable(action->objectName()));
      QTest::keyClick(search, Qt::Key_Escape);
      ++asked;
    }
    QVERIFY(asked > 40);
  }

  // Whatever takes the focus looks different while it has it, in every theme: by more than a blinking cursor.
  void theFocusIsSeenEverywhere() {
    constexpr int kFewestPixels = 24, kDifferent = 24, kAround = 3;
    MainWindow window;
    prepare(window);
    window.resize(1440, 900);
    int seen = 0;
    const auto check = [&](const char* place) {
      QTest::qWait(60);
      for (QWidget* widget : window.findChildren<QWidget*>()) {
        if (!(widget->focusPolicy() & Qt::TabFocus) || !widget->isVisible() || !widget->isEnabled() || widget->focusProxy() || widget->visibleRegion().isEmpty()) continue;
        if (qobject_cast<QLineEdit*>(widget) && widget->parentWidget()->inherits("QAbstractSpinBox")) continue;
        if (qobject_cast<QScrollArea*>(widget) || widget->inherits("QTextBrowser")) continue;  // pages that only scroll
        const QRect where = QRect(widget->mapTo(&window, QPoint()), widget->size()).adjusted(-kAround, -kAround, kAround, kAround) & window.rect();
        const QString name = QString("%1: %2 %3 in %4, theme %5").arg(place, widget->metaObject()->className(), widget->objectName(), widget->parentWidget()->objectName()).arg(int(ui::theme().kind));
        if (QWidget* now = QApplication::focusWidget()) now->clearFocus();
        QApplication::processEvents();
        const QImage without = window.grab(where).toImage();
        widget->setFocus(Qt::TabFocusReason);
        if (!widget->isVisible() || QApplication::focusWidget() != widget) continue;
        if (qobject_cast<QAbstractItemView*>(widget)) QTest::keyClick(widget, Qt::Key_Down);  // a list shows it by its row
        QApplication::processEvents();
        const QImage with = window.grab(where).toImage();
        QCOMPARE(with.size(), without.size());
        int different = 0;
        for (int y = 0; y < with.height(); ++y)
          for (int x = 0; x < with.width(); ++x) {
            const QColor a = with.pixelColor(x, y), b = without.pixelColor(x, y);
            if (std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()) > kDifferent) ++different;
          }
        if (different < kFewestPixels) qWarning("%s: %d pixels", qPrintable(name), different), unseen_ << name;
        ++seen;
      }
    };
    for (const auto kind : {ui::Theme::Kind::light, ui::Theme::Kind::dark, ui::Theme::Kind::contrast}) {
      ui::setTheme(kind);
      window.project().selection().clear();
      check("recipe");
      window.project().selection().set({window.project().document().nodes()[1]->id});
      for (const char* dock : {"dock.problems", "dock.log", "dock.profile", "dock.charts"}) {
        window.findChild<QDockWidget*>(dock)->raise();
        check(dock);
      }
      window.messages().show("one", ui::MessageBar::Tone::problem, "Something happened", {{"Mend it", [] {}}});
      check("strip");
      window.messages().remove("one");
      window.actions().trigger("place.evaluate");
      check("evaluate");
      window.actions().trigger("place.network");
      window.showWelcome(true);
      check("welcome");
      window.showWelcome(false);
    }
    QVERIFY(seen > 150);
    QVERIFY2(unseen_.isEmpty(), qPrintable(unseen_.join("\n")));
  }

  // Whoever closes the window in the middle of a word has typed it.
  void whatIsBeingTypedIsAnEditWhenTheWindowCloses() {
    MainWindow window;
    window.files().openTemplate("xor");
    show(window);
    const engine::NodeId node = window.project().document().nodes()[1]->id;
    window.project().selection().set({node});
    QApplication::processEvents();
    auto* name = window.findChild<QLineEdit*>("name");
    QVERIFY(name && name->isVisible());
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, "typed");
    QVERIFY(window.project().document().node(node)->name != "typed");
    window.close();
    QCOMPARE(QString::fromStdString(window.project().document().node(node)->name), QString("typed"));
    QCOMPARE(window.project().undo().count(), 1);
  }

  void theTitleTellsWhatIsNotSaved() {
    MainWindow window;
    prepare(window);
    QCOMPARE(window.windowTitle(), QString("spirals[*] - Netwright"));
    QVERIFY(!window.isWindowModified());
    ui::addLayer(window.project(), "ReLU");
    QVERIFY(window.isWindowModified());
  }
};

QTEST_MAIN(ShellWindowTest)
#include "shell_window_test.moc"
