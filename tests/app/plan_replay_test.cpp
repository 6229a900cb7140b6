// Plan replay: the plans of the shipped networks, the reference networks and small ones of each kind are kept as text, so that
// a change of a pass shows what it changes, and to whom. After a change that is meant:
//   NETWRIGHT_RECORD_PLANS=1 build/tests/plan_replay_test
// writes them anew; the difference belongs into the same commit.
#include <QDir>
#include <QFile>
#include <QtTest>

#include "app/netw/bench_nets.h"
#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/training/session.h"

using namespace engine;

namespace {

constexpr char kFolder[] = NETWRIGHT_SOURCE_DIR "/tests/fixtures/plans/";

// Networks that are neither shipped nor measured, each for something that a pass does or must not do.
class Small {
 public:
  explicit Small(const std::string& name) {
    parts_.name = name;
    if (name == "norms-of-features") {
      input({6}), add("Linear", {{"out_features", int64_t(32)}}), add("BatchNorm1d"), add("ReLU"), add("LayerNorm"), add("Tanh");
      scores(3);
    } else if (name == "joined-branches") {  // as Inception has them
      const NodeId x = input({3, 16, 16});
      add("Conv2d", {{"out_channels", int64_t(8)}, {"kernel_size", std::vector<int64_t>{1, 1}}}, {x});
      const NodeId a = add("ReLU");
      add("Conv2d", {{"out_channels", int64_t(8)}, {"padding", std::vector<int64_t>{1, 1}}}, {x});
      const NodeId b = add("ReLU");
      const NodeId c = add("AvgPool2d", {{"kernel_size", std::vector<int64_t>{3, 3}}, {"stride", std::vector<int64_t>{1, 1}}, {"padding", std::vector<int64_t>{1, 1}}}, {x});
      add("Concatenate", {}, {a, b, c});
      add("BatchNorm2d"), add("ReLU"), add("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{1, 1}}}), add("Flatten");
      scores(5);
    } else if (name == "separable-convolutions") {
      input({16, 12, 12});
      for (int i = 0; i < 2; ++i) {
        add("Conv2d", {{"out_channels", int64_t(16)}, {"groups", int64_t(16)}, {"same", true}, {"bias", false}}), add("BatchNorm2d"), add("ReLU");
        add("Conv2d", {{"out_channels", int64_t(16)}, {"kernel_size", std::vector<int64_t>{1, 1}}, {"bias", false}}), add("BatchNorm2d"), add("GELU");
      }
      add("Dropout"), add("Flatten");
      scores(4);
    } else if (name == "weights-used-twice") {  // one Parameter, read by two products; gradients add up
      const NodeId x = input({8});
      const NodeId w = add("Parameter", {{"shape", std::vector<int64_t>{8, 8}}, {"init", std::string("normal")}}, {});
      add("MatMul", {}, {x, w}), add("Sigmoid");
      add("MatMul", {}, {last_, w});
      add("Add", {}, {last_, x}), add("SiLU");
      scores(2);
    } else if (name == "attention") {
      input({12, 16});
      const NodeId q = add("Linear", {{"out_features", int64_t(16)}}, {1}), k = add("Linear", {{"out_features", int64_t(16)}}, {1}), v = add("Linear", {{"out_features", int64_t(16)}}, {1});
      add("ScaledDotProductAttention", {}, {q, k, v}), add("RMSNorm"), add("Flatten");
      scores(3);
    } else if (name == "two-layers-of-lstm") {
      input({10, 6});
      for (int i = 0; i < 2; ++i) add("LSTM", {{"hidden_size", int64_t(12)}, {"batch_first", true}});
      add("Flatten");
      scores(3);
    } else {  // a regression by two losses, with clipped gradients
      const NodeId x = input({5});
      add("Linear", {{"out_features", int64_t(16)}}, {x}), add("Softplus");
      const NodeId y = add("Linear", {{"out_features", int64_t(1)}}), target = add("Target", {{"kind", std::string("values")}, {"shape", std::vector<int64_t>{1}}}, {});
      const NodeId square = add("MSELoss", {}, {y, target}), straight = add("L1Loss", {}, {y, target});
      parts_.recipe.phases[0].losses = {{square, 0, 1, {}}, {straight, 0, 0.25, {}}};
      parts_.recipe.phases[0].clipNorm = 1;
    }
  }
  static std::vector<std::string> names() {
    return {"norms-of-features", "joined-branches", "separable-convolutions", "weights-used-twice", "attention", "two-layers-of-lstm", "two-losses"};
  }
  Result<document::Document> document() {
    parts_.recipe.phases[0].batch = 16;
    return document::Document::assemble(parts_);
  }

 private:
  NodeId add(const std::string& type, document::Fields fields = {}) { return add(type, std::move(fields), {last_}); }
  NodeId add(const std::string& type, document::Fields fields, const std::vector<NodeId>& inputs) {
    const NodeId id = NodeId(parts_.nodes.size()) + 1;
    parts_.nodes.push_back({id, type, document::nameAfter(type) + std::to_string(id), std::move(fields), {}, {}, {}});
    for (size_t i = 0; i < inputs.size(); ++i) parts_.wires.push_back({inputs[i], 0, id, int(i), {}});
    return last_ = id;
  }
  NodeId input(std::vector<int64_t> shape) { return add("Input", {{"shape", std::move(shape)}}, {}); }
  void scores(int64_t classes) {
    const NodeId y = add("Linear", {{"out_features", classes}}), target = add("Target", {{"kind", std::string("class")}}, {});
    add("CrossEntropyLoss", {}, {y, target});
  }

  document::Document::Parts parts_;
  NodeId last_ = 0;
};

// Every network by name, and those with which a session is asked for plans.
std::vector<std::pair<std::string, std::function<Result<document::Document>()>>> networks() {
  std::vector<std::pair<std::string, std::function<Result<document::Document>()>>> all;
  for (const document::Template& t : document::templates()) all.emplace_back(t.name, [&t] { return document::parse(t.text, t.name); });
  for (const netw::BenchNet& net : netw::benchNets()) all.emplace_back("bench-" + std::string(net.name), [&net] { return netw::benchDocument(net.name); });
  for (const std::string& name : Small::names()) all.emplace_back(name, [name] { return Small(name).document(); });
  return all;
}

// What changed between two texts, as lines with a sign, each stretch with the line before it.
QString difference(const QStringList& before, const QStringList& after) {
  const qsizetype n = before.size(), m = after.size();
  std::vector<std::vector<int>> same(size_t(n + 1), std::vector<int>(size_t(m + 1), 0));  // longest common subsequence of the rests
  for (qsizetype i = n; i-- > 0;)
    for (qsizetype j = m; j-- > 0;)
      same[size_t(i)][size_t(j)] = before[i] == after[j] ? same[size_t(i + 1)][size_t(j + 1)] + 1 : std::max(same[size_t(i + 1)][size_t(j)], same[size_t(i)][size_t(j + 1)]);
  constexpr int kMost = 60;
  QStringList lines;
  bool together = false;
  for (qsizetype i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && before[i] == after[j]) {
      ++i, ++j, together = false;
      continue;
    }
    if (!together && i > 0) lines << "  " + before[i - 1];
    together = true;
    const bool takes = j == m || (i < n && same[size_t(i + 1)][size_t(j)] >= same[size_t(i)][size_t(j + 1)]);
    lines << (takes ? "- " + before[i++] : "+ " + after[j++]);
  }
  const qsizetype more = lines.size() - kMost;
  return more > 0 ? lines.mid(0, kMost).join('\n') + QStringLiteral("\n... and %1 lines more").arg(more) : lines.join('\n');
}

}  // namespace

class PlanReplayTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { QVERIFY(networks().size() >= 20); }

  void plans_data() {
    QTest::addColumn<int>("index");
    const auto all = networks();
    for (size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].first.c_str()) << int(i);
  }
  void plans() {
    QFETCH(int, index);
    const auto [name, make] = networks()[size_t(index)];
    const Result<document::Document> document = make();
    QVERIFY2(document, document ? "" : toString(document.error()).c_str());
    Result<std::unique_ptr<training::Session>> session = training::Session::open(*document, {.folder = ".", .threads = 1, .data = {}, .validation = {}, .split = {}, .withoutData = true});
    QVERIFY2(session, session ? "" : toString(session.error()).c_str());
    const int64_t batch = (*session)->phase(0).batch;
    QString text;
    for (const bool trains : {true, false}) {
      const Result<Plan*> plan = trains ? (*session)->trainPlan(0, batch) : (*session)->evaluationPlan(batch);
      QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());
      text += QStringLiteral("%1, batch %2\n").arg(trains ? "training" : "inference").arg(batch) + QString::fromStdString((*plan)->text()) + (trains ? "\n" : "");
      // Another order of steps may need less; for this one nothing can be much smaller.
      const PlanReport& r = (*plan)->report();
      QVERIFY2(double(r.arenaBytes) <= 1.05 * double(r.boundBytes), qPrintable(QStringLiteral("an arena of %1 B where %2 B are live").arg(r.arenaBytes).arg(r.boundBytes)));
    }

    QFile file(kFolder + QString::fromStdString(name) + ".txt");
    if (qEnvironmentVariableIsSet("NETWRIGHT_RECORD_PLANS")) {
      QVERIFY2(QDir().mkpath(kFolder) && file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0, qPrintable(file.errorString()));
      return;
    }
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName() + ": " + file.errorString()));
    const QString recorded = QString::fromUtf8(file.readAll());
    if (recorded == text) return;
    const QString message = QStringLiteral("the plans of %1 are others than %2 says:\n%3\nIf that is meant: NETWRIGHT_RECORD_PLANS=1 %4, and look at the difference")
                                .arg(QString::fromStdString(name), file.fileName(), difference(recorded.split('\n'), text.split('\n')), QCoreApplication::applicationFilePath());
    QFAIL(qPrintable(message));
  }

  // What a person reads when it fails.
  void differenceIsReadable() {
    QCOMPARE(difference({"a", "b", "c", "d"}, {"a", "x", "c", "d", "e"}), QString("  a\n- b\n+ x\n  d\n+ e"));
    QCOMPARE(difference({"a"}, {"a"}), QString());
  }
};

QTEST_GUILESS_MAIN(PlanReplayTest)
#include "plan_replay_test.moc"
