// The studio killed without a warning, again and again, at random moments of editing and training: every project comes
// back with at most two seconds of edits lost, those that were never saved too, and every run goes on.
//
// Each round is a child (this program with --child) that opens the real window, edits at a brisk pace and writes down every
// state of its document; then SIGKILL, and a window of ours opens what is left as a person does after a crash.
//   NETWRIGHT_KILLS      how many rounds; 8 without it
//   NETWRIGHT_KILL_SEED  of the moments and edits; 1 without it
// Time is counted in beats of the child, each a tenth of a second and a file written to the disk: a machine that is slow
// or busy slows them as it slows the copies of the project.
#include <QApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QPushButton>
#include <QRandomGenerator>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/formats/atomic_file.h"
#include "ui/model/text.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using namespace ui;

namespace {

constexpr int kBeat = 100, kMostBeats = 2000 / kBeat;  // ms; what may be lost
constexpr int kLong = 60000;
constexpr int64_t kEndless = 1000000;  // epochs

qint64 now() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

QByteArray hashOf(const engine::document::Document& document) {
  return QCryptographicHash::hash(QByteArray::fromStdString(print(document)), QCryptographicHash::Sha1).toHex();
}

// ----------------------------------------------------------------------- the child ----

// Lines of "milliseconds what": a state of the document, "beat", "run". The kernel has them once write() is back.
class Diary {
 public:
  explicit Diary(const QString& path) : file_(::open(path.toLocal8Bit().constData(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {}
  void write(const QByteArray& what) {
    const QByteArray line = QByteArray::number(now()) + ' ' + what + '\n';
    if (::write(file_, line.constData(), size_t(line.size())) != line.size()) std::abort();
  }

 private:
  int file_;
};

class Editor : public QObject {
 public:
  Editor(MainWindow& window, Diary& diary, quint32 seed) : project_(window.project()), diary_(diary), random_(seed) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, [this] {
      edit();
      diary_.write(hashOf(project_.document()));
      timer_.start(random_.bounded(5, 60));
    });
    timer_.start(0);
  }

 private:
  const Node* anyNode() {
    const auto& nodes = project_.document().nodes();
    return nodes.empty() ? nullptr : nodes[random_.bounded(quint32(nodes.size()))].get();
  }
  void edit() {
    const Node* node = anyNode();
    const int what = node ? random_.bounded(12) : 0;
    if (what == 11) return project_.undo().undo();
    if (what == 10) return project_.undo().redo();
    project_.edit("Edit", [&](Transaction& t) -> engine::Done {
      if (what <= 2) {
        static const char* const types[] = {"Linear", "ReLU", "Tanh", "Dropout"};
        Node added;
        added.type = types[random_.bounded(4)];
        if (added.type == "Linear") added.fields = {{"out_features", int64_t(random_.bounded(1, 512))}};
        added.position = engine::document::Position{double(random_.bounded(2000)), double(random_.bounded(2000))};
        const auto made = t.addNode(added);
        if (!made) return tl::unexpected(made.error());
        return {};
      }
      if (what == 3 && project_.document().nodes().size() > 12) return t.removeNode(node->id);
      if (what == 4) return t.rename(node->id, "node_" + std::to_string(random_.bounded(1000000)));
      if (what == 5) {
        auto recipe = t.view().recipe();
        recipe.phases[0].batch = random_.bounded(1, 256);
        return t.setRecipe(std::move(recipe));
      }
      return t.move(node->id, engine::document::Position{double(random_.bounded(2000)), double(random_.bounded(2000))});
    });
  }

  Project& project_;
  Diary& diary_;
  QRandomGenerator random_;
  QTimer timer_;
};

class Heart : public QObject {
 public:
  Heart(Diary& diary, const QString& file) {
    pool_.setMaxThreadCount(1);
    timer_.setSingleShot(true);
    timer_.setInterval(kBeat);
    connect(&timer_, &QTimer::timeout, this, [this, &diary, file] {
      pool_.start([this, &diary, file] {
        if (!engine::formats::writeAtomically(utf8(file), "beat")) std::abort();
        QMetaObject::invokeMethod(this, [this, &diary] {
          diary.write("beat");
          timer_.start();
        });
      });
    });
    timer_.start();
  }

