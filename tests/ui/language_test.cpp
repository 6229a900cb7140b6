// Every text of the window goes through a translator, has room for a third more, and is in what translators are given; a language
// that is there is spoken.
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QStandardPaths>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTextEdit>
#include <QToolButton>
#include <QXmlStreamReader>

#include "engine/document/recipe.h"
#include "engine/graph/formulas.h"
#include "tests/ui/layers.h"
#include "tests/ui/pseudo_locale.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/model/language.h"
#include "ui/model/text.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"
#include "ui/widgets/elided_label.h"

using engine::NodeId;
using engine::document::Transaction;
using ui::MainWindow;

namespace {

// What is no text of a language: names, numbers with their units, keys.
class Data {
 public:
  explicit Data(MainWindow& window) {
    QSet<QString> known{"Netwright", "Qt", "mono", "onnx", "safetensors", "auto", "point", "label", QSysInfo::prettyProductName()};
    ui::Project& project = window.project();
    for (const engine::Op& op : project.choosable()) known << ui::qt(op.name());
    for (const auto& node : project.whole().inference.nodes)
      for (const auto& stored : node.stored) known << ui::qt(stored.name);
    for (const auto* document : {&project.document(), &project.shown()})
      for (const auto& node : document->nodes()) {
        known << ui::qt(node->name) << ui::qt(node->type);
        const auto* type = project.typeOf(node->type);
        if (!type) continue;
        for (const auto* ports : {&type->info.inputs, &type->info.outputs})
          for (const auto& port : *ports) known << QString(port.name);
        for (const auto& field : engine::fieldInfos(*type)) {
          known << ui::qt(field.name);
          for (const auto& word : field.words) known << ui::qt(word);
        }
      }
    for (const engine::Formula& formula : engine::formulas()) {
      for (const QString& line : QString(formula.text).split('\n')) known << PseudoLocale::unspoken(line);  // whose brackets are not a translation's
      for (const QString& name : QString(formula.torch).split(", ") + QString(formula.onnx).split(QRegularExpression(", | \\| "))) known << name;
    }
    known << project.title() << ui::qt(project.document().data().source);
    for (const auto* rules : {&engine::document::optimizers(), &engine::document::schedules()})
      for (const auto& rule : *rules) known << QString::fromUtf8(rule.name.data(), qsizetype(rule.name.size()));
    for (const QAction* action : window.actions().all()) {
      QString together;  // on the page of keys they stand side by side
      for (const QKeySequence& key : action->shortcuts()) known << key.toString(QKeySequence::NativeText), together += key.toString(QKeySequence::NativeText);
      known << together;
    }
    known.remove({});
    QStringList longest(known.begin(), known.end());
    std::sort(longest.begin(), longest.end(), [](const QString& a, const QString& b) { return a.size() > b.size(); });
    for (QString& name : longest) name = QRegularExpression::escape(name);
    names_.setPattern("(?<![\\pL\\d])(" + longest.join('|') + ")(?![\\pL\\d])");
  }
  bool isAll(QString text) const {
    static const QRegularExpression numbers(QStringLiteral(
        "^([-+±0-9.,:;?×=()/%‹›·→↑↓ \\s…]|\\b(N|k|M|G|T|B|KiB|MiB|GiB|TiB|FLOP|FLOP/s|GFLOP|s|ms|h|min|CPU|CUDA|ONNX|float32|float64|f32|f64|i64)\\b)*$"));
    static const QRegularExpression letter("\\pL"), path("\\S*/\\S*");
    if (!text.contains(letter) || numbers.match(text).hasMatch()) return true;
    text.replace(names_, " ").remove(path);
    return numbers.match(text.simplified()).hasMatch();
  }

 private:
  QRegularExpression names_;
};

class Reader {
 public:
  Reader(MainWindow& window, QStringList& wrong) : window_(window), wrong_(wrong) {}

  // All that is to be seen now, and what it says when it is asked. `place` is for the message.
  void read(const QString& place) {
    place_ = place;
    data_ = Data(window_);
    // What another thread has just answered is laid out in the turns after: only what stays so is told.
    constexpr int kLooks = 5;
    const qsizetype before = wrong_.size();
    for (int look = 0; look < kLooks; ++look) {
      wrong_.resize(before);
      QTest::qWait(look == 0 ? 30 : 200);
      readOnce();
      if (wrong_.size() == before) return;
    }
  }

