// Projects on disk: nothing is lost by saving, failing, closing, crashing, or by others who write the same file.
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "ui/widgets/ask_path.h"
#include "ui/files/files.h"
#include "ui/theme/style.h"

using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using ui::Files;
using ui::Recovery;

class FilesTest : public QObject {
  Q_OBJECT

  struct Room {
    QWidget window;
    ui::Actions actions{&window};
    ui::MessageBar messages{&window};
    ui::Project project;
    Files files{project, actions, messages, &window};
    QSignalSpy opened{&files, &Files::opened}, saved{&files, &Files::saved}, failed{&files, &Files::failed};

    void add(const char* type = "Linear") {
      QVERIFY(project.edit("Add", [&](Transaction& t) -> engine::Done {
        Node node;
        node.type = type;
        const auto made = t.addNode(node);
        if (!made) return tl::unexpected(made.error());
        return {};
      }));
    }
    void open(const QString& path) {
      const qsizetype before = opened.count();
      files.open(path);
      QTRY_VERIFY(opened.count() > before);
    }
    void save(const QString& path) {
      const qsizetype before = saved.count();
      files.saveTo(path);
      QTRY_VERIFY(saved.count() > before);
    }
    std::string text() const { return print(project.document()); }
    void press(const QString& key, const QString& button) {
      for (QPushButton* b : messages.findChildren<QPushButton*>())
        if (b->text() == button && b->parentWidget()->property("key") == key) {
          b->click();
          return;
        }
      QFAIL(qPrintable("no button " + button));
    }
  };

