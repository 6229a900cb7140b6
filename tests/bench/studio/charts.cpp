#include <QApplication>
#include <QPixmap>
#include <cmath>
#include <cstdio>

#include "tests/bench/studio/bench.h"
#include "ui/charts/chart.h"

namespace bench {

void charts() {
  std::printf("| chart of | frame painted anew (median) | 95th percentile | zoomed to a hundredth | a point more |\n|---:|---:|---:|---:|---:|\n");
  for (const int64_t points : {10000, 100000, 1000000}) {
    ui::Series raw, smooth(size_t(1) << 16);
    uint32_t random = 1;
    for (int64_t i = 0; i < points; ++i) {
      random = random * 1664525U + 1013904223U;
      const double level = 0.1 + 2 * std::exp(-double(i) * 6 / double(points));
      raw.append(i, level * (0.7 + 0.6 * double(random) / 4294967296.0));
      smooth.append(i, level);
    }
    ui::ChartData data;
    data.lines.push_back({.name = "training", .raw = &raw, .smooth = &smooth});
    ui::Chart chart;
    chart.resize(420, 200);
    QPixmap screen(chart.size());
    QElapsedTimer timer;
    const auto frame = [&](Times& times, int64_t planned) {
      timer.start();
      chart.setData(data, planned);
      chart.render(&screen);
      times.all.push_back(millisecondsOf(timer));
    };
    Times whole, part, more;
    for (int i = 0; i < 100; ++i) frame(whole, points + i);
    for (int i = 0; i < 100; ++i) {
      timer.start();
      raw.append(points + i, 0.1);
      smooth.append(points + i, 0.1);
      more.all.push_back(millisecondsOf(timer));
    }
    for (int i = 0; i < 100; ++i) frame(part, points / 100 + i);
    std::printf("| %lld | %.2f | %.2f | %.2f | %.4f |\n", (long long)points, whole.at(0.5), whole.at(0.95), part.at(0.5), more.at(0.95));
  }
  std::printf("\n");
}

}  // namespace bench
