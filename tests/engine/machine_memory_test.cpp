// What a control group leaves a process, as the files of Linux say it.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <limits>

#include "engine/data/machine_memory.h"

namespace engine::data {

constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

class MachineMemoryTest : public QObject {
  Q_OBJECT
 private slots:
  void theSmallestLimitCounts_data() {
    QTest::addColumn<QString>("groups");
    QTest::addColumn<QStringList>("files");  // path=content
    QTest::addColumn<qint64>("limit");
    const auto row = [](const char* name, const char* groups, const QStringList& files, int64_t limit) { QTest::newRow(name) << groups << files << qint64(limit); };
    row("nothing is there", "0::/a\n", {}, kNone);
    row("no file of groups", "", {}, kNone);
    row("version 2", "0::/job\n", {"job/memory.max=4096\n"}, 4096);
    row("version 2, none", "0::/job\n", {"job/memory.max=max\n"}, kNone);
    row("around it", "0::/all/job\n", {"all/memory.max=2048\n", "all/job/memory.max=4096\n"}, 2048);
    row("a container's top", "0::/\n", {"memory.max=8192\n"}, 8192);
    row("another's group", "0::/../other\n", {"memory.max=8192\n", "other/memory.max=1\n"}, 8192);
    row("version 1", "9:name=systemd:/\n4:memory:/job\n0::/\n", {"memory/job/memory.limit_in_bytes=4096\n"}, 4096);
    row("version 1, the path of outside", "4:memory:/docker/1234\n", {"memory/memory.limit_in_bytes=4096\n"}, 4096);
    row("version 1, several", "4:cpu,memory:/job\n", {"memory/job/memory.limit_in_bytes=4096\n"}, 4096);
    row("version 1, none", "4:memory:/\n", {"memory/memory.limit_in_bytes=9223372036854771712\n"}, 9223372036854771712);
    row("others' controllers", "4:memory2:/job\n", {"memory/job/memory.limit_in_bytes=4096\n"}, kNone);
    row("no number", "0::/job\n", {"job/memory.max=\n"}, kNone);
    row("less than nothing", "0::/job\n", {"job/memory.max=-5\n"}, kNone);
    row("more than a number", "0::/job\n", {"job/memory.max=99999999999999999999\n"}, kNone);
    row("no lines of groups", "memory\n:\n::\n", {"memory.max=4096\n"}, 4096);
  }
  void theSmallestLimitCounts() {
    QFETCH(QString, groups);
    QFETCH(QStringList, files);
    const QTemporaryDir root;
    for (const QString& each : files) {
      const QString path = root.filePath(each.section('=', 0, 0));
      QVERIFY(QDir().mkpath(QFileInfo(path).path()));
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(each.section('=', 1).toUtf8());
    }
    QTEST(qint64(limitOfGroups(groups.toStdString(), root.path().toStdString())), "limit");
  }

  void theMachineHasSome() {
    QVERIFY(memoryOfMachine() > (int64_t(1) << 26));
    QVERIFY(memoryOfMachine() < kNone);
  }
};

}  // namespace engine::data

QTEST_APPLESS_MAIN(engine::data::MachineMemoryTest)
#include "machine_memory_test.moc"
