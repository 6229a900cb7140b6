// Where a network fails, counted: its answers add up to the accuracy that training tells.
#include <QTemporaryDir>
#include <QtTest>

#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/training/checkpoint.h"
#include "engine/training/judgement.h"
#include "engine/training/run.h"

using namespace engine;
using namespace engine::training;

class JudgementTest : public QObject {
  Q_OBJECT
 private slots:
  void addsUpToTheAccuracy() {
    QTemporaryDir folder;
    Result<document::Document> document = document::Document();
    for (const auto& t : document::templates())
      if (std::string(t.name) == "spirals") document = document::parse(t.text);
    QVERIFY(document && !document->nodes().empty());
    RunOptions options;
    options.out = folder.filePath("run").toStdString();
    options.session.threads = 1;
    Status status;
    {
      Run run(*document, options);
      status = run.wait();
    }
    QCOMPARE(status.state, State::finished);
    auto session = Session::open(*document, options.session);
    QVERIFY(session);
    QVERIFY((*session)->evaluationPlan(1));
    QVERIFY(loadWeights(options.out + "/weights.safetensors", (*session)->store()));
    const Result<Judgement> j = judge(**session, data::Part::test);
    if (!j) qWarning("%s", toString(j.error()).c_str());
    QVERIFY(j);
    QCOMPARE(int64_t(j->answers.size()), (*session)->source()->size(data::Part::test));
    int64_t right = 0, all = 0;
    for (int a = 0; a < j->classCount(); ++a)
      for (int b = 0; b < j->classCount(); ++b) {
        all += j->count(a, b);
        right += a == b ? j->count(a, b) : 0;
        QCOMPARE(int64_t(j->rowsOf(a, b).size()), j->count(a, b));
      }
    QCOMPARE(all, int64_t(j->answers.size()));
    QCOMPARE(double(right) / double(all), *status.test->accuracy);
    QCOMPARE(*j->evaluation.accuracy, *status.test->accuracy);
    QCOMPARE(int64_t(j->mistakes().size()), all - right);
    for (const Answer& a : j->answers) QVERIFY(a.share >= 1.0f / float(j->classCount()) && a.share <= 1);
  }

  void countsByHand() {
    Judgement j;
    j.classes = {"a", "b"};
    j.confusion = {3, 1, 2, 4};  // of a: 3 right, 1 as b; of b: 2 as a, 4 right
    QCOMPARE(j.precision(0), 0.6);
    QCOMPARE(j.recall(0), 0.75);
    QCOMPARE(j.f1(0), 2 * 0.6 * 0.75 / 1.35);
    j.answers = {{0, 0, 0.95f}, {0, 1, 0.95f}, {1, 1, 0.65f}, {1, 1, 0.65f}};
    QVERIFY(std::abs(j.calibrationError() - (0.9 + 0.7) / 4) < 1e-6);  // |1.9 - 1| and |1.3 - 2|
  }

  void stopsWhenAsked() {
    Result<document::Document> document = document::Document();
    for (const auto& t : document::templates())
      if (std::string(t.name) == "xor") document = document::parse(t.text);
    SessionOptions options;
    options.threads = 1;
    auto session = Session::open(*document, options);
    QVERIFY(session);
    QVERIFY(!judge(**session, data::Part::train, [] { return false; }));
  }
};

QTEST_APPLESS_MAIN(JudgementTest)
#include "judgement_test.moc"
