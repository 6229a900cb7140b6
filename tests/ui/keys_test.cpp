// Keys of actions: the table gives each to one action only, a person gives them to others, and every window follows at once, and
// the next start too.
#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>
#include <QTreeWidget>
#include <memory>

#include "tests/ui/layers.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/view.h"
#include "ui/palette/command_palette.h"
#include "ui/palette/layer_palette.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/key_book.h"
#include "ui/shell/keys_sheet.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"
#include "ui/widgets/key_field.h"

using engine::NodeId;
using ui::MainWindow;

namespace {

QKeySequence key(const char* text) { return QKeySequence(QString(text), QKeySequence::PortableText); }

QList<QKeySequence> keysOf(MainWindow& window, const char* id) { return window.actions()[id]->shortcuts(); }

// The page on a window, as a hand has it.
class Page {
 public:
  explicit Page(MainWindow& window) : window_(window) {
    window.actions().trigger("edit.keys");
    sheet_ = window.findChild<ui::KeysSheet*>("keys_sheet");
    list_ = sheet_->findChild<QTreeWidget*>("keys_list");
  }
  ui::KeysSheet& sheet() { return *sheet_; }
  QTreeWidget& list() { return *list_; }
  QString said() const { return sheet_->findChild<QLabel*>("keys_said")->text(); }
  QPushButton& button(const char* name) { return *sheet_->findChild<QPushButton*>(name); }
  QTreeWidgetItem* row(const char* id, int index = 0) {
    for (int i = 0; i < list_->topLevelItemCount(); ++i) {
      QTreeWidgetItem* item = list_->topLevelItem(i);
      if (item->data(0, Qt::UserRole).toString() == id && item->data(0, Qt::UserRole + 1).toInt() == index) return item;
    }
    return nullptr;
  }
  void select(const char* id, int index = 0) {
    list_->scrollToItem(row(id, index));
    QTest::mouseClick(list_->viewport(), Qt::LeftButton, {}, list_->visualItemRect(row(id, index)).center());
    QCoreApplication::processEvents();
  }
  void click(const char* name) {
    QTest::mouseClick(&button(name), Qt::LeftButton);
    QCoreApplication::processEvents();
  }
  // Into what has the focus, as a keyboard does.
  void press(int which, Qt::KeyboardModifiers with = {}) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key(which), with);
    QCoreApplication::processEvents();
  }
  bool typing() const { return qobject_cast<ui::KeyField*>(QApplication::focusWidget()); }
  bool asks() { return button("keys_take").isVisible(); }

 private:
  MainWindow& window_;
  ui::KeysSheet* sheet_;
  QTreeWidget* list_;
};

}  // namespace

class KeysTest : public QObject {
  Q_OBJECT