 private:
  QTimer timer_;
  QThreadPool pool_;
};

// What a round does; words of the child's command line.
//   fresh     a template, never saved          file   a project in a file, saved now and then
//   restored  what the round before has left   train  a run goes on meanwhile
// "file" is told by the file, which a round without it does not have.
int child(QApplication& application, const QStringList& words, const QString& folder, quint32 seed) {
  MainWindow window;
  window.show();
  Files& files = window.files();
  Project& project = window.project();
  if (const auto kept = files.kept(); words.contains("restored") && !kept.isEmpty()) {
    QEventLoop loop;
    QObject::connect(&files, &Files::opened, &loop, &QEventLoop::quit);
    QObject::connect(&files, &Files::failed, &loop, &QEventLoop::quit);
    files.restore(kept.first());
    loop.exec();
  } else if (QFile::exists(folder + "/p.netw")) {
    QEventLoop loop;
    QObject::connect(&files, &Files::opened, &loop, &QEventLoop::quit);
    files.open(folder + "/p.netw");
    loop.exec();
  } else {
    files.openTemplate("spirals");
  }
  Diary diary(folder + "/diary");
  diary.write(hashOf(project.document()));
  Training& training = window.training();
  if (words.contains("train")) {
    QObject::connect(&training, &Training::started, [&] { diary.write("run"); });
    if (words.contains("restored") && training.whyNotResume().isEmpty()) {
      training.resumeLast();
    } else {
      project.edit("Epochs", [&](Transaction& t) {
        auto recipe = t.view().recipe();
        recipe.phases[0].epochs = kEndless;
        return t.setRecipe(std::move(recipe));
      });
      diary.write(hashOf(project.document()));
      if (training.whyNotStart().isEmpty()) training.start();  // a restored network may be past it
    }
  }
  Editor editor(window, diary, seed);
  Heart heart(diary, folder + "/beat");
  QTimer saving;
  if (!project.path().isEmpty()) {
    QObject::connect(&saving, &QTimer::timeout, &files, &Files::save);
    saving.start(int(300 + seed % 700));
  }
  diary.write("ready");
  return application.exec();
}

// ---------------------------------------------------------------------- the parent ----

struct Line {
  qint64 when = 0;
  QByteArray what;
};

QList<Line> readDiary(const QString& path) {
  QFile file(path);
  QList<Line> lines;
  if (!file.open(QIODevice::ReadOnly)) return lines;
  for (const QByteArray& line : file.readAll().split('\n'))
    if (const auto space = line.indexOf(' '); space > 0) lines << Line{line.left(space).toLongLong(), line.mid(space + 1)};
  return lines;
}

bool isState(const Line& line) { return line.what.size() == 40; }

}  // namespace

class KillTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QRandomGenerator random_;
  QList<qint64> lost_;  // ms of edits, a round
  int runs_ = 0, begunAnew_ = 0;

  QString path(const char* name) const { return folder_.filePath(name); }
  QByteArray contentOf(const QString& file) const {
    QFile opened(file);
    return opened.open(QIODevice::ReadOnly) ? opened.readAll() : QByteArray();
  }

  void clear(bool withFile) {
    for (const auto& kept : Recovery::list()) Recovery::discard(kept);
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/unsaved").removeRecursively();
    QDir(path("p.runs")).removeRecursively();
    QFile::remove(path("p.netw"));
    if (!withFile) return;
    const auto* spirals = engine::document::templateNamed("spirals");
    const auto document = engine::document::parse(spirals->text, spirals->name);
    QVERIFY(document);
    QVERIFY(engine::document::save(*document, utf8(path("p.netw"))));
  }

