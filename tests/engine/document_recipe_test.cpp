// Optimizers and schedules: PyTorch's defaults, what was given instead, and what is refused.
#include <QFile>
#include <QtTest>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/document/recipe.h"
#include "engine/document/text.h"

using namespace engine;
using namespace engine::document;

class DocumentRecipeTest : public QObject {
  Q_OBJECT
 private slots:
  void defaultsArePyTorchs() {
    const Fields sgd = *completedOptimizer({"sgd", {}, {}});
    QCOMPARE(number(sgd, "lr"), 1e-3);
    QCOMPARE(number(sgd, "momentum"), 0.0);
    QCOMPARE(flag(sgd, "nesterov"), false);
    const Fields adam = *completedOptimizer({"adam", {}, {}});
    QCOMPARE(number(adam, "lr"), 1e-3);
    QVERIFY((std::get<std::vector<double>>(*find(adam, "betas")) == std::vector<double>{0.9, 0.999}));
    QCOMPARE(number(adam, "eps"), 1e-8);
    QCOMPARE(number(adam, "weight_decay"), 0.0);
    QCOMPARE(number(*completedOptimizer({"adamw", {}, {}}), "weight_decay"), 1e-2);
    const Fields rmsprop = *completedOptimizer({"rmsprop", {}, {}});
    QCOMPARE(number(rmsprop, "lr"), 1e-2);
    QCOMPARE(number(rmsprop, "alpha"), 0.99);
    const Fields adadelta = *completedOptimizer({"adadelta", {}, {}});
    QCOMPARE(number(adadelta, "lr"), 1.0);
    QCOMPARE(number(adadelta, "rho"), 0.9);
    QCOMPARE(number(adadelta, "eps"), 1e-6);
    QCOMPARE(integer(*completedSchedule({"cosine", {}, {}}), "t_max"), int64_t(0));
    QCOMPARE(number(*completedSchedule({"step", {}, {}}), "gamma"), 0.1);
  }

  void whatIsGivenStandsWhateverItsKindOfNumber() {
    const auto fields = completedOptimizer(
        {"adam", {{"lr", int64_t(1)}, {"betas", std::vector<int64_t>{0, 0}}, {"amsgrad", true}}, {}});
    QVERIFY(fields);
    QCOMPARE(number(*fields, "lr"), 1.0);
    QVERIFY((std::get<std::vector<double>>(*find(*fields, "betas")) == std::vector<double>{0, 0}));
    QVERIFY(flag(*fields, "amsgrad"));
    QCOMPARE(fields->size(), completedOptimizer({"adam", {}, {}})->size());
  }

