// The pool runs every slice once, keeps its promises about visibility and nesting, and lets idle workers sleep.
#include "kernels/pool.h"

#include <omp.h>
#include <sys/resource.h>

#include <QTest>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using kernels::Cpu;
using kernels::forSlices;
using kernels::Pool;
using kernels::Slices;

class PoolTest : public QObject {
  Q_OBJECT

 private slots:
  void everySliceRunsOnce_data() {
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("slices");
    for (const int threads : {1, 2, 3, 7})
      for (const int slices : {0, 1, 2, 3, 8, 1000})
        QTest::addRow("%d threads, %d slices", threads, slices) << threads << slices;
  }
  void everySliceRunsOnce() {
    QFETCH(int, threads);
    QFETCH(int, slices);
    Pool pool(threads);
    QCOMPARE(pool.threads(), threads);
    Cpu cpu{&pool};
    // Plain ints: if two threads ran one slice, or the results were not visible, the thread sanitizer would say so too.
    std::vector<int> runs(size_t(slices), 0);
    for (int repeat = 0; repeat < 20; ++repeat) forSlices(cpu, slices, [&](int slice) { ++runs[size_t(slice)]; });
    QCOMPARE(runs, std::vector<int>(size_t(slices), 20));
  }

  // What a thread takes first is the front of its own share, in every region.
  void sharesStayWithTheirThreads() {
    constexpr int threads = 3, slices = 12;
    Pool pool(threads);
    Cpu cpu{&pool};
    std::vector<std::thread::id> first(threads);
    for (int region = 0; region < 50; ++region) {
      std::atomic<int> arrived{0};
      std::vector<std::thread::id> ran(slices);
      forSlices(cpu, slices, [&](int slice) {
        ran[size_t(slice)] = std::this_thread::get_id();
        if (slice % (slices / threads)) return;
        ++arrived;
        while (arrived < threads) std::this_thread::yield();  // all three hold the front of a share
      });
      for (int t = 0; t < threads; ++t) {
        const std::thread::id id = ran[size_t(t * slices / threads)];
        if (region == 0) first[size_t(t)] = id;
        QVERIFY(id == first[size_t(t)]);
      }
    }
    QVERIFY(first[0] == std::this_thread::get_id());
  }

  void manySmallRegionsSeeEachOthersResults() {
    Pool pool(3);
    Cpu cpu{&pool};
    std::vector<int64_t> values(5, 1);
    for (int region = 1; region <= 20000; ++region)  // each slice reads what another thread may have written before
      forSlices(cpu, 5, [&, region](int slice) {
        values[size_t(slice)] = values[size_t(slice)] + (region % (slice + 1) == 0);
      });
    QCOMPARE(values, (std::vector<int64_t>{20001, 10001, 6667, 5001, 4001}));
  }

  void sumsOverSlicesFixedByShape() {
    Pool pool(4);
    Cpu cpu{&pool};
    const Slices slices(1000003, 10);
    QCOMPARE(slices.number, 64);
    QCOMPARE(slices.begin(0), 0);
    QCOMPARE(slices.begin(64), 1000003);
    std::vector<int64_t> part(64);
    forSlices(cpu, slices.number, [&](int s) {
      for (int64_t i = slices.begin(s); i < slices.begin(s + 1); ++i) part[size_t(s)] += i;
    });
    int64_t sum = 0;
    for (const int64_t p : part) sum += p;
    QCOMPARE(sum, int64_t(1000003) * 1000002 / 2);
  }

  void workersTakePart() {
    Pool pool(2);
    std::mutex guard;
    std::set<std::thread::id> seen;
    std::atomic<int> arrived{0};
    Cpu cpu{&pool};
    forSlices(cpu, 2, [&](int) {  // each waits for the other, so one thread alone would never end
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
      const std::lock_guard lock(guard);
      seen.insert(std::this_thread::get_id());
    });
    QCOMPARE(int(seen.size()), 2);
  }

  void aRegionInsideASliceRunsThere() {
    Pool pool(3);
    Cpu cpu{&pool};
    std::atomic<int> inner{0}, elsewhere{0};
    forSlices(cpu, 6, [&](int) {
      const auto self = std::this_thread::get_id();
      forSlices(cpu, 4, [&](int) {
        ++inner;
        if (std::this_thread::get_id() != self) ++elsewhere;
      });
    });
    QCOMPARE(inner.load(), 24);
    QCOMPARE(elsewhere.load(), 0);
  }

  void twoCallersAtOnce() {
    Pool pool(3);
    std::atomic<int> count{0};
    const auto call = [&] {
      Cpu cpu{&pool};
      for (int i = 0; i < 2000; ++i) forSlices(cpu, 4, [&](int) { count.fetch_add(1, std::memory_order_relaxed); });
    };
    std::thread other(call);
    call();
    other.join();
    QCOMPARE(count.load(), 16000);
  }

  void withoutAPoolEverythingRunsHere() {
    Cpu cpu;
    int count = 0;
    kernels::runSlices(
        cpu, 5, [](const void* c, int slice) { **static_cast<int* const*>(c) += slice; },
        [&] {
          static int* p;
          p = &count;
          return static_cast<const void*>(&p);
        }());
    QCOMPARE(count, 10);
  }

  void idleWorkersSleep() {
    Pool pool(3);
    Cpu cpu{&pool};
    forSlices(cpu, 8, [](int) {});
    const auto used = [] {
      rusage u{};
      getrusage(RUSAGE_SELF, &u);
      return double(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * double(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    };
    QTest::qSleep(20);  // they spin for a moment
    const double before = used();
    QTest::qSleep(300);
    const double after = used();
    QVERIFY2(after - before < 0.1, "two spinning workers would use up to 0.6 s of processor time");
    std::atomic<int> woken{0};
    forSlices(cpu, 8, [&](int) { ++woken; });  // and they wake up again
    QCOMPARE(woken.load(), 8);
  }

  void workersTellLibrariesToUseOneThread() {
    Pool pool(2);
    Cpu cpu{&pool};
    const auto caller = std::this_thread::get_id();
    std::atomic<int> arrived{0}, most{0};
    forSlices(cpu, 2, [&](int) {
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
      if (std::this_thread::get_id() != caller) most = omp_get_max_threads();
    });
    omp_set_num_threads(3);
    kernels::oneThreadForLibraries();
    QCOMPARE(omp_get_max_threads(), 1);
    QCOMPARE(most.load(), 1);
  }
};

QTEST_APPLESS_MAIN(PoolTest)
#include "pool_test.moc"
