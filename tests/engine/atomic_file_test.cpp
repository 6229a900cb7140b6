// Files are replaced whole or not at all: on success, on a full disk, without rights, through links, and when dropped.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "engine/formats/atomic_file.h"

using namespace engine;
using namespace engine::formats;

namespace {

std::string read(const std::string& path) {
  QFile file(QString::fromStdString(path));
  if (!file.open(QIODevice::ReadOnly)) return "<cannot be read>";
  return file.readAll().toStdString();
}

namespace {

// Root may write everywhere: what follows is done by a user who owns the folder and nothing else.
class AsNobody {
 public:
  explicit AsNobody(const QByteArray& folder) : wasRoot_(geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (wasRoot_ && (chown(folder, kNobody, gid_t(-1)) || setresuid(kNobody, kNobody, 0))) qFatal("root cannot become nobody");
  }
  ~AsNobody() {
    if (wasRoot_ && setresuid(0, 0, 0)) qFatal("nobody cannot become root again");
  }

 private:
  bool wasRoot_;
};

}  // namespace

// The disk is full after so many bytes, as long as this lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    old_ = std::signal(SIGXFSZ, SIG_IGN);  // else the process is ended instead of told
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, old_);
  }

 private:
  rlimit limit_{};
  void (*old_)(int);
};

}  // namespace

class AtomicFileTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath("project.netw").toStdString();
  }

  void writesNewAndReplacesOld() {
    QVERIFY(writeAtomically(path_, "first"));
    QCOMPARE(read(path_), std::string("first"));
    QVERIFY(writeAtomically(path_, "second, which is longer"));
    QCOMPARE(read(path_), std::string("second, which is longer"));
    QVERIFY(writeAtomically(path_, ""));
    QCOMPARE(read(path_), std::string());
    QCOMPARE(files(), 1);
  }

  void theOldFileIsThereUntilCommit() {
    QVERIFY(writeAtomically(path_, "old"));
    auto file = AtomicFile::create(path_);
    QVERIFY(file);
    QVERIFY(file->write(std::string(1 << 20, 'x')));
    QCOMPARE(read(path_), std::string("old"));
    QVERIFY(file->commit());
    QCOMPARE(read(path_), std::string(1 << 20, 'x'));
    QCOMPARE(file->size(), int64_t(1 << 20));
    QCOMPARE(files(), 1);
  }

  void droppedItLeavesNoTrace() {
    QVERIFY(writeAtomically(path_, "old"));
    {
      auto file = AtomicFile::create(path_);
      QVERIFY(file);
      AtomicFile moved = std::move(*file);
      QVERIFY(moved.write("new"));
      QCOMPARE(files(), 2);
    }
    QCOMPARE(files(), 1);
    QCOMPARE(read(path_), std::string("old"));
  }

  void aFullDiskKeepsTheOldFile() {
    QVERIFY(writeAtomically(path_, "old"));
    const FullDisk full(1000);
    const Done done = writeAtomically(path_, std::string(300'000, 'x'));
    QVERIFY(!done);
    QVERIFY(QString::fromStdString(toString(done.error())).contains("free some space"));
    QVERIFY(done.error().place == Place::file(path_));
    QCOMPARE(read(path_), std::string("old"));
    QCOMPARE(files(), 1);
  }

  void afterAFailureNothingIsCommitted() {
    QVERIFY(writeAtomically(path_, "old"));
    auto file = AtomicFile::create(path_);
    QVERIFY(file);
    {
      const FullDisk full(1000);
      QVERIFY(!file->write(std::string(300'000, 'x')));
    }
    QVERIFY(!file->write("more"));
    QVERIFY(!file->commit());
    QCOMPARE(read(path_), std::string("old"));
    QCOMPARE(files(), 1);
  }

  void aFullDeviceIsToldAtTheEnd() {
    const Done done = writeAtomically("/dev/full", "bytes");
    QVERIFY(!done);
    QVERIFY(QString::fromStdString(toString(done.error())).contains("No space left"));
    struct stat info {};
    QCOMPARE(stat("/dev/full", &info), 0);
    QVERIFY(S_ISCHR(info.st_mode));  // not replaced by a file
  }

  void pathsThatCannotBeFiles_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("says");
    QTest::newRow("no folder") << "absent/project.netw"
                               << "make the folder first";
    QTest::newRow("a folder") << "."
                              << "give the name of a file";
    QTest::newRow("a long name") << QString(400, 'n') << "too long";
  }
  void pathsThatCannotBeFiles() {
    QFETCH(QString, name);
    QFETCH(QString, says);
    const Done done = writeAtomically(folder_->filePath(name).toStdString(), "bytes");
    QVERIFY(!done);
    QVERIFY2(QString::fromStdString(toString(done.error())).contains(says), toString(done.error()).c_str());
    QCOMPARE(files(), 0);
  }

  void withoutRightsTheOldFileStays() {
    const AsNobody nobody(folder_->path().toLocal8Bit());
    QVERIFY(writeAtomically(path_, "old"));
    chmod(path_.c_str(), 0444);
    QVERIFY(!writeAtomically(path_, "new"));
    chmod(path_.c_str(), 0644);
    chmod(folder_->path().toLocal8Bit(), 0555);
    QVERIFY(!writeAtomically(path_, "new"));
    chmod(folder_->path().toLocal8Bit(), 0755);
    QCOMPARE(read(path_), std::string("old"));
  }

  void keepsPermissionsAndLinks() {
    QVERIFY(writeAtomically(path_, "old"));
    QCOMPARE(chmod(path_.c_str(), 0640), 0);
    const std::string link = folder_->filePath("link").toStdString();
    QCOMPARE(symlink("project.netw", link.c_str()), 0);
    QVERIFY(writeAtomically(link, "new"));
    QCOMPARE(read(path_), std::string("new"));
    struct stat info {};
    QCOMPARE(lstat(link.c_str(), &info), 0);
    QVERIFY(S_ISLNK(info.st_mode));
    QCOMPARE(stat(path_.c_str(), &info), 0);
    QCOMPARE(int(info.st_mode & 0777), 0640);
  }

 private:
  int files() const { return int(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden).size()); }
  std::unique_ptr<QTemporaryDir> folder_;
  std::string path_;
};

QTEST_APPLESS_MAIN(AtomicFileTest)
#include "atomic_file_test.moc"