 private:
  void readOnce() {
    QList<QWidget*> roots{&window_};
    for (QWidget* top : QApplication::topLevelWidgets())
      if (top != &window_ && top->isVisible()) roots << top;
    for (QWidget* root : roots) {
      for (QWidget* widget : root->findChildren<QWidget*>())
        if (widget->isVisible() && !isInEditor(widget)) look(*widget);
      if (auto* menu = qobject_cast<QMenu*>(root)) lookActions(*menu, menu->actions());
    }
  }

  // Names that somebody gave, numbers that somebody wrote.
  static bool isInEditor(const QWidget* widget) {
    return widget->parentWidget() && (widget->parentWidget()->inherits("QAbstractSpinBox") || widget->parentWidget()->inherits("QComboBoxPrivateContainer"));
  }
  void look(QWidget& widget) {
    say(widget, widget.toolTip(), "tool tip");
    say(widget, widget.accessibleName(), "accessible name");
    say(widget, widget.accessibleDescription(), "accessible description");
    if (auto* area = qobject_cast<QScrollArea*>(&widget); area && area->widget() && area->widget()->width() > area->viewport()->width() + 1) {
      QString by;
      for (const QWidget* inner : area->widget()->findChildren<QWidget*>())
        if (inner->isVisible() && !inner->layout() && inner->mapTo(area->widget(), QPoint(inner->minimumSizeHint().width(), 0)).x() > area->viewport()->width() - 20)
          by += QString(" %1 %2 (%3)").arg(inner->metaObject()->className(), inner->objectName(), inner->property("text").toString());
      wrong(widget, QString("cut at its side, %1 of %2 by%3").arg(area->viewport()->width()).arg(area->widget()->width()).arg(by));
    }
    if (auto* label = qobject_cast<QLabel*>(&widget)) {
      say(widget, label->text(), "text");
      room(*label);
    } else if (auto* button = qobject_cast<QAbstractButton*>(&widget)) {
      say(widget, button->text(), "text");
      const auto* tool = qobject_cast<QToolButton*>(button);
      const bool shows = !button->text().isEmpty() && !(tool && tool->toolButtonStyle() == Qt::ToolButtonIconOnly && !tool->icon().isNull());
      if (shows) {
        const int beside = button->icon().isNull() ? 0 : button->iconSize().width() + 4;
        fits(widget, button->fontMetrics().size(Qt::TextShowMnemonic, button->text()).width() + beside, button->text());
      }
    } else if (auto* tabs = qobject_cast<QTabBar*>(&widget)) {
      for (int i = 0; i < tabs->count(); ++i) {
        say(widget, tabs->tabText(i), "tab");
        if (tabs->fontMetrics().horizontalAdvance(tabs->tabText(i)) > tabs->tabRect(i).width() && tabs->tabToolTip(i).isEmpty()) wrong(widget, "cut: " + tabs->tabText(i));
      }
    } else if (auto* menuBar = qobject_cast<QMenuBar*>(&widget)) {
      lookActions(widget, menuBar->actions());
    } else if (auto* field = qobject_cast<QLineEdit*>(&widget)) {
      say(widget, field->placeholderText(), "placeholder");
    } else if (auto* page = qobject_cast<QTextEdit*>(&widget)) {
      for (const QString& line : page->toPlainText().split('\n')) say(widget, line, "page");
      if (page->isReadOnly() && page->document()->idealWidth() > page->viewport()->width() + 1) wrong(widget, "is wider than its page");
    } else if (auto* box = qobject_cast<QComboBox*>(&widget)) {
      say(widget, box->currentText(), "choice");
    } else if (auto* header = qobject_cast<QHeaderView*>(&widget)) {
      for (int i = 0; i < header->count(); ++i)
        if (!header->isSectionHidden(i)) say(widget, header->model()->headerData(i, header->orientation()).toString(), "head");
    } else if (auto* view = qobject_cast<QAbstractItemView*>(&widget)) {
      if (!view->inherits("QHeaderView")) rows(*view, {});
    }
  }
  void rows(QAbstractItemView& view, const QModelIndex& parent) {
    const auto* model = view.model();
    for (int row = 0; model && row < std::min(model->rowCount(parent), 60); ++row) {
      for (int column = 0; column < model->columnCount(parent); ++column) {
        const QModelIndex index = model->index(row, column, parent);
        for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole), int(Qt::AccessibleTextRole), int(Qt::AccessibleDescriptionRole)}) say(view, index.data(role).toString(), "row");
      }
      rows(view, model->index(row, 0, parent));
    }
  }
  void lookActions(QWidget& of, const QList<QAction*>& actions) {
    for (const QAction* action : actions) {
      say(of, action->text(), "action");
      say(of, action->toolTip(), "tip of action");
      say(of, action->statusTip(), "status of action");
    }
  }
  void room(const QLabel& label) {
    if (label.text().isEmpty() || label.inherits("ui::ElidedLabel")) return;
    if (label.text().contains(QChar(0x2026)) && !label.toolTip().isEmpty()) return;  // cut on purpose, with all of it to be asked for
    if (label.wordWrap()) {
      if (label.heightForWidth(label.width()) > label.height() + 1) wrong(label, "cut below: " + label.text());
    } else {
      fits(label, label.sizeHint().width(), label.text());
    }
  }
  void fits(const QWidget& widget, int wanted, const QString& text) {
    if (wanted > widget.width() + 1) wrong(widget, QString("cut, %1 of %2: %3").arg(widget.width()).arg(wanted).arg(text));
  }
  void say(const QWidget& widget, const QString& text, const char* what) {
    if (text.isEmpty()) return;
    const QString rest = PseudoLocale::unspoken(text);
    if (!data_.isAll(rest)) wrong(widget, QString("%1 without a translator: %2").arg(what, rest.left(160)));
  }
  void wrong(const QWidget& widget, const QString& what) {
    QString name = widget.objectName();
    for (const QWidget* up = widget.parentWidget(); up && name.count('<') < 3; up = up->parentWidget())
      if (!up->objectName().isEmpty()) name += " < " + up->objectName();
    const QString line = QString("%1 (%2): %3").arg(widget.metaObject()->className(), name, what);
    if (!wrong_.contains(line)) wrong_ << line;
    (void)place_;
  }

  MainWindow& window_;
  QStringList& wrong_;
  QString place_;
  Data data_{window_};
};