  void mistakes_data() {
    QTest::addColumn<Rule>("rule");
    QTest::addColumn<bool>("schedule");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, Rule rule, const char* says, bool schedule = false) {
      QTest::newRow(name) << rule << schedule << QString(says);
    };
    row("type", {"adamm", {}, {}},
        "optimizer.type: needs sgd, adam, adamw, rmsprop or adadelta, but got adamm; write adam");
    row("field", {"sgd", {{"momentun", 0.9}}, {}},
        "optimizer.momentun: needs one of the fields of sgd: lr, momentum, dampening, nesterov or weight_decay, but "
        "got momentun; write momentum");
    row("field of another", {"adam", {{"momentum", 0.9}}, {}}, "one of the fields of adam");
    row("negative", {"sgd", {{"lr", -0.1}}, {}}, "optimizer.lr: needs a number of at least 0, but got -0.1");
    row("text", {"sgd", {{"lr", std::string("fast")}}, {}}, "but got \"fast\"");
    row("half of a whole one", {"step", {{"step_size", 2.5}}, {}},
        "schedule.step_size: needs a whole number of at least 1, but got 2.5", true);
    row("zero", {"step", {{"step_size", int64_t(0)}}, {}}, "but got 0", true);
    row("half a milestone", {"multistep", {{"milestones", std::vector<double>{1.5, 2}}}, {}},
        "schedule.milestones: needs whole numbers of at least 1, but got [1.5,2.0]", true);
    row("milestone 0", {"multistep", {{"milestones", std::vector<int64_t>{3, 0}}}, {}}, "but got [3,0]", true);
    row("one milestone without a list", {"multistep", {{"milestones", int64_t(3)}}, {}}, "needs whole numbers of at least 1, but got 3", true);
    row("step_size of another", {"exponential", {{"step_size", int64_t(3)}}, {}}, "one of the fields of exponential: gamma or warmup_steps", true);
    row("beta of 1", {"adam", {{"betas", std::vector<double>{0.9, 1}}}, {}},
        "two numbers from 0 up to but not 1, but got [0.9,1.0]");
    row("one beta", {"adam", {{"betas", std::vector<double>{0.9}}}, {}}, "two numbers");
    row("flag", {"adam", {{"amsgrad", int64_t(1)}}, {}}, "true or false");
    row("other values", {"adam", {}, "{\"lr\":null}"}, "but got {\"lr\":null}");
    row("nesterov alone", {"sgd", {{"nesterov", true}}, {}}, "a momentum above 0 and no dampening");
    row("schedule", {"linear", {}, {}}, "constant, step, multistep, exponential or cosine", true);
  }
  void mistakes() {
    QFETCH(Rule, rule);
    QFETCH(bool, schedule);
    QFETCH(QString, says);
    const auto fields = schedule ? completedSchedule(rule) : completedOptimizer(rule);
    QVERIFY(!fields);
    const QString sentence = QString::fromStdString(withPlace(fields.error()));
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
  }

  void milestonesOfAnyNumber() {
    for (const std::vector<int64_t>& some : {std::vector<int64_t>{}, {4}, {9, 2, 2}}) {
      const auto fields = completedSchedule({"multistep", {{"milestones", some}}, {}});
      QVERIFY(fields);
      QCOMPARE(integers(*fields, "milestones"), some);
    }
    QVERIFY(completedSchedule({"multistep", {{"milestones", std::vector<double>{}}}, {}}));
  }

  void theSchemaHasEveryField() {
    QFile file(NETWRIGHT_SOURCE_DIR "/resources/schema/project.schema.json");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto schema = nlohmann::json::parse(file.readAll().toStdString());
    for (const auto& [types, name] : {std::pair(&optimizers(), "optimizer"), std::pair(&schedules(), "schedule")}) {
      const auto& described = schema["$defs"][name]["properties"];
      std::set<std::string> fields{"type"};
      for (const RuleType& type : *types) {
        QVERIFY2(described["type"]["description"].get<std::string>().find(type.name) != std::string::npos,
                 type.name.data());
        for (const RuleField& field : type.fields) fields.insert(std::string(field.name));
      }
      for (const std::string& field : fields) QVERIFY2(described.contains(field), field.c_str());
      QCOMPARE(described.size(), fields.size());
    }
  }

  void namesAfterTypes() {
    QCOMPARE(nameAfter("CrossEntropyLoss"), std::string("cross_entropy_loss"));
    QCOMPARE(nameAfter("ReLU"), std::string("relu"));
    QCOMPARE(nameAfter("LeakyReLU"), std::string("leaky_relu"));
    QCOMPARE(nameAfter("BatchNorm2d"), std::string("batch_norm2d"));
    QCOMPARE(nameAfter("MSELoss"), std::string("mse_loss"));
    QCOMPARE(nameAfter("Linear"), std::string("linear"));
  }

  void ids() {
    QCOMPARE(hex(0xab), std::string("00000000000000ab"));
    for (const char* wrong : {"", "0", "0x12", "g", "-1", "+1", " 1", "1 ", "11111111111111111"})
      QVERIFY2(!nodeIdFrom(wrong), wrong);
    std::set<NodeId> ids;
    for (int i = 0; i < 1000; ++i) {
      ids.insert(randomNodeId());
      QCOMPARE(nodeIdFrom(hex(*ids.begin())), std::optional(*ids.begin()));
    }
    QCOMPARE(ids.size(), size_t(1000));
    QVERIFY(*ids.rbegin() > uint64_t(1) << 62);  // all the bits are used
  }

  void utf8() {
    for (const char* right : {"", "a", "é", "漢", "😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
      QVERIFY2(isUtf8(right), right);
    for (const char* wrong : {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                              "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE6\xBC", "a\xFF"})
      QVERIFY2(!isUtf8(wrong), wrong);
  }
};

QTEST_APPLESS_MAIN(DocumentRecipeTest)
#include "document_recipe_test.moc"