  static void show(MainWindow& window) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window);
  }
  // A network with its first layer chosen, and the canvas in focus.
  static NodeId prepare(MainWindow& window) {
    show(window);
    const NodeId id = ui::addLayer(window.project(), "ReLU");
    window.project().selection().set({id});
    window.canvas().view().setFocus();
    window.actions().refresh();
    return id;
  }
  static bool isBypassed(MainWindow& window) { return window.project().document().nodes()[0]->mode == engine::Mode::bypassed; }
  static void write(const QString& id, const QVariant& value) { QSettings().setValue("keys/" + id, value); }

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("keys_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  // ----------------------------------------------------------------------- the table ----

  // The canvas is within the window: a key of the window is a key there too, so each is one action's in all.
  void theTableGivesAKeyToOneActionOnly() {
    QHash<QKeySequence, QString> holders;
    QSet<QString> ids;
    for (const ui::ActionInfo& info : ui::actionTable()) {
      if (info.id[0] == '-') continue;
      QVERIFY2(!ids.contains(info.id), info.id);
      ids << info.id;
      for (const QKeySequence& each : ui::defaultKeys(info)) {
        QVERIFY2(!each.isEmpty() && each.count() == 1 && each[0].key() != Qt::Key_unknown, info.id);
        QVERIFY2(!holders.contains(each), qPrintable(QString("%1: %2 and %3").arg(each.toString(), holders.value(each), info.id)));
        holders[each] = info.id;
        // Only the space bar is read by the canvas and stands in the table too.
        QVERIFY2(ui::whyNotKey(each).isEmpty() || each == key("Space"), info.id);
      }
    }
    QVERIFY(holders.size() > 60);
  }

  void theWindowBindsEveryRowAndHasItsKeysOnceAPlace() {
    MainWindow window;
    show(window);
    for (const ui::ActionInfo& info : ui::actionTable()) {
      if (info.id[0] == '-') continue;
      QVERIFY2(window.actions().isBound(info.id) || !window.actions()[info.id]->isVisible(), info.id);
      const QAction* action = window.actions()[info.id];
      QCOMPARE(action->shortcuts(), ui::defaultKeys(info));
      // One place each: the window, or the canvas alone.
      const bool ofWindow = action->associatedObjects().contains(&window), ofCanvas = action->associatedObjects().contains(&window.canvas());
      QVERIFY2(ofWindow != ofCanvas, info.id);
      QCOMPARE(action->shortcutContext(), ofCanvas ? Qt::WidgetWithChildrenShortcut : Qt::WindowShortcut);
    }
  }

  void noMnemonicOfAMenuIsAnActionsKey() {
    MainWindow window;
    for (const QAction* menu : window.menuBar()->actions()) {
      const QKeySequence letter = QKeySequence::mnemonic(menu->text());
      QVERIFY2(!letter.isEmpty(), qPrintable(menu->text()));
      QVERIFY2(!ui::whyNotKey(letter).isEmpty(), qPrintable(letter.toString()));
    }
  }

  // ------------------------------------------------------------------------ the page ----

  void aKeyIsChangedAndAllFollow() {
    MainWindow window, other;
    show(other);
    prepare(window);
    Page page(window);
    QVERIFY(page.sheet().isVisible());
    QVERIFY(page.sheet().isAncestorOf(QApplication::focusWidget()));
    page.select("node.bypass");
    page.click("keys_change");
    QVERIFY(page.typing());
    page.press(Qt::Key_J, Qt::ControlModifier);
    QVERIFY(!page.typing());
    QVERIFY2(page.said().contains("Bypass") && page.said().contains("Ctrl+J"), qPrintable(page.said()));
    QCOMPARE(page.row("node.bypass")->text(1), QString("Ctrl+J"));
    QVERIFY(page.row("node.bypass")->text(2).contains("Ctrl+B"));
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+J")});
    QCOMPARE(keysOf(other, "node.bypass"), QList{key("Ctrl+J")});
    QCOMPARE(QSettings().value("keys/node.bypass").toString(), QString("Ctrl+J"));
    QVERIFY(window.actions()["node.bypass"]->toolTip().contains("Ctrl+J"));
    page.press(Qt::Key_Escape);
    QVERIFY(!page.sheet().isVisible());
    QCOMPARE(QApplication::focusWidget(), &window.canvas().view());
    // The new key does it, as one step; the old one does nothing.
    const int steps = window.project().undo().count();
    QTest::keyClick(&window.canvas().view(), Qt::Key_B, Qt::ControlModifier);
    QVERIFY(!isBypassed(window));
    QCOMPARE(window.project().undo().count(), steps);
    QTest::keyClick(&window.canvas().view(), Qt::Key_J, Qt::ControlModifier);
    QVERIFY(isBypassed(window));
    QCOMPARE(window.project().undo().count(), steps + 1);
    // The cheat sheet and Ctrl+K have it.
    auto* help = window.findChild<ui::HelpSheet*>("help_sheet");
    window.actions().trigger("help.keys");
    QVERIFY(help->plainText().contains("Ctrl+J") && !help->plainText().contains("Ctrl+B\n"));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    window.actions().trigger("edit.everything");
    auto* palette = window.findChild<ui::CommandPalette*>("command_palette");
    palette->findChild<QLineEdit*>("command_search")->setText("help keys");  // by its menu
    QCOMPARE(palette->findChild<QListView*>()->model()->index(0, 0).data().toString(), QString("Keys"));
    palette->findChild<QLineEdit*>("command_search")->setText("Bypass");
    const QModelIndex first = palette->findChild<QListView*>()->model()->index(0, 0);
    bool found = false;
    for (int role = Qt::UserRole; role < Qt::UserRole + 10; ++role) found = found || first.data(role).toString() == "Ctrl+J";
    QVERIFY(found);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  }

  void theNextWindowHasTheKeyToo() {
    {
      MainWindow window;
      prepare(window);
      Page page(window);
      page.select("node.bypass");
      page.press(Qt::Key_Return);
      QVERIFY(page.typing());
      page.press(Qt::Key_F9);
    }
    MainWindow window;
    prepare(window);
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("F9")});
    QTest::keyClick(&window.canvas().view(), Qt::Key_F9);
    QVERIFY(isBypassed(window));
  }

  void aConflictIsNamedAndRefused() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.mute");
    QTest::mouseDClick(page.list().viewport(), Qt::LeftButton, {}, page.list().visualItemRect(page.row("node.mute")).center());
    QVERIFY(page.typing());
    page.press(Qt::Key_B, Qt::ControlModifier);
    QVERIFY(page.asks());
    QVERIFY2(page.said().contains("Ctrl+B is that of") && page.said().contains("Bypass"), qPrintable(page.said()));
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+M")});
    page.click("keys_cancel");
    QVERIFY(!page.asks());
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+M")});
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    QVERIFY(!QSettings().contains("keys/node.mute"));
    // Esc refuses as well, and leaves the page where it is.
    page.press(Qt::Key_Return);
    page.press(Qt::Key_B, Qt::ControlModifier);
    QVERIFY(page.asks());
    page.press(Qt::Key_Escape);
    QVERIFY(!page.asks() && page.sheet().isVisible());
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+M")});
  }

  void aConflictIsTaken() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.mute");
    page.click("keys_change");
    page.press(Qt::Key_B, Qt::ControlModifier);
    QVERIFY(page.asks());
    page.press(Qt::Key_Return);  // the button in focus
    QVERIFY(!page.asks());
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+B")});
    QVERIFY(keysOf(window, "node.bypass").isEmpty());
    QVERIFY2(page.said().contains("Bypass") && page.said().contains("no key"), qPrintable(page.said()));
    page.press(Qt::Key_Escape);
    QTest::keyClick(&window.canvas().view(), Qt::Key_B, Qt::ControlModifier);
    QCOMPARE(window.project().document().nodes()[0]->mode, engine::Mode::muted);
    // Back: the key comes from where it was taken to, and that is asked too.
    Page again(window);
    again.select("node.bypass");
    again.click("keys_back");
    QVERIFY(again.asks());
    QVERIFY2(again.said().contains("Mute"), qPrintable(again.said()));
    again.click("keys_take");
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    QVERIFY(keysOf(window, "node.mute").isEmpty());
    again.select("node.mute");
    again.click("keys_back");
    QVERIFY(!again.asks());
    QCOMPARE(ui::keyBook(), [] {
      ui::KeyBook book;
      for (const ui::ActionInfo& info : ui::actionTable())
        if (info.id[0] != '-') book[info.id] = ui::defaultKeys(info);
      return book;
    }());
    QVERIFY(QSettings().allKeys().filter("keys/").isEmpty());
  }

  void escapeCancelsAndBackspaceRemoves() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.bypass");
    page.click("keys_change");
    page.press(Qt::Key_Escape);
    QVERIFY(!page.typing() && page.sheet().isVisible());
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    page.press(Qt::Key_Return);
    page.press(Qt::Key_Backspace);
    QVERIFY(!page.typing());
    QVERIFY(keysOf(window, "node.bypass").isEmpty());
    QCOMPARE(QSettings().value("keys/node.bypass").toString(), QString());
    QVERIFY(QSettings().contains("keys/node.bypass"));
    // A click elsewhere ends it too, without a change, and chooses what was clicked on.
    page.select("node.mute");
    page.click("keys_change");
    QVERIFY(page.typing());
    page.select("node.freeze");
    QVERIFY(!page.typing());
    QCOMPARE(page.list().currentItem(), page.row("node.freeze"));
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+M")});
  }

  void anActionHasSeveralKeys() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.bypass");
    page.click("keys_another");
    QVERIFY(page.typing());
    page.press(Qt::Key_Escape);
    QVERIFY(!page.row("node.bypass", 1));
    page.click("keys_another");
    page.press(Qt::Key_Backspace);  // there was none yet
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    page.click("keys_another");
    page.press(Qt::Key_B);
    QCOMPARE(keysOf(window, "node.bypass"), (QList{key("Ctrl+B"), key("B")}));
    QVERIFY(page.row("node.bypass", 1));
    page.click("keys_another");
    page.press(Qt::Key_B);
    QVERIFY2(page.said().contains("already"), qPrintable(page.said()));
    page.press(Qt::Key_Escape);
    page.select("node.bypass", 0);
    page.click("keys_remove");
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("B")});
    page.press(Qt::Key_Escape);
    QTest::keyClick(&window.canvas().view(), Qt::Key_B);
    QVERIFY(isBypassed(window));
  }

  void keysThatNobodyCanHaveSaySo_data() {
    QTest::addColumn<int>("which");
    QTest::addColumn<int>("with");
    QTest::addColumn<QString>("why");
    QTest::newRow("space") << int(Qt::Key_Space) << 0 << "canvas";
    QTest::newRow("arrow") << int(Qt::Key_Left) << 0 << "arrows";
    QTest::newRow("shifted arrow") << int(Qt::Key_Up) << int(Qt::ShiftModifier) << "arrows";
    QTest::newRow("arrow with Ctrl") << int(Qt::Key_Right) << int(Qt::ControlModifier) << "arrows";
    QTest::newRow("tab") << int(Qt::Key_Tab) << 0 << "field to field";
    QTest::newRow("back") << int(Qt::Key_Backtab) << int(Qt::ShiftModifier) << "field to field";
    QTest::newRow("escape with Shift") << int(Qt::Key_Escape) << int(Qt::ShiftModifier) << "ends what was begun";
    QTest::newRow("menu") << int(Qt::Key_F) << int(Qt::AltModifier) << "menu File";
  }
  void keysThatNobodyCanHaveSaySo() {
    QFETCH(int, which);
    QFETCH(int, with);
    QFETCH(QString, why);
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.bypass");
    page.click("keys_change");
    page.press(which, Qt::KeyboardModifiers(with));
    QVERIFY2(page.said().contains(why), qPrintable(page.said()));
    QVERIFY(page.typing());  // another one can be pressed at once
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    page.press(Qt::Key_F9);
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("F9")});
  }

  void theSpaceBarStaysTheCanvass() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("node.add", 0);
    page.click("keys_remove");
    QVERIFY2(page.said().contains("stays"), qPrintable(page.said()));
    page.click("keys_change");
    QVERIFY(!page.typing());
    QCOMPARE(keysOf(window, "node.add"), (QList{key("Space"), key("Shift+A")}));
    page.select("node.add", 1);
    page.click("keys_change");
    page.press(Qt::Key_N);
    QCOMPARE(keysOf(window, "node.add"), (QList{key("Space"), key("N")}));
    QCOMPARE(QSettings().value("keys/node.add").toString(), QString("N"));
    QCOMPARE(ui::keyBook().value("node.add"), (QList{key("Space"), key("N")}));
  }

  // F shows the selection on the canvas alone. Another key of it is the canvas's alone too.
  void keysOfTheCanvasStayTheCanvass() {
    MainWindow window;
    prepare(window);
    Page page(window);
    page.select("edit.delete");
    page.click("keys_change");
    page.press(Qt::Key_R);
    QVERIFY2(!page.asks(), qPrintable(page.said()));
    page.press(Qt::Key_Escape);
    window.layers().focusSearch();
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_R);
    QCOMPARE(qobject_cast<QLineEdit*>(QApplication::focusWidget())->text(), QString("r"));
    QCOMPARE(window.project().document().nodes().size(), size_t(1));
    auto* list = window.findChild<QAbstractItemView*>("layer_list");
    list->setFocus();
    QTest::keyClick(list, Qt::Key_R);
    QCOMPARE(window.project().document().nodes().size(), size_t(1));
    window.canvas().view().setFocus();
    const int steps = window.project().undo().count();
    QTest::keyClick(&window.canvas().view(), Qt::Key_R);
    QCOMPARE(window.project().document().nodes().size(), size_t(0));
    QCOMPARE(window.project().undo().count(), steps + 1);
  }

  // A key of the window without Ctrl or Alt: the canvas has it, lists and fields do not lose it.
  void aBareKeyOfTheWindowLeavesListsAndFieldsTheirs() {
    write("node.bypass", "B");
    write("dock.find_layer", ";");
    MainWindow window;
    prepare(window);
    auto* list = window.findChild<QAbstractItemView*>("layer_list");
    list->setFocus();
    QTest::keyClick(list, Qt::Key_B);
    QVERIFY(!isBypassed(window));
    window.canvas().view().setFocus();
    QTest::keyClick(&window.canvas().view(), Qt::Key_B);
    QVERIFY(isBypassed(window));
    // The one that comes from anywhere comes from lists with its new key.
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Semicolon);
    QVERIFY(qobject_cast<QLineEdit*>(QApplication::focusWidget()));
    QVERIFY(QApplication::focusWidget()->toolTip().contains("; comes here"));
  }

  void allGoBackAndCanBePutBack() {
    write("node.bypass", "Ctrl+J");
    write("node.mute", "");
    MainWindow window;
    prepare(window);
    Page page(window);
    page.click("keys_all_back");
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+M")});
    QVERIFY(QSettings().allKeys().filter("keys/").isEmpty());
    QVERIFY(!page.button("keys_all_back").isEnabled());
    page.click("keys_put_back");
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+J")});
    QVERIFY(keysOf(window, "node.mute").isEmpty());
  }

  void theListIsSearchedByNameAndByKey() {
    MainWindow window;
    show(window);
    Page page(window);
    QTest::keyClicks(QApplication::focusWidget(), "bypass");
    QVERIFY(page.row("node.bypass"));
    QVERIFY(!page.row("file.save"));
    QCOMPARE(page.list().currentItem(), page.row("node.bypass"));
    page.press(Qt::Key_Return);  // from the search at once
    QVERIFY(page.typing());
    page.press(Qt::Key_Escape);
    auto* search = page.sheet().findChild<QLineEdit*>("keys_search");
    search->setText("ctrl+s");
    QVERIFY(page.row("file.save"));
    QVERIFY(!page.row("node.bypass"));
    search->setText("no such thing");
    QCOMPARE(page.list().topLevelItemCount(), 0);
    QVERIFY(page.said().contains("No action"));
    search->setFocus();
    page.press(Qt::Key_Escape);
    QVERIFY(search->text().isEmpty());
    QVERIFY(page.sheet().isVisible());
    int rows = 0;
    for (int i = 0; i < page.list().topLevelItemCount(); ++i)
      if (!page.list().topLevelItem(i)->data(0, Qt::UserRole).isNull() && page.list().topLevelItem(i)->data(0, Qt::UserRole + 1).toInt() == 0) ++rows;
    QCOMPARE(rows, int(window.actions().all().size()));
    page.press(Qt::Key_Escape);
    QVERIFY(!page.sheet().isVisible());
  }

  void tabStaysOnThePage() {
    MainWindow window;
    show(window);
    Page page(window);
    page.select("node.bypass");
    QSet<QWidget*> seen;
    for (int i = 0; i < 20; ++i) {
      page.press(Qt::Key_Tab);
      QVERIFY(page.sheet().isAncestorOf(QApplication::focusWidget()));
      seen << QApplication::focusWidget();
    }
    QVERIFY(seen.size() >= 4);
    page.press(Qt::Key_Backtab, Qt::ShiftModifier);
    QVERIFY(page.sheet().isAncestorOf(QApplication::focusWidget()));
  }

  // --------------------------------------------------------------------- the settings ----

  void whatMakesNoSenseIsAsInTheTable_data() {
    QTest::addColumn<QVariant>("value");
    QTest::newRow("words") << QVariant("Hyper+Nonsense");
    QTest::newRow("two chords") << QVariant("Ctrl+K, Ctrl+B");
    QTest::newRow("only Ctrl") << QVariant("Ctrl+");
    QTest::newRow("Shift alone") << QVariant("Shift");
    QTest::newRow("arrow") << QVariant("Left");
    QTest::newRow("space") << QVariant("Space");
    QTest::newRow("menu") << QVariant("Alt+F");
    QTest::newRow("one good, one not") << QVariant("Ctrl+J | Esc");
    QTest::newRow("map") << QVariant(QVariantMap{{"a", 1}});
    QTest::newRow("nothing at all") << QVariant();
    QTest::newRow("control character") << QVariant(QString(QChar(1)));
    QTest::newRow("another's") << QVariant("Ctrl+S");
    QTest::newRow("endless") << QVariant(QString(100000, 'x'));
  }
  void whatMakesNoSenseIsAsInTheTable() {
    QFETCH(QVariant, value);
    write("node.bypass", value);
    write("node.mute", "Ctrl+J");
    write("no.such_action", "Ctrl+S");
    MainWindow window;
    show(window);
    QCOMPARE(keysOf(window, "node.bypass"), QList{key("Ctrl+B")});
    QCOMPARE(keysOf(window, "node.mute"), QList{key("Ctrl+J")});
    QCOMPARE(keysOf(window, "file.save"), QList{key("Ctrl+S")});
  }

  void aCommaByHandIsAKeyToo() {
    QFile file(QSettings().fileName());
    QDir().mkpath(QFileInfo(file).absolutePath());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("[keys]\nnode.bypass=Ctrl+,\nnode.mute=Alt+X | Ctrl+,\nnode.freeze=\n");
    file.close();
    QSettings().sync();
    const ui::KeyBook book = ui::keyBook();
    QCOMPARE(book.value("node.bypass"), QList{key("Ctrl+,")});
    QCOMPARE(book.value("node.mute"), QList{key("Ctrl+M")});  // the comma is the other's
    QVERIFY(book.value("node.freeze").isEmpty());
  }

  // Two that took each other's: both as written; two that want one: not both.
  void keysThatTwoWantAreOnes() {
    write("node.bypass", "Ctrl+M");
    write("node.mute", "Ctrl+B");
    QCOMPARE(ui::keyBook().value("node.bypass"), QList{key("Ctrl+M")});
    QCOMPARE(ui::keyBook().value("node.mute"), QList{key("Ctrl+B")});
    write("node.freeze", "Ctrl+M");
    const ui::KeyBook book = ui::keyBook();
    QSet<QKeySequence> all;
    for (const auto& keys : book)
      for (const QKeySequence& each : keys) {
        QVERIFY2(!all.contains(each), qPrintable(each.toString()));
        all << each;
      }
    QCOMPARE(book.value("node.freeze"), QList{key("Ctrl+Alt+F")});
  }
};

QTEST_MAIN(KeysTest)
#include "keys_test.moc"