void press(MainWindow& window, const char* action) {
  window.actions().refresh();
  window.actions().trigger(action);
  QTest::qWait(30);
}

void raise(MainWindow& window, const char* name) {
  auto* dock = window.findChild<QDockWidget*>(name);
  dock->show();
  dock->raise();
}

// Where a person comes by: each is read.
void walk(MainWindow& window, const std::function<void(const char*)>& read) {
  window.resize(1440, 900);
  window.show();
  QVERIFY(QTest::qWaitForWindowExposed(&window));
  QApplication::setActiveWindow(&window);
  window.showWelcome(true);
  read("welcome");
  window.files().openTemplate("xor");
  QTest::qWait(100);
  read("network");
  for (const char* dock : {"dock.problems", "dock.log", "dock.profile", "dock.comparison", "dock.weights", "dock.outline", "dock.charts"}) {
    raise(window, dock);
    read(dock);
  }
  for (const auto& node : window.project().document().nodes()) {
    window.project().selection().set({node->id});
    read("inspector");
  }
  press(window, "help.node");
  read("help");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  const auto all = window.project().document().nodes();
  window.project().selection().set({all[0]->id, all[1]->id});
  read("several");
  press(window, "train.recipe");
  read("recipe");
  for (const char* sheet : {"help.keys", "help.about", "edit.keys", "edit.everything"}) {
    press(window, sheet);
    read(sheet);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTest::qWait(20);
  }
  window.canvas().view().setFocus();
  press(window, "node.add");
  read("quick add");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  for (const char* popup : {"train.device", "train.rate"}) {
    press(window, popup);
    read(popup);
    while (QWidget* top = QApplication::activePopupWidget()) top->close();
  }
  for (QAction* menu : window.menuBar()->actions()) {
    menu->menu()->popup(window.mapToGlobal(QPoint(0, 30)));
    read("menu");
    menu->menu()->close();
  }
  press(window, "edit.replace");
  read("replace");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  // Problems, strips, a run, and Evaluate.
  const NodeId loose = ui::addLayer(window.project(), "Conv2d");
  ui::addLayer(window.project(), "Concatenate");
  raise(window, "dock.problems");
  window.project().selection().set({loose});
  read("problems");
  window.files().open("/no/such/file.netw");
  window.files().saveTo("/no/such/folder/net.netw");
  QTest::qWait(200);
  read("strips");
  for (const QString& key : window.messages().keys()) window.messages().remove(key);
  while (window.project().undo().canUndo()) window.project().undo().undo();
  raise(window, "dock.charts");
  window.project().editWhole("Epochs", [](Transaction& t) {
    auto recipe = t.view().recipe();
    recipe.phases.front().epochs = 1000000;
    return t.setRecipe(std::move(recipe));
  });
  press(window, "train.start");
  QTRY_VERIFY_WITH_TIMEOUT(window.training().status().step > 2, 60000);
  read("training");
  press(window, "train.pause");
  QTRY_VERIFY(window.training().state() == ui::Training::State::paused);
  press(window, "train.rate");
  read("rate");
  while (QWidget* top = QApplication::activePopupWidget()) top->close();
  window.project().selection().clear();
  read("paused");
  press(window, "train.stop");
  QTRY_VERIFY(!window.training().isActive());
  raise(window, "dock.log");
  read("stopped");
  QTemporaryDir folder;
  window.files().saveTo(folder.filePath("net.netw"));
  QTRY_VERIFY(!window.project().isModified());
  window.project().edit("Width", [&](Transaction& t) -> engine::Done {
    (void)t.rename(window.project().document().nodes()[2]->id, "other");
    return t.setField(window.project().document().nodes()[1]->id, "out_features", int64_t(5));
  });
  ui::addLayer(window.project(), "ReLU");
  press(window, "diff.saved");
  raise(window, "dock.diff");
  QTest::qWait(200);
  read("changes");
  press(window, "diff.end");
  press(window, "place.evaluate");
  QTest::qWait(500);
  read("evaluate");
  press(window, "place.network");
}

}  // namespace

