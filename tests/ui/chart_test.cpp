// Curves and charts: no spike lost, no step into what is not a number, bounded memory, the user's zoom, and files for
// other programs.
#include <QClipboard>
#include <QElapsedTimer>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QMouseEvent>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "engine/document/json.h"
#include "ui/charts/charts_panel.h"
#include "ui/charts/curves_csv.h"
#include "ui/charts/decimate.h"
#include "ui/charts/speed_panel.h"
#include "ui/model/text.h"
#include "ui/run/log.h"
#include "ui/shell/message_bar.h"
#include "ui/theme/style.h"

using ui::Axis;
using ui::Chart;
using ui::ChartData;
using ui::Series;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

engine::document::Document templateOf(const char* name, int epochs) {
  auto document = engine::document::load(std::string(NETWRIGHT_SOURCE_DIR "/resources/templates/") + name + ".netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  engine::document::Transaction t(*document);
  auto recipe = document->recipe();
  recipe.phases[0].epochs = epochs;
  if (!t.setRecipe(recipe) || !document->apply(*t.finish())) qFatal("the recipe of the template does not fit");
  return *document;
}

// Highest and lowest of all points of all stretches.
std::pair<double, double> extremes(const std::vector<ui::Stretch>& stretches) {
  double lowest = kInf, highest = -kInf;
  for (const auto& stretch : stretches)
    for (const QPointF& p : stretch) lowest = std::min(lowest, p.y()), highest = std::max(highest, p.y());
  return {lowest, highest};
}

void wheel(Chart& chart, QPointF at, int notches) {
  QWheelEvent event(at, chart.mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
  QCoreApplication::sendEvent(&chart, &event);
}

struct PanelDesk {  // the charts of a project that has its own folder
  QTemporaryDir folder;
  ui::Project project;
  ui::Training training{project};
  ui::ChartsPanel panel{project, training};
  explicit PanelDesk(int epochs) {
    project.replace(templateOf("xor", epochs), folder.filePath("net.netw"));
    panel.resize(900, 240);
    panel.show();
  }
};

struct Drawn {  // a chart with a curve of a thousand steps, ten an epoch
  Series raw, smooth;
  Chart chart;
  Drawn() {
    for (int i = 1; i <= 1000; ++i) raw.append(i, 2.0 / i + (i % 7) * 0.01), smooth.append(i, 2.0 / i);
    ChartData data;
    data.title = "Loss";
    data.stepsAnEpoch = 10;
    data.lines.push_back({"training", 0, &raw, &smooth});
    chart.resize(640, 220);
    chart.setData(data, 1000);
    chart.show();
  }
};

}  // namespace

class ChartTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("netwright-tests");
    Q_INIT_RESOURCE(ui_resources);
    ui::setUpLook();
  }

  void noSpikeIsLostInAMillionPoints() {
    std::mt19937 random(1);
    std::normal_distribution<double> noise(0.3, 0.02);
    Series series;
    for (int i = 1; i <= 1000000; ++i) series.append(i, i == 654321 ? 9.5 : i == 123456 ? -4 : noise(random));
    for (const int pixels : {50, 640, 4000}) {
      const auto stretches = decimate(series, 0, 1000000, pixels);
      QCOMPARE(stretches.size(), size_t(1));
      QVERIFY(stretches[0].size() <= size_t(2 * pixels + 4));
      QCOMPARE(extremes(stretches), std::make_pair(-4.0, 9.5));
      for (size_t i = 1; i < stretches[0].size(); ++i) QVERIFY(stretches[0][i - 1].x() <= stretches[0][i].x());
    }
    // Zoomed in, each step is itself.
    const auto close = decimate(series, 654300, 654340, 640);
    QCOMPARE(extremes(close).second, 9.5);
    QVERIFY(close[0].size() >= 40);
    const auto extent = series.extent(600000, 700000);
    QCOMPARE(extent.highest, 9.5);
    QVERIFY(series.extent(1, 600000).highest < 1);
    QVERIFY(series.bytes() < size_t(64) << 20);
  }

  void memoryIsBoundedAndExtremesStay() {
    Series series(1024);
    for (int i = 1; i <= 100000; ++i) series.append(i, i == 77777 ? 5 : 1 + (i % 3) * 0.1);
    QVERIFY(series.size() <= 1024);
    QVERIFY(series.bytes() < 64 * 1024);
    QCOMPARE(series.lastX(), 100000);
    QCOMPARE(extremes(decimate(series, 0, 100000, 300)), std::make_pair(1.0, 5.0));
    QCOMPARE(series.extent(0, 100000).highest, 5.0);
    QVERIFY(series.extent(0, 70000).highest < 2);
  }

  // The pyramid tells of any stretch what a loop over its steps tells.
  void anyStretchAgreesWithALoop() {
    std::mt19937 random(7);
    std::vector<double> values{0};
    Series series;
    for (int i = 1; i <= 5000; ++i) {
      values.push_back(std::uniform_real_distribution<double>(0, 1)(random));
      series.append(i, values.back());
    }
    for (int trial = 0; trial < 300; ++trial) {
      int a = int(random() % 5000) + 1, b = int(random() % 5000) + 1;
      if (a > b) std::swap(a, b);
      // visit() gives one more on either side.
      double lowest = kInf, highest = -kInf;
      uint32_t last = 0;
      series.visit(a, b, 100000, [&](const Series::Bucket& bucket) {
        QVERIFY(bucket.x > last);
        last = bucket.x;
        if (int(bucket.x) < a || int(bucket.x) > b) return;
        lowest = std::min(lowest, double(bucket.lowest));
        highest = std::max(highest, double(bucket.highest));
      });
      QCOMPARE(float(lowest), float(*std::min_element(values.begin() + a, values.begin() + b + 1)));
      QCOMPARE(float(highest), float(*std::max_element(values.begin() + a, values.begin() + b + 1)));
      // Coarse buckets may hold more, never less.
      double coarse = -kInf;
      series.visit(a, b, 8, [&](const Series::Bucket& bucket) { coarse = std::max(coarse, double(bucket.highest)); });
      QVERIFY(coarse >= highest);
    }
  }

  void theCurveIsSplitWhereItIsNoNumber() {
    Series series;
    for (int i = 1; i <= 100; ++i) series.append(i, i == 40 ? kNaN : i == 70 ? kInf : 1.0 + i * 0.001);
    const auto stretches = decimate(series, 0, 100, 500);
    QCOMPARE(stretches.size(), size_t(3));
    QCOMPARE(stretches[0].size(), size_t(39));
    QCOMPARE(stretches[1].front().x(), 41 * 5.0);
    QCOMPARE(std::vector<uint32_t>(series.breaks().begin(), series.breaks().end()), (std::vector<uint32_t>{40, 70}));
    QVERIFY(std::isfinite(series.extent(0, 100).highest));
    // All of it joined into a few columns: still three pieces, or as many as there are columns.
    QVERIFY(decimate(series, 0, 100, 10).size() >= 3);
  }

  void ticksAreRoundAndFit() {
    for (const auto& [from, to] : {std::pair(0.0, 10.0), {0.003, 0.0041}, {-5.0, 123456.0}, {0.84, 0.96}}) {
      const auto ticks = ui::ticksOf({from, to, false}, 6);
      QVERIFY(ticks.size() >= 2 && ticks.size() <= 8);
      for (const auto& tick : ticks) QVERIFY(tick.value >= from - 1e-9 && tick.value <= to + 1e-9);
    }
    QStringList texts;
    for (const auto& tick : ui::ticksOf({0.09, 2.5, true}, 6)) texts << tick.text;
    QCOMPARE(texts, (QStringList{"0.1", "0.2", "0.5", "1", "2"}));
    QVERIFY(ui::ticksOf({1e-12, 1e12, true}, 6).size() <= 6);
    QVERIFY(ui::ticksOf({0.301, 0.309, true}, 6).size() >= 2);
    for (const bool log : {false, true}) {
      const Axis axis = ui::axisAround(0.5, 0.5, log);
      QVERIFY(axis.from < 0.5 && axis.to > 0.5);
      QVERIFY(std::abs(axis.valueAt(axis.part(0.55)) - 0.55) < 1e-12);
    }
  }

  void aLogAxisStaysAboveZero() {
    Series series;
    for (int i = 1; i <= 50; ++i) series.append(i, i % 10 == 0 ? 0.0 : 0.01 * i);
    ChartData data;
    data.lines.push_back({"training", 0, &series, &series});
    const Axis y = ui::fittingY(data, {0, 50, false}, true);
    QVERIFY(y.log);
    QVERIFY(y.from > 0 && y.from <= 0.01);
    Series zeros;
    zeros.append(1, 0);
    zeros.append(2, -1);
    data.lines[0].raw = data.lines[0].smooth = &zeros;
    QVERIFY(!ui::fittingY(data, {0, 50, false}, true).log);  // nothing has a logarithm
  }

  // At its beginning a run has the width of the chart, not a sliver of all that is planned; and it moves seldom.
  void theAxisOfStepsFollowsTheRun() {
    constexpr int64_t kPlanned = 10000;
    Series curve;
    ChartData data;
    data.lines.push_back({.name = "training", .raw = &curve, .smooth = &curve});
    QCOMPARE(ui::fullX(data, kPlanned).to, double(kPlanned));  // nothing yet: what is to come
    int moves = 0;
    double before = 0;
    for (int64_t step = 1; step <= kPlanned; ++step) {
      curve.append(step, 1.0 / double(step));
      const Axis x = ui::fullX(data, kPlanned);
      QVERIFY(x.from == 0 && x.to >= double(step) && x.to <= double(kPlanned));
      if (step > 20) QVERIFY(double(step) > x.to * 0.6);
      moves += x.to != before;
      before = x.to;
    }
    QCOMPARE(before, double(kPlanned));
    QVERIFY2(moves < 20, qPrintable(QString::number(moves)));
  }

  void theWheelZoomsAtTheCursorAndADoubleClickResets() {
    Drawn d;
    const QRectF plot = d.chart.plot();
    const QPointF at(plot.left() + plot.width() * 0.25, plot.center().y());
    const double before = d.chart.view().x.valueAt(0.25);
    wheel(d.chart, at, 4);
    QVERIFY(d.chart.isZoomed());
    const QRectF now = d.chart.plot();  // labels may be wider by now
    QVERIFY(std::abs(d.chart.view().x.valueAt((at.x() - now.left()) / now.width()) - before) < 10);
    QVERIFY(d.chart.view().x.to - d.chart.view().x.from < 500);
    const double from = d.chart.view().x.from;
    QTest::mousePress(&d.chart, Qt::LeftButton, {}, at.toPoint());
    QTest::mouseMove(&d.chart, at.toPoint() - QPoint(30, 0));
    QTest::mouseMove(&d.chart, at.toPoint() - QPoint(80, 0));
    QTest::mouseRelease(&d.chart, Qt::LeftButton, {}, at.toPoint() - QPoint(80, 0));
    QVERIFY(d.chart.view().x.from > from);
    // New numbers do not take the zoom away.
    const Axis x = d.chart.view().x;
    d.raw.append(1001, 0.5);
    d.smooth.append(1001, 0.5);
    d.chart.setData(d.chart.data(), 2000);
    QCOMPARE(d.chart.view().x, x);
    QTest::mouseDClick(&d.chart, Qt::LeftButton, {}, at.toPoint());
    QVERIFY(!d.chart.isZoomed());
    QCOMPARE(d.chart.view().x, ui::fullX(d.chart.data(), 2000));
    // All the way out is no zoom, and no further.
    wheel(d.chart, at, 2);
    wheel(d.chart, at, -9);
    QVERIFY(!d.chart.isZoomed());
    QCOMPARE(d.chart.view().x.from, 0.0);
  }

  void keysZoomToo() {
    Drawn d;
    d.chart.setFocus();
    QTest::keyClick(&d.chart, Qt::Key_Plus);
    QVERIFY(d.chart.isZoomed());
    const double from = d.chart.view().x.from;
    QTest::keyClick(&d.chart, Qt::Key_Right);
    QVERIFY(d.chart.view().x.from > from);
    QTest::keyClick(&d.chart, Qt::Key_Home);
    QVERIFY(!d.chart.isZoomed());
  }

  void theCursorReadsTheCurve() {
    Drawn d;
    QVERIFY(QTest::qWaitForWindowExposed(&d.chart));
    const QRectF plot = d.chart.plot();
    // Sent to the widget itself: the offscreen platform keeps the moves of QTest to itself.
    const auto moveTo = [&](QPointF at) {
      QMouseEvent move(QEvent::MouseMove, at, d.chart.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
      QCoreApplication::sendEvent(&d.chart, &move);
    };
    moveTo(QPointF(int(plot.left() + plot.width() / 2), int(plot.center().y())));
    const QStringList lines = d.chart.readOut().split('\n');
    QCOMPARE(lines.size(), 2);
    const auto match = QRegularExpression("^epoch ([0-9.]+), step ([0-9]+)$").match(lines[0]);
    QVERIFY2(match.hasMatch(), qPrintable(lines[0]));
    const int step = match.captured(2).toInt();
    QVERIFY(std::abs(step - 500) <= 2);
    QCOMPARE(match.captured(1), QString::number(step / 10.0, 'f', 2));
    QVERIFY2(lines[1].startsWith("training  0.00"), qPrintable(lines[1]));
    QVERIFY2(lines[1].contains(valueText(d.chart.data(), 2.0 / step + (step % 7) * 0.01)), qPrintable(lines[1]));
    moveTo(QPointF(1, 1));
    QVERIFY(d.chart.readOut().isEmpty());
  }

  void theCursorDoesNotPaintTheCurveAnew() {
    Drawn d;
    QVERIFY(QTest::qWaitForWindowExposed(&d.chart));
    d.chart.grab();
    const int pictures = d.chart.pictures();
    const QPoint middle = d.chart.plot().center().toPoint();
    for (int i = 0; i < 20; ++i) {
      QTest::mouseMove(&d.chart, middle + QPoint(i, 0));
      d.chart.grab();
    }
    QCOMPARE(d.chart.pictures(), pictures);
    d.chart.hide();
    for (int i = 0; i < 20; ++i) d.chart.setData(d.chart.data(), 1000);
    QCoreApplication::processEvents();
    QCOMPARE(d.chart.pictures(), pictures);  // nothing is painted that nobody sees
  }

  void aMillionPointsAreDrawnInAFrame() {
    Drawn d;
    for (int i = 1001; i <= 1000000; ++i) d.raw.append(i, 0.3 + (i % 100) * 0.001);
    d.chart.setData(d.chart.data(), 1000000);
    d.chart.grab();
    QElapsedTimer timer;
    timer.start();
    constexpr int kFrames = 20;
    for (int i = 0; i < kFrames; ++i) {
      d.raw.append(1000000 + i, 0.3);
      d.chart.setData(d.chart.data(), 1000000);
      d.chart.grab();
    }
    qInfo("a frame with a million points: %.2f ms", double(timer.elapsed()) / kFrames);
    QVERIFY(d.chart.pictures() > kFrames);
  }

  void aLineOfManyPointsKeepsItsLook() {
    QPolygonF line;
    uint32_t random = 7;
    for (int i = 0; i < 100000; ++i) {
      random = random * 1664525U + 1013904223U;
      line << QPointF(i * 0.003, double(random >> 8) / double(1 << 24));
    }
    const QPolygonF few = ui::thinned(line);
    QVERIFY(few.size() <= 4 * 301);
    QCOMPARE(few.front(), line.front());
    QCOMPARE(few.back(), line.back());
    for (int column : {0, 150, 299}) {
      const auto extent = [column](const QPolygonF& of) {
        double low = INFINITY, high = -INFINITY;
        for (const QPointF& p : of)
          if (int(p.x()) == column) low = std::min(low, p.y()), high = std::max(high, p.y());
        return QPointF(low, high);
      };
      QCOMPARE(extent(few), extent(line));
    }
    for (qsizetype i = 1; i < few.size(); ++i) QVERIFY(few[i - 1].x() <= few[i].x());
    const QPolygonF sparse{{0, 1}, {5, 2}, {9, 0}};
    QCOMPARE(ui::thinned(sparse), sparse);
    QVERIFY(ui::thinned({}).isEmpty());
  }

  void linearAndLogAreAClickAway() {
    Drawn d;
    d.chart.offerLog(true);
    QVERIFY(d.chart.view().y.log);
    QTest::mouseClick(d.chart.findChild<QToolButton*>("chart.linear"), Qt::LeftButton);
    QVERIFY(!d.chart.view().y.log);
    QTest::mouseClick(d.chart.findChild<QToolButton*>("chart.log"), Qt::LeftButton);
    QVERIFY(d.chart.view().y.log);
  }

  void theAxisGrowsAtOnce() {
    Drawn d;
    d.chart.setLog(false);
    const double to = d.chart.view().y.to;
    d.raw.append(1001, 50);
    d.chart.setData(d.chart.data(), 1001);
    QVERIFY(d.chart.view().y.to > 50);
    QVERIFY(to < 50);
  }

  void aRunFillsThePanel() {
    PanelDesk desk(4);
    auto& [folder, project, training, panel] = desk;
    QVERIFY(panel.loss().data().isEmpty());
    QVERIFY(!panel.loss().data().empty.isEmpty());
    QVERIFY(panel.accuracy().isVisible());  // the network will have one
    training.start();
    QTRY_COMPARE(training.state(), ui::Training::State::finished);
    const auto& now = panel.curves().now();
    QCOMPARE(now.loss.lastX(), 228);
    QCOMPARE(now.validationLoss.size(), size_t(4));
    QCOMPARE(now.stepsAnEpoch, 57.0);
    QVERIFY(now.testLoss && now.testAccuracy);
    QVERIFY(!now.accuracy.empty());
    QVERIFY(now.smoothLoss.at(228)->highest < now.smoothLoss.at(1)->highest);
    QVERIFY(!panel.loss().data().isEmpty());

    // The next run makes room; the one before stays for comparison.
    training.start();
    QVERIFY(panel.curves().now().loss.empty());
    QVERIFY(panel.curves().before());
    QCOMPARE(panel.curves().before()->loss.lastX(), 228);
    QTRY_COMPARE(training.state(), ui::Training::State::finished);
    QVERIFY(std::any_of(panel.loss().data().lines.begin(), panel.loss().data().lines.end(), [](const auto& l) { return l.faint; }));

    project.replace(templateOf("spirals", 1), {});
    QVERIFY(panel.curves().now().empty());
    QVERIFY(!panel.curves().before());
  }

  void theRateThatWasSetIsMarked() {
    PanelDesk desk(100000);
    auto& [folder, project, training, panel] = desk;
    training.start();
    QTRY_VERIFY(training.status().step > 10);
    training.setLearningRate(0.004);
    QTRY_COMPARE(panel.curves().now().marks.size(), size_t(1));
    QCOMPARE(panel.curves().now().marks[0].value, 0.004);
    QVERIFY(panel.curves().now().marks[0].step > 10);
    // A paused run goes on in the same curve.
    training.stop();
    QTRY_COMPARE(training.state(), ui::Training::State::stopped);
    const auto at = panel.curves().now().loss.lastX();
    training.resumeLast();
    QTRY_VERIFY(panel.curves().now().loss.lastX() > at);
    QVERIFY(!panel.curves().before());
    QCOMPARE(panel.curves().now().loss.firstX(), 1);
    training.stop();
    QTRY_VERIFY(!training.isActive());
    // What was to come no longer has a part of the axis.
    QCOMPARE(panel.curves().now().steps, panel.curves().now().loss.lastX());
  }

  void curvesGoToFiles() {
    PanelDesk desk(3);
    auto& [folder, project, training, panel] = desk;
    training.start();
    QTRY_COMPARE(training.state(), ui::Training::State::finished);
    ui::Log log;
    ui::MessageBar messages;
    logExports(panel, log, messages);
    QSignalSpy exported(&panel, &ui::ChartsPanel::exported);
    for (const char* name : {"curves.csv", "curves.png", "curves.svg"}) {
      exported.clear();
      panel.exportTo(folder.filePath(name));
      QVERIFY(exported.wait());
      QCOMPARE(exported[0][1].toString(), QString());
    }
    QCOMPARE(log.rowCount(), 3);
    QFile csv(folder.filePath("curves.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QStringList rows = QString(csv.readAll()).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(rows.size(), 1 + 171);
    QVERIFY(rows[0].startsWith("step,epoch,training_loss_lowest"));
    const QStringList epoch = rows[57].split(',');
    QCOMPARE(epoch[0], QString("57"));
    QCOMPARE(epoch[1], QString("1"));
    QCOMPARE(epoch[6].toDouble(), double(QString::number(panel.curves().now().validationLoss[0].y(), 'g', 7).toDouble()));
    QVERIFY(!rows[171].split(',')[8].isEmpty());  // the test
    for (const QString& row : rows) QCOMPARE(row.count(','), 10);
    const QImage png(folder.filePath("curves.png"));
    QVERIFY(!png.isNull());
    QFile svg(folder.filePath("curves.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    QVERIFY(svg.readAll().contains("<svg"));

    exported.clear();
    panel.exportTo(folder.filePath("no/such/folder/curves.csv"));
    QVERIFY(exported.wait());
    QVERIFY(!exported[0][1].toString().isEmpty());
    QVERIFY(messages.textOf("charts.export").contains("no/such/folder"));
    panel.copyPicture();
    QVERIFY(!QGuiApplication::clipboard()->image().isNull());
  }

  void hiddenPanelsDoNotWork() {
    QTemporaryDir folder;
    ui::Project project;
    ui::Training training(project);
    project.replace(templateOf("xor", 3), folder.filePath("net.netw"));
    ui::ChartsPanel panel(project, training);
    panel.resize(900, 240);
    training.start();
    QTRY_COMPARE(training.state(), ui::Training::State::finished);
    QCOMPARE(panel.loss().pictures(), 0);
    QCOMPARE(panel.curves().now().loss.lastX(), 171);  // nothing is missed
    panel.show();
    QTRY_VERIFY(panel.loss().pictures() > 0);
    QVERIFY(!panel.loss().data().isEmpty());
  }
};

QTEST_MAIN(ChartTest)
#include "chart_test.moc"