  static QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
  }
  static void put(const QString& path, const QByteArray& content) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
  }
  QString path(const char* name) const { return dir_.filePath(name); }
  QTemporaryDir dir_;

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("files_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : Recovery::list()) Recovery::discard(kept);
    QSettings().clear();
    ui::answerPaths({});
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void whatIsSavedIsWhatIsOpened() {
    Room a;
    a.add();
    a.add("ReLU");
    QVERIFY(a.project.isModified());
    a.save(path("a.netw"));
    QVERIFY(!a.project.isModified());
    QCOMPARE(contentOf(path("a.netw")).toStdString(), a.text());
    QCOMPARE(a.project.title(), QString("a"));
    Room b;
    b.open(path("a.netw"));
    QCOMPARE(b.text(), a.text());
    QCOMPARE(b.files.recent(), QStringList{path("a.netw")});
    QVERIFY(!b.actions["file.save"]->isEnabled() || (b.actions.refresh(), !b.actions["file.save"]->isEnabled()));
  }

  void editsMadeWhileItSavesAreNotTakenForSaved() {
    Room room;
    room.add();
    room.files.saveTo(path("b.netw"));
    const std::string then = room.text();
    room.add("ReLU");
    QTRY_COMPARE(room.saved.count(), 1);
    QVERIFY(room.project.isModified());
    QCOMPARE(contentOf(path("b.netw")).toStdString(), then);
    room.files.save();
    QTRY_COMPARE(room.saved.count(), 2);
    QVERIFY(!room.project.isModified());
  }

  void aBrokenFileLeavesWhatIsOpen() {
    put(path("broken.netw"), "{\"netwright\": 1, \"nodes\": [");
    put(path("empty.netw"), {});
    put(path("not_a_project.netw"), QByteArray("\x89PNG\r\n\x1a\n\0\0\0", 11));
    Room room;
    room.add();
    const std::string before = room.text();
    for (const QString& wrong : {path("broken.netw"), path("empty.netw"), path("not_a_project.netw"), path("there_is_none.netw"), dir_.path()}) {
      const qsizetype failures = room.failed.count();
      room.files.open(wrong);
      QTRY_VERIFY(room.failed.count() > failures);
      const QString text = room.messages.textOf("open");
      QVERIFY2(text.contains("what was open stays") && text.contains("; "), qPrintable(text));  // and what to do
      QCOMPARE(text.contains("text editor"), wrong.contains("broken") || wrong.contains("not_a"));  // where one would help
      QStringList ways;
      for (const auto* button : room.messages.findChildren<QPushButton*>()) ways << button->text();
      QVERIFY(ways.contains("Open another..."));
    }
    QCOMPARE(room.text(), before);
    QVERIFY(room.project.isModified());
    QCOMPARE(room.opened.count(), 0);
  }

  void typesThatNobodyKnowsSurviveSaving() {
    Room a;
    a.add("Conv9d");
    a.add("ReLU");
    a.save(path("new.netw"));
    QByteArray text = contentOf(path("new.netw"));
    text.replace("\"type\": \"Conv9d\"", "\"type\": \"Conv9d\", \"future\": {\"a\": [1, null]}");
    put(path("new.netw"), text);
    Room b;
    b.open(path("new.netw"));
    QVERIFY(b.project.hasProblems());
    b.add();
    b.save(path("new.netw"));
    const QByteArray after = contentOf(path("new.netw"));
    QVERIFY(after.contains("Conv9d"));
    QVERIFY(after.contains("\"future\""));
  }

  void aFailedSaveSaysWhatIsKeptAndOffersAnotherPlace() {
    put(path("file"), "x");
    for (const QString& wrong : {path("file") + "/a.netw", QString("/dev/full"), path("no_folder") + "/a.netw"}) {
      Room room;
      room.add();
      room.files.saveTo(wrong);
      QTRY_COMPARE(room.failed.count(), 1);
      QVERIFY(room.project.isModified());
      QVERIFY(room.messages.textOf("save").contains("your edits are kept"));
      ui::answerPaths([&](const ui::PathQuestion& question) { return question.kind == ui::PathQuestion::Kind::save ? path("elsewhere") : QString(); });
      room.press("save", "Save as...");
      QTRY_COMPARE(room.saved.count(), 1);
      QVERIFY(QFile::exists(path("elsewhere.netw")));  // with its suffix
      QVERIFY(!room.messages.keys().contains("save"));
      QVERIFY(!room.project.isModified());
      QFile::remove(path("elsewhere.netw"));
    }
  }

  void whatMayNotBeReadSaysSo() {
    put(path("secret.netw"), "{\"netwright\": 1}");
    QVERIFY(QFile::setPermissions(path("secret.netw"), QFile::Permissions()));
    QFile probe(path("secret.netw"));
    if (probe.open(QIODevice::ReadOnly)) QSKIP("whoever runs this may read everything");
    Room room;
    room.add();
    const std::string before = room.text();
    room.files.open(path("secret.netw"));
    QTRY_COMPARE(room.failed.count(), 1);
    QVERIFY(room.messages.textOf("open").contains("what was open stays"));
    QCOMPARE(room.text(), before);
  }

  // Nobody, not even root, makes files there.
  void aPlaceThatTakesNoFilesKeepsTheEdits() {
    if (!QFileInfo("/proc/self").isDir()) QSKIP("no /proc here");
    Room room;
    room.add();
    room.save(path("before.netw"));
    room.add("ReLU");
    room.files.saveTo("/proc/self/a.netw");
    QTRY_COMPARE(room.failed.count(), 1);
    QVERIFY(room.project.isModified());
    QCOMPARE(room.project.path(), path("before.netw"));  // what was its file is its file
    const QString text = room.messages.textOf("save");
    QVERIFY2(text.contains("your edits are kept") && text.contains("/proc/self"), qPrintable(text));
    room.project.undo().undo();
    room.project.undo().redo();
    room.save(path("before.netw"));
    QVERIFY(contentOf(path("before.netw")).contains("ReLU"));
  }

  void whatOthersWriteIsNoticed() {
    Room room;
    room.add();
    room.save(path("c.netw"));
    Room other;
    other.add("ReLU");
    put(path("c.netw"), QByteArray::fromStdString(other.text()));
    QTRY_VERIFY(room.messages.keys().contains("outside"));
    const std::string mine = room.text();
    room.press("outside", "Keep mine");
    QCOMPARE(room.text(), mine);
    QVERIFY(room.project.isModified());
    other.add("Tanh");
    put(path("c.netw"), QByteArray::fromStdString(other.text()));
    QTRY_VERIFY(room.messages.keys().contains("outside"));
    const qsizetype opened = room.opened.count();
    room.press("outside", "Reload");
    QTRY_VERIFY(room.opened.count() > opened);
    QCOMPARE(room.text(), other.text());
  }

  void aFileThatGoesAwayIsNoticedAndSavedAgain() {
    Room room;
    room.add();
    room.save(path("gone.netw"));
    QFile::remove(path("gone.netw"));
    QTRY_VERIFY(room.messages.keys().contains("outside"));
    QVERIFY(room.project.isModified());
    room.press("outside", "Save again");
    QTRY_VERIFY(QFile::exists(path("gone.netw")));
    QTRY_VERIFY(!room.project.isModified());
  }

  void ownSavesAreNoChangeByOthers() {
    Room room;
    room.add();
    for (int i = 0; i < 3; ++i) {
      room.add();
      room.save(path("own.netw"));
    }
    QTest::qWait(400);  // longer than the guard waits before it looks
    QVERIFY(!room.messages.keys().contains("outside"));
  }

  void theSecondWindowOfAFileSaysSo() {
    Room a;
    a.add();
    a.save(path("d.netw"));
    {
      Room b;
      b.open(path("d.netw"));
      QVERIFY(b.messages.keys().contains("elsewhere"));
      QVERIFY(!a.messages.keys().contains("elsewhere"));
    }
    a.files.newProject();
    Room c;
    c.open(path("d.netw"));
    QVERIFY(!c.messages.keys().contains("elsewhere"));
  }

  void unsavedEditsAreKeptOfProjectsWithoutAFileToo() {
    std::string text;
    {
      Room room;
      room.add();
      room.add("ReLU");
      QTRY_VERIFY(!QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/recovery").entryList({"*-*"}, QDir::Dirs).isEmpty());
      QVERIFY(Recovery::list().isEmpty());  // a window works on it
      room.add("Tanh");
      text = room.text();
    }
    const auto kept = Recovery::list();
    QCOMPARE(kept.size(), 1);
    QCOMPARE(kept[0].edits, 3);
    QCOMPARE(kept[0].path, QString());
    {
      Room room;
      room.files.restore(kept[0]);
      QTRY_VERIFY(!room.files.isBusy());
      QCOMPARE(room.text(), text);
      QVERIFY(room.project.isModified());
      QVERIFY(Recovery::list().isEmpty());
      // It is kept on, in the same place.
      room.add("Sigmoid");
      text = room.text();
    }
    QCOMPARE(Recovery::list().size(), 1);
    Room room;
    room.files.restore(Recovery::list()[0]);
    QTRY_VERIFY(!room.files.isBusy());
    QCOMPARE(room.text(), text);
    room.save(path("restored.netw"));
    QVERIFY(!room.project.isModified());
    QCOMPARE(QDir(kept[0].folder).exists(), false);
  }

  void whatIsRestoredKnowsItsFile() {
    Room a;
    a.add();
    a.save(path("e.netw"));
    a.add("ReLU");
    a.files.finish();
    const auto kept = Recovery::list();
    QCOMPARE(kept.size(), 1);
    QCOMPARE(kept[0].path, path("e.netw"));
    a.files.newProject();
    Room b;
    b.files.restore(kept[0]);
    QTRY_VERIFY(!b.files.isBusy());
    QCOMPARE(b.project.path(), path("e.netw"));
    QVERIFY(b.project.isModified());
    b.files.save();
    QTRY_VERIFY(!b.project.isModified());
    QCOMPARE(contentOf(path("e.netw")).toStdString(), b.text());
    QVERIFY(Recovery::list().isEmpty());
  }

  void savedProjectsAndUndoneEditsLeaveNothing() {
    {
      Room room;
      room.add();
      room.save(path("f.netw"));
      room.add();
      room.project.undo().undo();
    }
    QVERIFY(Recovery::list().isEmpty());
  }

  void anotherProjectInTheWindowKeepsTheFormerOne() {
    Room room;
    room.add();
    room.files.newProject();
    QVERIFY(room.messages.keys().contains("kept"));
    QCOMPARE(Recovery::list().size(), 1);
    room.files.discard(Recovery::list()[0]);
    QVERIFY(Recovery::list().isEmpty());
  }

  void whatCannotBeRestoredIsMovedAsideAndNotDeleted() {
    {
      Room room;
      room.add();
    }
    const auto kept = Recovery::list();
    QCOMPARE(kept.size(), 1);
    put(kept[0].folder + "/project.netw", "{");
    Room room;
    room.add("ReLU");
    const std::string before = room.text();
    room.files.restore(kept[0]);
    QTRY_VERIFY(!room.files.isBusy());
    QCOMPARE(room.text(), before);
    QVERIFY(room.messages.keys().contains("open"));
    QCOMPARE(contentOf(kept[0].folder + ".unreadable/project.netw"), QByteArray("{"));
    QVERIFY(Recovery::list().isEmpty());
    QDir(kept[0].folder + ".unreadable").removeRecursively();
  }

  void templatesOpenWithTheirDataAndUnmodified() {
    Room room;
    room.files.openTemplate("spirals");
    QCOMPARE(room.opened.count(), 1);
    QVERIFY(!room.project.isModified());
    QVERIFY(!room.project.hasProblems());
    QCOMPARE(room.project.document().data().source, std::string("spirals"));
    QCOMPARE(room.project.path(), QString());
    room.files.openTemplate("none");
    QCOMPARE(room.failed.count(), 1);
  }

  void aFileDroppedOnTheWindowOpens() {
    Room room;
    room.add();
    room.save(path("dropped.netw"));
    room.files.newProject();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path("dropped.netw"))});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);  // without it a drop goes nowhere
    QCoreApplication::sendEvent(&room.window, &enter);
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    const qsizetype opened = room.opened.count();
    QCoreApplication::sendEvent(&room.window, &drop);
    QTRY_VERIFY(room.opened.count() > opened);
    QCOMPARE(room.project.path(), path("dropped.netw"));
  }

  void theLastOneAskedForIsTheOneThatOpens() {
    Room room;
    room.add();
    room.save(path("one.netw"));
    room.add();
    room.save(path("two.netw"));
    room.files.open(path("one.netw"));
    room.files.open(path("two.netw"));
    QTRY_COMPARE(room.files.isBusy(), false);
    QCOMPARE(room.project.path(), path("two.netw"));
    QCOMPARE(room.project.document().nodes().size(), size_t(2));
  }
};

QTEST_MAIN(FilesTest)
#include "files_test.moc"