// Of a translator's file: what it has, and of that what has plural forms.
struct Texts {
  QSet<std::pair<QByteArray, QByteArray>> all, counted;  // context and text
  bool finished = true;
};
static Texts textsOf(const QString& path) {
  Texts texts;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return texts;
  QXmlStreamReader xml(&file);
  QByteArray context;
  bool counted = false;
  while (!xml.atEnd()) {
    xml.readNext();
    if (!xml.isStartElement()) continue;
    if (xml.name() == QString("name")) context = xml.readElementText().toUtf8();
    if (xml.attributes().value("type") == QString("unfinished")) texts.finished = false;
    if (xml.name() == QString("message")) counted = xml.attributes().value("numerus") == QString("yes");
    if (xml.name() != QString("source")) continue;
    const std::pair text{context, xml.readElementText().toUtf8()};
    texts.all.insert(text);
    if (counted) texts.counted.insert(text);
  }
  return xml.hasError() ? Texts() : texts;
}

class LanguageTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("language_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
    QApplication::setLayoutDirection(Qt::LeftToRight);
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void everyTextIsSpokenAndHasRoom() {
    PseudoLocale nobodys;
    QCoreApplication::installTranslator(&nobodys);
    QStringList wrong;
    {
      MainWindow window;
      Reader reader(window, wrong);
      walk(window, [&](const char* place) { reader.read(place); });
    }
    QCoreApplication::removeTranslator(&nobodys);
    asked_ = nobodys.asked();
    QVERIFY(asked_.size() > 800);
    for (const QString& line : wrong) qInfo().noquote() << line;
    QVERIFY2(wrong.isEmpty(), QByteArray::number(wrong.size()) + " texts");
  }

  // 200 % on a screen of 1920 × 1080, a panel of the desktop and the window's frame taken off, in longer words too.
  void theWindowFitsASmallScreen() {
    PseudoLocale nobodys;
    for (const bool longer : {false, true}) {
      if (longer) QCoreApplication::installTranslator(&nobodys);
      MainWindow window;
      window.resize(960, 480);
      window.show();
      QVERIFY(QTest::qWaitForWindowExposed(&window));
      QStringList wide;
      const auto check = [&](const char* place) {
        QTest::qWait(30);
        if (window.width() > 960 || window.height() > 480) wide << QString("%1: %2 × %3%4").arg(place).arg(window.width()).arg(window.height()).arg(longer ? ", longer" : "");
        window.resize(960, 480);
      };
      window.showWelcome(true);
      check("welcome");
      window.resize(700, 480);  // no drawing has room there, and nothing is lost by that
      (void)window.grab();
      window.files().openTemplate("xor");
      check("network");
      window.canvas().fitAll();  // what lies over the canvas may not leave the network a few pixels
      QVERIFY2(window.canvas().view().zoom() > 0.12, QByteArray::number(window.canvas().view().zoom()).constData());
      window.project().selection().set({window.project().document().nodes()[1]->id});
      check("inspector");
      for (const char* dock : {"dock.problems", "dock.log", "dock.profile", "dock.comparison", "dock.weights", "dock.outline", "dock.charts"}) {
        raise(window, dock);
        check(dock);
      }
      press(window, "place.evaluate");
      check("evaluate");
      QCoreApplication::removeTranslator(&nobodys);
      QVERIFY2(wide.isEmpty(), qPrintable(wide.join("; ")));
    }
  }

  void translatorsAreGivenWhatIsAsked() {
    if (QString(LUPDATE).isEmpty()) QSKIP("lupdate of qt6-l10n-tools is not here");
    QVERIFY(!asked_.isEmpty());
    QTemporaryDir folder;
    QProcess texts;
    texts.setStandardOutputFile(folder.filePath("texts.cpp"));
    texts.start(NETWRIGHT_SOURCE_DIR "/packaging/texts", QStringList());
    QVERIFY(texts.waitForFinished() && texts.exitCode() == 0);
    const QString ts = folder.filePath("netwright_xx.ts");
    QProcess update;
    update.setWorkingDirectory(NETWRIGHT_SOURCE_DIR);
    update.start(LUPDATE, {"-silent", "-locations", "none", "-I", ".", "ui", "app/netwright", folder.filePath("texts.cpp"), "-ts", ts});
    QVERIFY(update.waitForFinished() && update.exitCode() == 0);
    const Texts given = textsOf(ts), english = textsOf(NETWRIGHT_SOURCE_DIR "/resources/i18n/netwright_en.ts");
    QVERIFY(!given.all.isEmpty() && english.finished);
    QStringList missing;
    for (const auto& text : given.counted)
      if (!english.counted.contains(text)) missing << QString("resources/i18n/netwright_en.ts, for packaging/language en: ") + text.second;
    for (const auto& text : english.counted)
      if (!given.counted.contains(text)) missing << QString("resources/i18n/netwright_en.ts has what nobody says: ") + text.second;
    for (const auto& text : asked_)
      if (!given.all.contains(text)) missing << QString(text.first) + ": " + text.second;
    missing.sort();
    for (const QString& line : missing) qInfo().noquote() << line;
    QVERIFY2(missing.isEmpty(), QByteArray::number(missing.size()) + " texts");
  }

  void aLanguageThatIsThereIsSpoken() {
    QTemporaryDir folder;
    QVERIFY(!ui::speak(QLocale("ar"), {folder.path()}));
    QCOMPARE(QApplication::layoutDirection(), Qt::LeftToRight);
    if (QString(LRELEASE).isEmpty()) QSKIP("lrelease of qt6-l10n-tools is not here");
    QFile ts(folder.filePath("netwright_ar.ts"));
    QVERIFY(ts.open(QIODevice::WriteOnly));
    ts.write("<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE TS><TS version=\"2.1\" language=\"ar\">"
             "<context><name>actions</name><message><source>&amp;Train</source><translation>&amp;تدريب</translation></message></context>"
             "<context><name>engine</name><message><source>Linear</source><translation>خطي</translation></message></context>"
             "<context><name>fields</name><message><source>out_features</source><translation>المخرجات</translation></message></context></TS>");
    ts.close();
    QProcess release;
    release.start(LRELEASE, {"-silent", ts.fileName(), "-qm", folder.filePath("netwright_ar.qm")});
    QVERIFY(release.waitForFinished() && release.exitCode() == 0);
    QVERIFY(!ui::speak(QLocale("en_US"), {folder.path()}));
    QVERIFY(!ui::speak(QLocale::c(), {folder.path()}));
    QVERIFY(ui::speak(QLocale("ar_EG"), {"/no/such/folder", folder.path()}));  // the language of a country has no file of its own
    QCOMPARE(QApplication::layoutDirection(), Qt::RightToLeft);
    MainWindow window;
    QCOMPARE(window.actions()["train.start"]->text(), QString("&تدريب"));
    QCOMPARE(ui::engineText("Linear"), QString("خطي"));
    QCOMPARE(ui::engineText("Bilinear thing of a person"), QString("Bilinear thing of a person"));
    QCOMPARE(ui::fieldTitle("out_features"), QString("المخرجات"));
    QCOMPARE(ui::fieldTitle("in_features"), QString("In features"));
    for (auto* translator : qApp->findChildren<QTranslator*>()) delete translator;
  }

 private:
  QSet<std::pair<QByteArray, QByteArray>> asked_;
};

QTEST_MAIN(LanguageTest)
#include "language_test.moc"
