// Blocks kept for other projects, in the real window: from the menu into the library, from the list into another project, and never over
// somebody else's.
#include <QApplication>
#include <QFile>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTimer>
#include <QTreeView>

#include "tests/ui/layers.h"
#include "tests/ui/own_settings.h"
#include "ui/model/shelf.h"
#include "ui/palette/layer_palette.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/main_window.h"
#include "ui/shell/message_bar.h"
#include "ui/theme/style.h"

namespace ui {

using engine::NodeId;

class LibraryTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;

  Project& project() { return window_->project(); }
  void trigger(const char* action) {
    window_->actions().refresh();
    window_->actions().trigger(action);
  }
  // A project of one block of one layer; its name.
  std::string project(const char* layer, const char* name = nullptr) {
    trigger("file.new");
    project().selection().set({addLayer(project(), layer)});
    trigger("node.fold");
    const NodeId use = project().selection().current();
    const std::string made = project().document().node(use)->type;
    if (name) project().editWhole("Rename", [&](engine::document::Transaction& t) { return t.renameBlock(made, name); });
    return project().document().node(use)->type;
  }
  QString asked() { return window_->findChild<MessageBar*>()->textOf("library"); }
  void answer(const QString& text) {
    for (QPushButton* button : window_->findChild<MessageBar*>()->findChildren<QPushButton*>())
      if (button->text() == text) return QTest::mouseClick(button, Qt::LeftButton);
    QFAIL("nobody asked");
  }
  // What a use of it would be made of.
  static std::vector<std::string> layersOf(const char* block) {
    std::vector<std::string> types;
    if (const ShelfBlock* found = shelfBlock(block))
      for (const auto& node : found->block.file->nodes())
        if (!node->type.starts_with("Block")) types.push_back(node->type);
    return types;
  }

 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
    QCoreApplication::setApplicationName("library_test" + QString::number(QCoreApplication::applicationPid()));
    setUpLook();
  }
  void init() {
    window_ = std::make_unique<MainWindow>();
    window_->resize(1280, 800);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
  }
  void cleanup() {
    window_.reset();
    for (const auto& kept : Recovery::list()) Recovery::discard(kept);
  }
  void cleanupTestCase() { QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).removeRecursively(); }

  void aBlockGoesToTheLibraryAndIntoAnotherProject() {
    QCOMPARE(project("Tanh"), std::string("Block"));
    trigger("node.save_block");
    QCOMPARE(asked(), QString());
    trigger("file.new");
    emit window_->findChild<LayerPalette*>()->chosen("Block");
    QCOMPARE(project().document().nodes().size(), size_t(1));
    QVERIFY(project().document().block("Block"));
    trigger("node.save_block");  // the same once more
    QCOMPARE(asked(), QString());
  }

  void whatIsFoldedHasANameThatTheLibraryDoesNotHave() {
    QCOMPARE(layersOf("Block"), std::vector<std::string>{"Tanh"});
    QCOMPARE(project("ReLU"), std::string("Block_2"));
    QCOMPARE(project().undo().count(), 2);  // the layer, and folding
  }

  void anotherBlockOfThatNameIsNotLost() {
    QCOMPARE(project("ReLU", "Block"), std::string("Block"));
    const int steps = project().undo().count();
    trigger("node.save_block");
    QVERIFY(asked().contains("Block"));
    QCOMPARE(layersOf("Block"), std::vector<std::string>{"Tanh"});
    // Another project is asked about its own.
    trigger("file.new");
    QCOMPARE(asked(), QString());

    QCOMPARE(project("ReLU", "Block"), std::string("Block"));
    trigger("node.save_block");
    answer("Keep both");
    QCOMPARE(asked(), QString());
    QCOMPARE(layersOf("Block"), std::vector<std::string>{"Tanh"});
    QCOMPARE(layersOf("Block_2"), std::vector<std::string>{"ReLU"});
    QCOMPARE(project().undo().count(), steps + 1);  // it is called so here, too
    QVERIFY(project().document().block("Block_2") && !project().document().block("Block"));

    QCOMPARE(project("Sigmoid", "Block"), std::string("Block"));
    trigger("node.save_block");
    answer("Replace it");
    QCOMPARE(layersOf("Block"), std::vector<std::string>{"Sigmoid"});
    QCOMPARE(project().undo().count(), steps);
  }

  void thoseThatShipAreAskedAboutToo() {
    project("ReLU", "Residual");
    trigger("node.save_block");
    QVERIFY(asked().contains("Residual"));
    QVERIFY(!shelfBlock("Residual")->own);
    // As it ships it is there already.
    trigger("file.new");
    project().selection().set({addBlock(project(), "Residual")});
    trigger("node.save_block");
    QCOMPARE(asked(), QString());
  }

  // By the row's menu, or everywhere by the action; what ships stays, and an answer brings back what went.
  void onesOwnAreRemoved() {
    auto* list = window_->findChild<LayerPalette*>();
    auto* rows = list->findChild<QTreeView*>("layer_list");
    const auto choose = [&](const QString& name) {
      list->findChild<QLineEdit*>()->setText(name);
      return list->current() == name;
    };
    project("Tanh", "Mine");
    trigger("node.save_block");
    trigger("file.new");
    QVERIFY(choose("MLP"));
    window_->actions().refresh();
    QVERIFY(!window_->actions()["node.remove_block"]->isEnabled());
    QVERIFY(choose("Mine"));
    QStringList offered;
    QTimer::singleShot(0, this, [&] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      for (QAction* action : menu->actions()) offered << action->text();
      menu->setActiveAction(menu->actions().back());
      QTest::keyClick(menu, Qt::Key_Return);
    });
    emit rows->customContextMenuRequested(rows->visualRect(rows->currentIndex()).center());
    QCOMPARE(offered.first(), QString("Add to the canvas"));
    QCOMPARE(offered.at(1), QString("About Mine"));
    QVERIFY(!shelfBlock("Mine"));
    QVERIFY(!choose("Mine"));
    QVERIFY(asked().startsWith("Mine is no longer in the library."));
    answer("Put it back");
    QCOMPARE(layersOf("Mine"), std::vector<std::string>{"Tanh"});
    QVERIFY(shelfBlock("Mine")->own && choose("Mine"));
    QCOMPARE(asked(), QString());
    QCOMPARE(project().undo().count(), 0);  // the library is no part of the project
    // Help is of the row, while the list has the focus.
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    rows->setFocus();
    QVERIFY(rows->hasFocus());
    trigger("help.node");
    QVERIFY(window_->findChild<HelpSheet*>()->isVisible());
    QVERIFY(window_->findChild<HelpSheet*>()->plainText().contains("Fields"));
  }
};

}  // namespace ui

QTEST_MAIN(ui::LibraryTest)
#include "library_test.moc"
