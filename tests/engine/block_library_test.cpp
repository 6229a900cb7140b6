// The blocks that ship, and a person's own folder of them.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <unistd.h>

#include "engine/document/block_folder.h"
#include "engine/document/block_library.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/json_text.h"
#include "engine/document/transaction.h"
#include "engine/passes/infer.h"
#include "engine/passes/unfold.h"
#include "engine/training/session.h"

namespace engine::document {
namespace {

using Shapes = std::vector<Shape>;  // without the batch

// A use of each block. The numbers of parameters are PyTorch's, of the same layers: torchvision's BasicBlock and Bottleneck, nn.Transformer*Layer.
struct Use {
  const char* block;
  Fields fields;
  Shapes inputs, outputs;
  int64_t parameters;
};
const std::vector<Use>& uses() {
  static const std::vector<Use> all = {
      {"ConvNorm", {{"out_channels", int64_t(8)}, {"kernel_size", int64_t(1)}, {"padding", int64_t(0)}}, {{3, 9, 9}}, {{8, 9, 9}}, 3 * 8 + 2 * 8},
      {"ConvNormAct", {{"out_channels", int64_t(8)}, {"stride", int64_t(2)}}, {{3, 9, 9}}, {{8, 5, 5}}, 3 * 8 * 9 + 2 * 8},
      {"ConvNormAct", {{"out_channels", int64_t(3)}}, {{3, 9, 9}}, {{3, 9, 9}}, 3 * 3 * 9 + 2 * 3},
      {"Residual", {}, {{64, 6, 6}}, {{64, 6, 6}}, 73'984},
      {"ResidualDown", {{"channels", int64_t(128)}}, {{64, 6, 6}}, {{128, 3, 3}}, 230'144},
      {"ResidualDown", {{"channels", int64_t(8)}, {"stride", int64_t(1)}}, {{8, 6, 6}}, {{8, 6, 6}}, 8 * 8 * 19 + 3 * 16},
      {"Bottleneck", {}, {{64, 5, 5}}, {{256, 5, 5}}, 75'008},
      {"Bottleneck", {{"channels", int64_t(16)}, {"width", int64_t(4)}}, {{16, 5, 5}}, {{16, 5, 5}}, 64 + 144 + 64 + 256 + 2 * 40},
      {"Bottleneck", {{"channels", int64_t(512)}, {"width", int64_t(128)}, {"stride", int64_t(2)}}, {{256, 6, 6}}, {{512, 3, 3}}, 379'392},
      {"BottleneckIdentity", {}, {{256, 5, 5}}, {{256, 5, 5}}, 70'400},
      {"Inception", {}, {{192, 5, 5}}, {{256, 5, 5}}, 164'064},
      {"Inception",
       {{"ch1x1", int64_t(2)}, {"ch3x3red", int64_t(3)}, {"ch3x3", int64_t(4)}, {"ch5x5red", int64_t(5)}, {"ch5x5", int64_t(6)},
        {"pool_proj", int64_t(7)}},
       {{19, 5, 5}},
       {{19, 5, 5}},
       19 * 2 + 19 * 3 + 3 * 4 * 9 + 19 * 5 + 5 * 6 * 25 + 19 * 7 + 2 * (2 + 3 + 4 + 5 + 6 + 7)},
      {"SqueezeExcite", {}, {{64, 5, 5}}, {{64, 5, 5}}, 2'128},
      {"UNetDown", {{"channels", int64_t(8)}}, {{3, 8, 8}}, {{8, 4, 4}, {8, 8, 8}}, 3 * 8 * 9 + 8 * 8 * 9 + 4 * 8},
      {"UNetUp", {{"channels", int64_t(8)}}, {{16, 4, 4}, {8, 8, 8}}, {{8, 8, 8}}, 16 * 8 * 4 + 8 + 16 * 8 * 9 + 8 * 8 * 9 + 4 * 8},
      {"MLP", {{"hidden_features", int64_t(20)}, {"out_features", int64_t(7)}}, {{7}}, {{7}}, 7 * 20 + 20 + 20 * 7 + 7},
      {"MultiheadAttention", {{"embed_dim", int64_t(64)}}, {{5, 64}, {4, 64}, {4, 64}}, {{5, 64}}, 16'640},
      {"TransformerEncoderLayer", {}, {{5, 512}}, {{5, 512}}, 3'152'384},
      {"TransformerEncoderLayer",
       {{"d_model", int64_t(64)}, {"nhead", int64_t(4)}, {"dim_feedforward", int64_t(256)}},
       {{5, 64}},
       {{5, 64}},
       49'984},
      {"TransformerDecoderLayer",
       {{"d_model", int64_t(64)}, {"nhead", int64_t(4)}, {"dim_feedforward", int64_t(256)}},
       {{5, 64}, {4, 64}},
       {{5, 64}},
       66'752},
  };
  return all;
}

constexpr NodeId kUse = 0x100, kLoss = 0x200, kTarget = 0x201, kInputs = 0x300, kFlatten = 0x400;

Document edited(const Document& document, const std::function<void(Transaction&)>& stage) {
  Transaction transaction(document);
  stage(transaction);
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) qFatal("%s", toString(changes.error()).c_str());
  Document result = document;
  if (!result.apply(*changes)) qFatal("does not apply");
  return result;
}

// A project in which the block stands behind an Input for each of its ports, and its first output is learnt.
Document projectOf(const Use& use, int64_t repeat = 1, bool shared = false) {
  return edited(Document(), [&](Transaction& t) {
    const LibraryBlock* block = shippedBlock(use.block);
    if (!block) qFatal("there is no %s", use.block);
    Node node{kUse, t.bringBlock(*block->file).value(), "body", use.fields, {}, "", ""};
    assign(node.fields, kRepeat, repeat);
    assign(node.fields, kShareWeights, shared);
    const auto add = [&](NodeId id, const char* type, std::string name, Fields fields) {
      (void)t.addNode({id, type, std::move(name), std::move(fields), {}, "", ""});
    };
    (void)t.addNode(node);
    for (size_t i = 0; i < use.inputs.size(); ++i) {
      add(kInputs + i, "Input", "x" + std::to_string(i), {{"shape", std::vector<int64_t>(use.inputs[i].begin(), use.inputs[i].end())}});
      (void)t.connect(kInputs + i, 0, kUse, int(i));
    }
    add(kFlatten, "Flatten", "flatten", {});
    add(kTarget, "Target", "y", {});
    add(kLoss, "CrossEntropyLoss", "loss", {});
    (void)t.connect(kUse, 0, kFlatten, 0);
    (void)t.connect(kFlatten, 0, kLoss, 0);
    (void)t.connect(kTarget, 0, kLoss, 1);
  });
}

Shape withBatch(const Shape& sample) {
  Shape shape{kBatch};
  for (const int64_t size : sample) shape.append(size);
  return shape;
}

std::string told(const Graph& network, const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) text += whereIs(network, problem.node).name + ": " + toString(problem) + "\n";
  return text;
}

int64_t parametersOf(const std::vector<StoredInfo>& stored) {
  int64_t parameters = 0;
  for (const StoredInfo& info : stored)
    if (info.trained) parameters += info.shape.elements();
  return parameters;
}

// The losses of some steps on made data.
std::vector<float> lossesOf(const Document& document) {
  training::SessionOptions options;
  options.threads = 1;
  options.withoutData = true;
  Result<std::unique_ptr<training::Session>> session = training::Session::open(document, options);
  if (!session) qFatal("%s", toString(session.error()).c_str());
  constexpr int64_t kBatchSize = 3, kSteps = 2;
  Result<Plan*> plan = (*session)->trainPlan(0, kBatchSize);
  if (!plan) qFatal("%s", toString(plan.error()).c_str());
  std::vector<std::vector<float>> values;
  const std::vector<int64_t> classes(kBatchSize, 1);
  for (size_t i = 0; i < (*plan)->inputs().size(); ++i) {
    const ValueInfo& info = (*plan)->inputs()[i].info;
    if (info.type == Type::i64) {
      (*plan)->setInput(int(i), classes.data());
      continue;
    }
    auto& x = values.emplace_back(size_t(info.shape.elements()));
    for (size_t k = 0; k < x.size(); ++k) x[k] = float(int(k * 7 % 11) - 5) / 5;
    (*plan)->setInput(int(i), x.data());
  }
  std::vector<float> losses;
  for (int64_t s = 1; s <= kSteps; ++s) {
    StepState step;
    step.step = step.update = s;
    step.learningRate[0] = 0.01;
    (*plan)->step((*session)->cpu(), step);
    losses.push_back(float((*plan)->numbers().loss));
  }
  return losses;
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write");
}

}  // namespace

class BlockLibraryTest : public QObject {
  Q_OBJECT

 private slots:
  void everyFileIsABlockOfItsName() {
    const QStringList files = QDir(NETWRIGHT_SOURCE_DIR "/resources/blocks").entryList({"*.netw"}, QDir::Files, QDir::Name);
    QVERIFY(files.size() > 10);
    QStringList names;
    for (const LibraryBlock& block : shippedBlocks()) names += QString::fromStdString(block.name) + ".netw";
    QCOMPARE(names, files);
    for (const LibraryBlock& block : shippedBlocks()) {
      QCOMPARE(shippedBlock(block.name), &block);
      QVERIFY2(!Op::named(block.name), block.name.c_str());
      QVERIFY2(std::ranges::any_of(uses(), [&](const Use& use) { return use.block == block.name; }), block.name.c_str());
      const Document again = parse(print(*block.file)).value();
      QVERIFY(again == *block.file);
      QFile file(QString(NETWRIGHT_SOURCE_DIR "/resources/blocks/%1.netw").arg(QString::fromStdString(block.name)));
      QVERIFY(file.open(QIODevice::ReadOnly));
      const std::string text = file.readAll().toStdString();
      QCOMPARE(QString::fromStdString(writeJson(readJson(text, block.name, kMaxDepth).value())), QString::fromStdString(text));
    }
    QVERIFY(!shippedBlock("Nothing"));
  }

  void allIsSaidAndStandsSomewhere() {
    for (const LibraryBlock& block : shippedBlocks()) {
      QVERIFY2(block.about.ends_with("."), block.name.c_str());
      for (const Exposed& field : block.file->interface().fields) QVERIFY2(field.help.ends_with("."), (block.name + "." + field.name).c_str());
      std::set<std::pair<double, double>> places;
      for (const NodePointer& node : block.file->nodes()) {
        QVERIFY2(node->position, (block.name + "." + node->name).c_str());
        QVERIFY2(places.emplace(node->position->x, node->position->y).second, (block.name + "." + node->name).c_str());
      }
      for (const Wire& wire : block.file->wires()) QVERIFY(block.file->node(wire.from)->position->x < block.file->node(wire.to)->position->x);
      // What it uses is what ships under that name, so that a project that has both has it once.
      for (const BlockPointer& used : block.file->blocks()) {
        const LibraryBlock* shipped = shippedBlock(used->name());
        QVERIFY2(shipped, used->name().c_str());
        const Document once = edited(Document(), [&](Transaction& t) {
          (void)t.bringBlock(*shipped->file);
          (void)t.bringBlock(*block.file);
          (void)t.bringBlock(*shipped->file);
        });
        QCOMPARE(once.blocks().size(), block.file->blocks().size() + 1);
      }
    }
  }

  void shapesAndParameters_data() {
    QTest::addColumn<int>("at");
    for (size_t i = 0; i < uses().size(); ++i) QTest::addRow("%d %s", int(i), uses()[i].block) << int(i);
  }
  void shapesAndParameters() {
    QFETCH(int, at);
    const Use& use = uses()[size_t(at)];
    const Expanded expanded = expand(projectOf(use));
    QVERIFY2(expanded.problems.empty(), told(expanded.network, expanded.problems).c_str());
    const Inference inference = infer(expanded.network);
    QVERIFY2(inference.ok(), told(expanded.network, inference.problems).c_str());
    const auto& body = inference.nodes[0];
    QCOMPARE(body.outputs.size(), use.outputs.size());
    for (size_t i = 0; i < use.outputs.size(); ++i) QCOMPARE(toString(body.outputs[i].shape), toString(withBatch(use.outputs[i])));
    QCOMPARE(parametersOf(body.stored), use.parameters);
    for (const auto& [name, value] : use.fields) QVERIFY2(expanded.network.nodes[0].op.fields().contains(name), name.c_str());
  }

  void itLearns_data() { shapesAndParameters_data(); }
  void itLearns() {
    QFETCH(int, at);
    for (const float loss : lossesOf(projectOf(uses()[size_t(at)]))) QVERIFY2(std::isfinite(loss), std::to_string(loss).c_str());
  }

  void oneBehindAnother_data() {
    QTest::addColumn<int>("at");
    QTest::addColumn<bool>("shared");
    for (size_t i = 0; i < uses().size(); ++i)
      for (const bool shared : {false, true})
        if (const Use& use = uses()[i]; use.inputs[0] == use.outputs[0])
          QTest::addRow("%d %s%s", int(i), use.block, shared ? " shared" : "") << int(i) << shared;
  }
  void oneBehindAnother() {
    QFETCH(int, at);
    QFETCH(bool, shared);
    const Use& use = uses()[size_t(at)];
    constexpr int64_t kTimes = 3;
    const Document document = projectOf(use, kTimes, shared);
    const Expanded expanded = expand(document);
    const Inference inference = infer(expanded.network);
    QVERIFY2(inference.ok(), told(expanded.network, inference.problems).c_str());
    QCOMPARE(toString(inference.nodes[0].outputs[0].shape), toString(withBatch(use.outputs[0])));
    QCOMPARE(parametersOf(inference.nodes[0].stored), use.parameters * (shared ? 1 : kTimes));
    for (const float loss : lossesOf(document)) QVERIFY(std::isfinite(loss));
  }

  void aBlockIsSavedAndFound() {
    const QTemporaryDir folder;
    const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "of" / "mine";
    QVERIFY(blocksIn(path).empty());
    const Document project = edited(projectOf(uses().back()), [](Transaction& t) { (void)t.renameBlock("TransformerDecoderLayer", "Größer"); });
    QVERIFY(saveBlock(project, "Größer", path));
    QVERIFY(saveBlock(project, "Größer", path));  // over itself
    QVERIFY(saveBlock(project, "MLP", path));
    Problems problems;
    const std::vector<LibraryBlock> found = blocksIn(path, &problems);
    QVERIFY(problems.empty());
    QCOMPARE(found.size(), size_t(2));
    QCOMPARE(found[1].name, std::string("MLP"));
    QVERIFY(found[1].file->blocks().empty());
    QCOMPARE(found[0].name, std::string("Größer"));
    QCOMPARE(found[0].about, project.block("Größer")->interface().about);
    // It brings what it uses, and all of it is what it was.
    std::string name;
    const Document other = edited(Document(), [&](Transaction& t) { name = t.bringBlock(*found[0].file).value(); });
    QCOMPARE(name, found[0].name);
    QCOMPARE(other.blocks().size(), size_t(3));
    for (const BlockPointer& block : other.blocks()) QVERIFY(*block == *project.block(block->name()));
    QVERIFY(edited(project, [&](Transaction& t) { (void)t.bringBlock(*found[0].file); }) == project);
  }

  void whatIsRemovedMayBePutBack() {
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    const Document project = projectOf(uses().back());
    QVERIFY(saveBlock(project, "TransformerDecoderLayer", path));
    QVERIFY(saveBlock(project, "MLP", path));
    const std::string text = print(*blocksIn(path)[0].file);
    QCOMPARE(toString(removeBlock("Nothing", path).error()), std::string("needs a block that is there, but got Nothing"));
    // By the name in the file, whatever the file is called.
    QVERIFY(QFile::rename(folder.filePath("MLP.netw"), folder.filePath("other.netw")));
    const auto block = removeBlock("MLP", path);
    QVERIFY(block);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{"TransformerDecoderLayer.netw"});
    QVERIFY(saveBlock(*block, path));
    QCOMPARE(blocksIn(path).size(), size_t(2));
    QCOMPARE(print(*blocksIn(path)[0].file), text);
    // Where nobody may write nothing is lost.
    if (geteuid() == 0) return;
    QVERIFY(QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::ExeOwner));
    QVERIFY(!removeBlock("MLP", path));
    QVERIFY(QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    QCOMPARE(blocksIn(path).size(), size_t(2));
  }

  void namesThatAreNoneForFiles_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"a/b", "../up", ".hidden", "a\\b", "a:b", "a\nb", "ends.", " a"}) QTest::newRow(name) << name;
    QTest::newRow("long") << QString(201, 'a');
  }
  void namesThatAreNoneForFiles() {
    QFETCH(QString, name);
    const QTemporaryDir folder;
    const Document project = edited(projectOf(uses().front()), [&](Transaction& t) { (void)t.renameBlock("ConvNorm", name.toStdString()); });
    const Done saved = saveBlock(project, name.toStdString(), folder.path().toStdString());
    QVERIFY(!saved);
    QVERIFY2(toString(saved.error()).starts_with("needs a block whose name a file may have, but got "), toString(saved.error()).c_str());
    QVERIFY(QDir(folder.path()).isEmpty());
  }

  void whatCannotBeSaved() {
    const QTemporaryDir folder;
    const Document project = projectOf(uses().front());
    const Done missing = saveBlock(project, "Nothing", folder.path().toStdString());
    QVERIFY(!missing);
    QCOMPARE(toString(missing.error()), std::string("needs a block that is there, but got Nothing"));
    write(folder.filePath("file"), "");
    QVERIFY(!saveBlock(project, "ConvNorm", folder.filePath("file").toStdString()));
  }

  void filesThatAreNoBlocksAreTold() {
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    QVERIFY(saveBlock(projectOf(uses().front()), "ConvNorm", path));
    const QString good = folder.filePath("ConvNorm.netw");
    QVERIFY(QFile::copy(good, folder.filePath("Z.netw")));
    write(folder.filePath("broken.netw"), R"({"netwright": 1, "nodes": [)");
    write(folder.filePath("project.netw"), R"({"netwright": 1, "name": "p", "nodes": [{"id": "01", "type": "Input", "name": "x"}]})");
    write(folder.filePath("nameless.netw"), R"({"netwright": 1, "nodes": [{"id": "01", "type": "BlockOutput", "name": "y"}]})");
    write(folder.filePath("notes.txt"), "nothing");
    QVERIFY(QDir(folder.path()).mkdir("folder.netw"));
    QVERIFY(QFile::link("/nowhere", folder.filePath("link.netw")));
    Problems problems;
    const std::vector<LibraryBlock> found = blocksIn(path, &problems);
    QCOMPARE(found.size(), size_t(1));
    QCOMPARE(found[0].name, std::string("ConvNorm"));
    const char* const says[] = {"Z.netw: needs another name for every block, but got ConvNorm a second time", "broken.netw: needs ",
                                "nameless.netw: needs a block with a name", "project.netw: needs a block: "};
    QCOMPARE(problems.size(), std::size(says));
    for (size_t i = 0; i < problems.size(); ++i) {
      const std::string text = withPlace(problems[i]);
      QVERIFY2(text.find(says[i]) != std::string::npos, text.c_str());
    }
    QCOMPARE(blocksIn(path).size(), size_t(1));  // with nobody to tell
    problems.clear();
    QVERIFY(blocksIn(good.toStdString(), &problems).empty());
    QCOMPARE(problems.size(), size_t(1));
  }
};

}  // namespace engine::document

QTEST_APPLESS_MAIN(engine::document::BlockLibraryTest)
#include "block_library_test.moc"