  // Runs a child and kills it at a random moment. The moment, or 0.
  qint64 killOne(const QStringList& words) {
    QFile::remove(path("diary"));
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QCoreApplication::applicationFilePath(), QStringList{"--child", folder_.path(), QString::number(random_.generate())} + words);
    const bool ready = QTest::qWaitFor([&] { return contentOf(path("diary")).contains("ready") || process.state() == QProcess::NotRunning; }, kLong);
    if (!ready || process.state() == QProcess::NotRunning) return 0;
    QTest::qSleep(int(random_.bounded(2500)));
    const qint64 when = now();
    if (::kill(pid_t(process.processId()), SIGKILL) != 0) return 0;
    process.waitForFinished(-1);
    return process.exitStatus() == QProcess::CrashExit ? when : 0;
  }

  void runGoesOn(MainWindow& window) {
    Training& training = window.training();
    training.resumeLast();
    const QString folder = training.runFolder();
    const bool anew = !QFile::exists(folder + "/checkpoint.safetensors");
    begunAnew_ += anew;
    // With the recipe of the template, where that is what came back, it may be at its end already.
    QTRY_VERIFY_WITH_TIMEOUT(!training.isActive() || training.status().step > 0, kLong);
    const qint64 from = training.status().step;
    QTRY_VERIFY_WITH_TIMEOUT(!training.isActive() || training.status().step > from, kLong);
    training.stop();
    QTRY_VERIFY_WITH_TIMEOUT(!training.isActive(), kLong);
    QVERIFY2(training.state() != Training::State::failed, training.status().problem ? toString(*training.status().problem).c_str() : "");
    ++runs_;
    // Every step once, whatever was lost in between.
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder + "/run.json"), kLong);
    qint64 step = 0;
    for (const QByteArray& line : contentOf(folder + "/log.jsonl").split('\n'))
      if (line.contains("\"lr\"")) QCOMPARE(QJsonDocument::fromJson(line).object()["step"].toInteger(), ++step);
    QCOMPARE(step, training.status().step);
    QCOMPARE(QJsonDocument::fromJson(contentOf(folder + "/run.json")).object()["steps"].toInteger(), step);
  }

  void round(const QStringList& words) {
    if (!words.contains("restored")) clear(words.contains("file"));
    const qint64 killed = killOne(words);
    QVERIFY(killed > 0);

    // What was kept is a strip on the first page with a button; without one the file is opened, or the template again.
    MainWindow window;
    window.show();
    window.showWelcome(true);
    QVERIFY(window.files().kept().size() <= 1);
    const bool kept = !window.files().kept().isEmpty();
    const bool hasFile = QFile::exists(path("p.netw"));
    if (kept) {
      auto* restore = window.findChild<QPushButton*>("restore");
      QVERIFY(restore);
      QTest::mouseClick(restore, Qt::LeftButton);
    } else if (hasFile) {
      window.files().open(path("p.netw"));
    } else {
      window.files().openTemplate("spirals");
    }
    QTRY_VERIFY_WITH_TIMEOUT(!window.isWelcome(), kLong);
    QCOMPARE(window.project().path(), hasFile ? path("p.netw") : QString());

    const QList<Line> lines = readDiary(path("diary"));
    const QByteArray found = hashOf(window.project().document());
    qsizetype at = lines.size() - 1;
    while (at >= 0 && lines[at].what != found) --at;
    QVERIFY2(at >= 0, "it is no state that the project ever had");
    qint64 firstLost = 0;
    int beats = 0, run = -1;  // beats since the first edit that is lost, and since the run began
    for (qsizetype i = at + 1; i < lines.size(); ++i) {
      if (isState(lines[i]) && !firstLost) firstLost = lines[i].when;
      else if (lines[i].what == "beat" && firstLost) ++beats;
    }
    for (const Line& line : lines)
      if (line.what == "run") run = 0;
      else if (line.what == "beat" && run >= 0) ++run;
    lost_ << (firstLost ? killed - firstLost : 0);
    QVERIFY2(beats <= kMostBeats, qPrintable(QString("%1 beats, %2 ms").arg(beats).arg(lost_.last())));

    if (run > kMostBeats || (run >= 0 && window.training().whyNotResume().isEmpty())) {
      QVERIFY2(window.training().whyNotResume().isEmpty(), qPrintable(window.training().whyNotResume()));
      runGoesOn(window);
    }
    window.close();
  }

 private slots:
  void everyProjectComesBackAndEveryRunGoesOn() {
    const QStringList kinds[] = {{"fresh"}, {"file"}, {"restored"}, {"fresh", "train"}, {"restored", "train"}, {"file", "train"}, {"restored", "train"}, {"restored"}};
    bool given = false;
    const int wanted = qEnvironmentVariableIntValue("NETWRIGHT_KILLS", &given), rounds = given ? wanted : int(std::size(kinds));
    const int seed = qEnvironmentVariableIntValue("NETWRIGHT_KILL_SEED", &given);
    random_.seed(quint32(given ? seed : 1));
    for (int i = 0; i < rounds; ++i) {
      round(kinds[size_t(i) % std::size(kinds)]);
      if (QTest::currentTestFailed()) QFAIL(qPrintable(QString("in round %1: %2").arg(i + 1).arg(kinds[size_t(i) % std::size(kinds)].join(' '))));
    }
    std::sort(lost_.begin(), lost_.end());
    qInfo("%d kills; edits lost: median %lld ms, 95 of 100 below %lld ms, most %lld ms; %d runs went on, %d of them from their beginning", rounds,
          lost_[lost_.size() / 2], lost_[lost_.size() * 95 / 100], lost_.last(), runs_, begunAnew_);
    QVERIFY(runs_ > 0 || rounds < int(std::size(kinds)));
  }
};

int main(int argc, char** argv) {
  // A home of our own for parent and children, so that the studio's places for kept work are empty and nobody else's.
  QTemporaryDir home;
  const bool isChild = argc > 3 && qstrcmp(argv[1], "--child") == 0;
  if (!isChild)
    for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}) qputenv(name, (home.path() + "/" + name).toLocal8Bit());
  QApplication application(argc, argv);
  QCoreApplication::setOrganizationName("netwright-test");
  QCoreApplication::setApplicationName("kill_test");
  setUpLook();
  if (isChild) {
    const QStringList arguments = application.arguments();
    return child(application, arguments.mid(4), arguments[2], arguments[3].toUInt());
  }
  if (qEnvironmentVariableIsSet("NETWRIGHT_KILLS")) qputenv("QTEST_FUNCTION_TIMEOUT", "36000000");  // as long as it takes
  KillTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "kill_test.moc"
