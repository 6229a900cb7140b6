// The blocks that ship, trained for ten steps, give what PyTorch's layers give from the same weights and batches: losses and all
// that is stored afterwards, in double to 1e-9 and in float to 1e-5. Recorded by tests/fixtures/record_torch_blocks.py.
#include <QtTest>

#include "engine/document/block_library.h"
#include "engine/document/transaction.h"
#include "tests/reference/torch_record.h"

using namespace engine;

namespace {

// A project under construction, of shipped blocks and ops.
class Project {
 public:
  using Inputs = std::vector<std::pair<NodeId, int>>;  // nodes and their outputs

  NodeId add(const char* type, const std::string& name, document::Fields fields, const Inputs& inputs) {
    const document::LibraryBlock* block = document::shippedBlock(type);
    const std::string brought = block ? transaction_.bringBlock(*block->file).value() : type;
    const NodeId id = transaction_.addNode({++last_, brought, name, std::move(fields), {}, "", ""}).value();
    for (size_t i = 0; i < inputs.size(); ++i) (void)transaction_.connect(inputs[i].first, inputs[i].second, id, int(i));
    return id;
  }
  NodeId input(const std::string& name, std::vector<int64_t> shape) { return add("Input", name, {{"shape", std::move(shape)}}, {}); }
  // The scores of the last one's answer, and their loss.
  document::Document finish(Type precision) {
    constexpr int64_t kClasses = 3;
    const NodeId flat = add("Flatten", "flatten", {}, {{last_, 0}});
    const NodeId scores = add("Linear", "head", {{"out_features", kClasses}}, {{flat, 0}});
    const NodeId classes = add("Target", "y", {}, {});
    add("CrossEntropyLoss", "loss", {}, {{scores, 0}, {classes, 0}});
    document::Recipe recipe;
    recipe.phases[0].optimizer = {"sgd", {{"lr", 0.02}}, ""};
    recipe.phases[0].precision = precision;
    (void)transaction_.setRecipe(recipe);
    const Result<document::ChangeSet> changes = transaction_.finish();
    if (!changes) qFatal("%s", toString(changes.error()).c_str());
    document::Document document;
    (void)document.apply(*changes);
    return document;
  }

 private:
  document::Transaction transaction_{document::Document()};
  NodeId last_ = 0;
};

document::Fields numbers(std::initializer_list<std::pair<const char*, int64_t>> fields) {
  document::Fields all;
  for (const auto& [name, value] : fields) all.emplace_back(name, value);
  return all;
}

void encoder(Project& p) {
  document::Fields fields = numbers({{"d_model", 8}, {"nhead", 2}, {"dim_feedforward", 16}, {"repeat", 2}});
  document::assign(fields, "dropout", 0.0);
  p.add("TransformerEncoderLayer", "body", fields, {{p.input("x", {5, 8}), 0}});
}

void decoder(Project& p) {
  document::Fields fields = numbers({{"d_model", 8}, {"nhead", 2}, {"dim_feedforward", 16}, {"repeat", 2}});
  document::assign(fields, "dropout", 0.0);
  const NodeId x = p.input("x", {5, 8}), memory = p.input("memory", {4, 8});
  p.add("TransformerDecoderLayer", "body", fields, {{x, 0}, {memory, 0}});
}

void residuals(Project& p) {
  const NodeId x = p.input("x", {3, 7, 6});
  const NodeId down = p.add("ResidualDown", "down", numbers({{"channels", 6}}), {{x, 0}});
  const NodeId same = p.add("Residual", "same", numbers({{"channels", 6}, {"repeat", 2}}), {{down, 0}});
  const NodeId gate = p.add("SqueezeExcite", "gate", numbers({{"channels", 6}, {"squeeze", 3}}), {{same, 0}});
  const NodeId bottle = p.add("Bottleneck", "bottle", numbers({{"channels", 8}, {"width", 4}}), {{gate, 0}});
  p.add("BottleneckIdentity", "last", numbers({{"channels", 8}, {"width", 2}}), {{bottle, 0}});
}

void inception(Project& p) {
  const document::Fields fields =
      numbers({{"ch1x1", 2}, {"ch3x3red", 3}, {"ch3x3", 4}, {"ch5x5red", 2}, {"ch5x5", 3}, {"pool_proj", 5}, {"repeat", 2}});
  p.add("Inception", "body", fields, {{p.input("x", {3, 6, 6}), 0}});
}

void unet(Project& p) {
  const NodeId x = p.input("x", {2, 6, 8});
  const NodeId down = p.add("UNetDown", "down", numbers({{"channels", 4}}), {{x, 0}});
  const NodeId middle = p.add("ConvNormAct", "middle", numbers({{"out_channels", 8}}), {{down, 0}});
  p.add("UNetUp", "up", numbers({{"channels", 4}}), {{middle, 0}, {down, 1}});
}

// The same weights and running statistics three times over.
void shared(Project& p) {
  document::Fields fields = numbers({{"channels", 4}, {"repeat", 3}});
  document::assign(fields, "share_weights", true);
  p.add("Residual", "body", fields, {{p.input("x", {4, 5, 6}), 0}});
}

const std::map<std::string, void (*)(Project&)> kNets = {{"decoder", decoder},     {"encoder", encoder}, {"inception", inception},
                                                         {"residuals", residuals}, {"shared", shared},   {"unet", unet}};

// What the record leaves out.
bool isCount(const std::string& name) { return name.ends_with("num_batches_tracked"); }

}  // namespace

class TorchBlocksTest : public QObject {
  Q_OBJECT
 private slots:
  void tenSteps_data() {
    QTest::addColumn<QString>("net");
    QTest::addColumn<bool>("isDouble");
    for (const auto& [net, build] : kNets)
      for (bool isDouble : {true, false}) QTest::addRow("%s %s", net.c_str(), isDouble ? "f64" : "f32") << QString::fromStdString(net) << isDouble;
  }
  void tenSteps() {
    QFETCH(QString, net);
    QFETCH(bool, isDouble);
    constexpr int kSteps = 10, kBatchSize = 8;
    const double allowed = isDouble ? 1e-9 : 1e-5;
    Result<formats::Safetensors> record = formats::readSafetensors(NETWRIGHT_SOURCE_DIR "/tests/fixtures/torch_blocks.safetensors");
    QVERIFY2(record, record ? "" : toString(record.error()).c_str());
    Project project;
    kNets.at(net.toStdString())(project);
    training::SessionOptions options;
    options.withoutData = true;
    Result<std::unique_ptr<training::Session>> session = training::Session::open(project.finish(isDouble ? Type::f64 : Type::f32), options);
    QVERIFY2(session, session ? "" : toString(session.error()).c_str());
    Result<Plan*> plan = (*session)->trainPlan(0, kBatchSize);
    QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());

    const std::string base = net.toStdString() + "/";
    const auto same = [](const std::string& name) { return name; };
    const int filled = reference::fill((*session)->store(), *record, base + "before/", same);
    const auto& entries = (*session)->store().entries();
    QCOMPARE(filled, int(std::ranges::count_if(entries, [](const Store::Entry& entry) { return !isCount(entry.name); })));
    const QString apart = reference::stepsApart(**session, **plan, *record, base, kSteps, allowed);
    QVERIFY2(apart.isEmpty(), qPrintable(apart));
    int compared = 0;
    const QString wrong = reference::difference((*session)->store(), *record, base + "after/", same, allowed, compared);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QCOMPARE(compared, filled);
  }
};

QTEST_APPLESS_MAIN(TorchBlocksTest)
#include "torch_blocks_test.moc"
