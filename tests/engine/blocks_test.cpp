// Blocks in a document: files, mistakes, edits, and what they are as a network.
#include <QTest>

#include "engine/document/diff.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/document/transaction.h"
#include "engine/passes/infer.h"
#include "engine/passes/unfold.h"
#include "engine/training/session.h"

namespace engine::document {
namespace {

constexpr const char* kNested = R"({
  "netwright": 1, "name": "nested",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}},
    {"id": "02", "type": "Deep", "name": "body", "fields": {"repeat": 3}},
    {"id": "03", "type": "Layer", "name": "head", "fields": {"width": 2}},
    {"id": "04", "type": "Target", "name": "y"},
    {"id": "05", "type": "CrossEntropyLoss", "name": "loss"}
  ],
  "wires": [
    {"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0},
    {"from": "03", "output": 0, "to": "05", "input": 0}, {"from": "04", "output": 0, "to": "05", "input": 1}
  ],
  "blocks": [
    {
      "name": "Deep", "about": "Two layers around which a wire goes.",
      "exposed": [{"name": "hidden", "of": [{"node": "12", "field": "width"}]}],
      "nodes": [
        {"id": "11", "type": "BlockInput", "name": "x"},
        {"id": "12", "type": "Layer", "name": "up", "fields": {"width": 16}},
        {"id": "13", "type": "Layer", "name": "down", "fields": {"width": 8}},
        {"id": "14", "type": "Add", "name": "add"},
        {"id": "15", "type": "BlockOutput", "name": "y"}
      ],
      "wires": [
        {"from": "11", "output": 0, "to": "12", "input": 0}, {"from": "12", "output": 0, "to": "13", "input": 0},
        {"from": "13", "output": 0, "to": "14", "input": 0}, {"from": "11", "output": 0, "to": "14", "input": 1},
        {"from": "14", "output": 0, "to": "15", "input": 0}
      ]
    },
    {
      "name": "Layer",
      "exposed": [{"name": "width", "help": "How many numbers come out.", "of": [{"node": "22", "field": "out_features"}]}],
      "nodes": [
        {"id": "21", "type": "BlockInput", "name": "x"},
        {"id": "22", "type": "Linear", "name": "linear", "fields": {"out_features": 4}},
        {"id": "23", "type": "Tanh", "name": "tanh"},
        {"id": "24", "type": "BlockOutput", "name": "y"}
      ],
      "wires": [
        {"from": "21", "output": 0, "to": "22", "input": 0}, {"from": "22", "output": 0, "to": "23", "input": 0},
        {"from": "23", "output": 0, "to": "24", "input": 0}
      ]
    }
  ]
})";

Document documentOf(const std::string& text) {
  Result<Document> document = parse(text, "test.netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *std::move(document);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  if (at == std::string::npos) qFatal("no %s", what.c_str());
  return text.replace(at, what.size(), by);
}

// The problems of the document as they are told, each behind the path of its node.
std::string problemsOf(const Document& document) {
  const Expanded expanded = expand(document);
  Problems problems = expanded.problems;
  const Inference inference = infer(expanded.network);
  problems.insert(problems.end(), inference.problems.begin(), inference.problems.end());
  std::string text;
  for (const Problem& problem : problems) text += whereIs(expanded.network, problem.node).name + ": " + toString(problem) + "\n";
  return text;
}

Document edited(const Document& document, const std::function<void(Transaction&)>& stage) {
  Transaction transaction(document);
  stage(transaction);
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) qFatal("%s", toString(changes.error()).c_str());
  Document result = document;
  if (!result.apply(*changes)) qFatal("does not apply");
  // Undone it is what it was.
  Document back = result;
  if (!back.apply(changes->inverse()) || !(back == document)) qFatal("is not undone");
  return result;
}

}  // namespace

class BlocksTest : public QObject {
  Q_OBJECT

 private slots:
  void aFileWithBlocksComesBackAsItWas() {
    const Document document = documentOf(kNested);
    QCOMPARE(document.blocks().size(), size_t(2));
    QVERIFY(document.block("Deep")->interface().field("hidden"));
    const std::string text = print(document);
    const Document again = documentOf(text);
    QVERIFY(again == document);
    QCOMPARE(print(again), text);
  }

  void whatNewerVersionsWriteInABlockIsKept() {
    const std::string text = replaced(kNested, R"("name": "Deep", "about")", R"("name": "Deep", "colour": "red", "about")");
    const std::string kept = replaced(text, R"({"name": "hidden", )", R"({"name": "hidden", "slider": true, )");
    const std::string printed = print(documentOf(kept));
    QVERIFY(printed.find("colour") != std::string::npos && printed.find("slider") != std::string::npos);
  }

  void mistakes_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("by");
    QTest::addColumn<QString>("says");
    QTest::newRow("within itself") << R"("22", "type": "Linear")" << R"("22", "type": "Deep")" << "not used within themselves";
    QTest::newRow("twice") << R"("name": "Layer",)" << R"("name": "Deep",)" << "another name for every block";
    QTest::newRow("no name") << R"("name": "Layer",)" << "" << "a name for every block";
    QTest::newRow("a field of no node") << R"("of": [{"node": "22")" << R"("of": [{"node": "77")" << "fields of nodes that are there";
    QTest::newRow("a field of nothing") << R"([{"node": "22", "field": "out_features"}])" << "[]" << "a field of a node that it sets";
    QTest::newRow("a name that is taken") << R"({"name": "width")" << R"({"name": "repeat")" << "every block has";
    QTest::newRow("a wire to nothing") << R"({"from": "14", "output": 0, "to": "15")" << R"({"from": "14", "output": 0, "to": "77")" << "blocks[0]";
    QTest::newRow("no list") << R"("exposed": [{"name": "hidden")" << R"("exposed": {}, "former": [{"name": "hidden")" << "a list at blocks[0].exposed";
    QTest::newRow("no id") << R"({"id": "11", "type")" << R"({"type")" << "blocks[0].nodes[0]";
  }
  void mistakes() {
    QFETCH(QString, what);
    QFETCH(QString, by);
    QFETCH(QString, says);
    const Result<Document> document = parse(replaced(kNested, what.toStdString(), by.toStdString()), "test.netw");
    QVERIFY(!document);
    QVERIFY2(toString(document.error()).find(says.toStdString()) != std::string::npos, toString(document.error()).c_str());
  }

  void aUseIsOneNodeWithTheBlocksPortsAndFields() {
    const Expanded expanded = expand(documentOf(kNested));
    QVERIFY(expanded.problems.empty());
    QCOMPARE(expanded.network.nodes.size(), size_t(5));
    const Op& body = expanded.network.nodes[1].op;
    QVERIFY(isBlock(body));
    QCOMPARE(std::string(body.type().info.inputs.at(0).name), std::string("x"));
    QCOMPARE(std::string(body.type().info.outputs.at(0).name), std::string("y"));
    std::string fields;
    for (const FieldInfo& info : fieldInfos(body.type())) fields += info.name + " ";
    QCOMPARE(fields, std::string("hidden repeat share_weights "));
    QCOMPARE(std::get<int64_t>(body.fields().at("hidden")), int64_t(16));
    QCOMPARE(std::get<int64_t>(expanded.network.nodes[2].op.fields().at("width")), int64_t(2));

    const Inference inference = infer(expanded.network);
    QVERIFY2(inference.ok(), problemsOf(documentOf(kNested)).c_str());
    QVERIFY(inference.nodes[1].outputs[0].shape == Shape({kBatch, 8}));
    QVERIFY(inference.nodes[2].outputs[0].shape == Shape({kBatch, 2}));
    std::string stored;
    for (const StoredInfo& info : inference.nodes[1].stored) stored += info.name + " ";
    QCOMPARE(stored, std::string("0.up.linear.weight 0.up.linear.bias 0.down.linear.weight 0.down.linear.bias 1.up.linear.weight 1.up.linear.bias "
                                 "1.down.linear.weight 1.down.linear.bias 2.up.linear.weight 2.up.linear.bias 2.down.linear.weight 2.down.linear.bias "));
  }

  void unfoldedItIsTheSameNetwork() {
    const Expanded expanded = expand(documentOf(kNested));
    const Result<Unfolded> unfolded = unfold(expanded.network);
    QVERIFY(unfolded);
    const Graph& flat = unfolded->network;
    QCOMPARE(flat.nodes.size(), size_t(1 + 3 * 5 + 2 + 2));
    QCOMPARE(flat.nodes[1].name, std::string("body.0.up.linear"));
    QCOMPARE(flat.nodes.at(6).name, std::string("body.1.up.linear"));
    QVERIFY(flat.nodes[6].id != flat.nodes[1].id);
    QCOMPARE(flat.nodes[size_t(flat.nodes[6].inputs[0].node)].name, std::string("body.0.add"));
    // The wire around both layers.
    QVERIFY(flat.nodes[10].op.is("Add"));
    QCOMPARE(flat.nodes[size_t(flat.nodes[10].inputs[1].node)].name, std::string("body.0.add"));
    const Inference drawn = infer(expanded.network), shapes = infer(flat);
    QVERIFY(shapes.ok());
    double flops = 0, flopsOfDrawn = 0;
    for (const auto& node : shapes.nodes) flops += node.flops;
    for (const auto& node : drawn.nodes) flopsOfDrawn += node.flops;
    QCOMPARE(flopsOfDrawn, flops);
    const Value head = unfolded->values[2][0];
    QCOMPARE(flat.nodes[size_t(head.node)].name, std::string("head.tanh"));
    for (const engine::Node& node : flat.nodes) {
      const Whereabouts where = whereIs(expanded.network, node.id);
      QCOMPARE(where.name, node.name);
      QVERIFY(where.op && *where.op == node.op);
    }
    QCOMPARE(whereIs(expanded.network, flat.nodes[6].id).way, (std::vector<Step>{{0x02, 1}, {0x12, 0}, {0x22, 0}}));
  }

  // Trained, a project with blocks is bit by bit the one that has their nodes in their place.
  void itTrainsAsItsNodesWould() {
    Document document = documentOf(kNested);
    const Result<Unfolded> unfolded = unfold(expand(document).network);
    Document::Parts parts;
    parts.name = "flat";
    parts.recipe = document.recipe();
    for (const engine::Node& node : unfolded->network.nodes) {
      document::Node copy{node.id, node.op.name(), node.name, {}, {}, "", ""};
      for (const auto& [name, value] : node.op.fields()) assign(copy.fields, name, value);
      parts.nodes.push_back(std::move(copy));
      for (size_t i = 0; i < node.inputs.size(); ++i)
        if (const Value v = node.inputs[i]) parts.wires.push_back({unfolded->network.nodes[size_t(v.node)].id, v.output, node.id, int(i), ""});
    }
    const Result<Document> flat = Document::assemble(std::move(parts));
    QVERIFY(flat);
    QCOMPARE(stepsOf(document), stepsOf(*flat));
  }

  // Two products by the same matrix, as a block that is repeated with shared weights and drawn by hand.
  void sharedWeightsAreOnesOfAll() {
    const std::string drawn = R"({
      "netwright": 1, "name": "shared",
      "nodes": [
        {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [4]}},
        {"id": "02", "type": "Step", "name": "step", "fields": {"repeat": 3, "share_weights": true}},
        {"id": "04", "type": "Target", "name": "y"},
        {"id": "05", "type": "CrossEntropyLoss", "name": "loss"}
      ],
      "wires": [
        {"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "05", "input": 0},
        {"from": "04", "output": 0, "to": "05", "input": 1}
      ],
      "blocks": [{
        "name": "Step",
        "nodes": [
          {"id": "11", "type": "BlockInput", "name": "x"},
          {"id": "12", "type": "Parameter", "name": "matrix", "fields": {"shape": [4, 4], "init": "normal", "scale": 0.5}},
          {"id": "13", "type": "MatMul", "name": "product"},
          {"id": "14", "type": "BlockOutput", "name": "y"}
        ],
        "wires": [
          {"from": "11", "output": 0, "to": "13", "input": 0}, {"from": "12", "output": 0, "to": "13", "input": 1},
          {"from": "13", "output": 0, "to": "14", "input": 0}
        ]
      }]
    })";
    const Document document = documentOf(drawn);
    const Expanded expanded = expand(document);
    QCOMPARE(infer(expanded.network).nodes[1].stored.size(), size_t(1));
    const NodeId matrix = insideOf(0x02, 0, 0x12);
    Document::Parts parts;
    parts.recipe = document.recipe();
    for (const NodePointer& node : document.nodes())
      if (node->id != 0x02) parts.nodes.push_back(*node);
    parts.nodes.push_back({matrix, "Parameter", "matrix", document.block("Step")->node(0x12)->fields, {}, "", ""});
    for (NodeId id : {0x21, 0x22, 0x23}) parts.nodes.push_back({id, "MatMul", "product" + std::to_string(id), {}, {}, "", ""});
    parts.wires = {{0x01, 0, 0x21, 0, ""}, {matrix, 0, 0x21, 1, ""}, {0x21, 0, 0x22, 0, ""}, {matrix, 0, 0x22, 1, ""}, {0x22, 0, 0x23, 0, ""},
                   {matrix, 0, 0x23, 1, ""}, {0x23, 0, 0x05, 0, ""}, {0x04, 0, 0x05, 1, ""}};
    const Result<Document> flat = Document::assemble(std::move(parts));
    QVERIFY(flat);
    QCOMPARE(stepsOf(document), stepsOf(*flat));
  }

  void whatIsWrongWithinIsToldByItsPath() {
    // A field that is no field, in a block that is used in two places and repeated: said once.
    QCOMPARE(problemsOf(documentOf(replaced(kNested, R"("fields": {"out_features": 4}})", R"("fields": {"out_features": -4}})"))),
             std::string("body.0.up.linear: needs a whole number of at least 1, but got -4\n"));
    // An op that nobody knows.
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"("23", "type": "Tanh")", R"("23", "type": "Tanhh")"))).starts_with("body.0.up.tanh: needs a type that this version knows, but got Tanhh"));
    // A shape that does not fit: the first repetition says it.
    const std::string shapes = problemsOf(documentOf(replaced(kNested, R"("down", "fields": {"width": 8})", R"("down", "fields": {"width": 9})")));
    QVERIFY2(shapes.starts_with("body.0.add: needs"), shapes.c_str());
    QCOMPARE(std::count(shapes.begin(), shapes.end(), '\n'), 1);
    // Nothing is wired to the port.
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"({"from": "01", "output": 0, "to": "02", "input": 0}, )", ""))).starts_with("body: needs something at its input x"));
    // The data comes from outside.
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"("21", "type": "BlockInput")", R"("21", "type": "Input")"))).starts_with("body.0.up.x: needs layers only, within a block"));
    // A block's port in the project.
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"("01", "type": "Input", "name": "x", "fields": {"shape": [8]})", R"("01", "type": "BlockInput", "name": "x")"))).starts_with("x: needs a place within a block"));
    // A use of a block that is not there.
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"("03", "type": "Layer")", R"("03", "type": "Nothing")"))).starts_with("head: needs a type that this version knows"));
    // Too many.
    std::string many = replaced(replaced(kNested, R"("repeat": 3)", R"("repeat": 1000)"), R"("fields": {"width": 16})", R"("fields": {"width": 16, "repeat": 1000})");
    QVERIFY2(problemsOf(documentOf(many)).starts_with("body: needs 100000 nodes at most"), problemsOf(documentOf(many)).c_str());
    QVERIFY(!unfold(expand(documentOf(many)).network));
    QVERIFY(problemsOf(documentOf(replaced(kNested, R"("repeat": 3)", R"("repeat": 0)"))).starts_with("body: needs a whole number from 1 to 1000"));
  }

  // Each block uses the one before it, `times` over: deep, or too many to count.
  static std::string chain(int blocks, int times) {
    const auto name = [](int block) { return "\"B" + std::to_string(block) + "\""; };
    std::string text = "{\"netwright\": 1, \"nodes\": [{\"id\": \"01\", \"name\": \"top\", \"type\": " + name(blocks - 1) + "}], \"blocks\": [";
    for (int b = 0; b < blocks; ++b) {
      text += (b ? ", " : "") + ("{\"name\": " + name(b)) + ", \"nodes\": [";
      for (int t = 0; t < times; ++t)
        text += (t ? ", " : "") + ("{\"id\": \"" + std::to_string(t + 1)) + "\", \"type\": " + (b ? name(b - 1) : "\"Constant\"") + "}";
      text += "]}";
    }
    return text + "]}";
  }

  void hostileBlocksAreRefusedSoon() {
    QVERIFY(parse(chain(32, 1), "test.netw"));
    QVERIFY(problemsOf(documentOf(chain(32, 1))).empty());
    const Result<Document> deep = parse(chain(33, 1), "test.netw");
    QVERIFY(!deep && toString(deep.error()).find("at most 32 deep") != std::string::npos);
    QVERIFY(!parse(chain(2000, 1), "test.netw"));
    const Document many = documentOf(chain(32, 8));
    const std::string problems = problemsOf(many);
    QVERIFY2(problems.starts_with("top: needs 100000 nodes at most"), problems.c_str());
    const Expanded expanded = expand(many);
    QVERIFY(!unfold(expanded.network));
    QVERIFY(whereIs(expanded.network, 12345).way.empty());
  }

  void sharedWeightsMustFitEachTime() {
    const std::string text = replaced(kNested, R"("03", "type": "Layer", "name": "head", "fields": {"width": 2})",
                                      R"("03", "type": "Layer", "name": "head", "fields": {"width": 2, "repeat": 2, "share_weights": true})");
    const std::string problems = problemsOf(documentOf(text));
    QVERIFY2(problems.starts_with("head: needs repetitions whose weights have the same sizes"), problems.c_str());
  }

  void aNameThatIsAlsoAPathIsRefused() {
    const std::string text = replaced(kNested, R"("name": "loss")", R"("name": "head.linear")");
    const Result<Unfolded> unfolded = unfold(expand(documentOf(text)).network);
    QVERIFY(!unfolded);
    QCOMPARE(toString(unfolded.error()), std::string("needs names that differ from the paths within blocks, but got head.linear twice; rename the block, or the node beside it"));
  }

  void afterAnEditTheSameAsAnew() {
    Document document = documentOf(kNested);
    Expanded known = expand(document);
    Inference inference = infer(known.network);
    const std::function<void(Transaction&)> edits[] = {
        [](Transaction& t) { (void)t.setField(0x02, "hidden", int64_t(32)); },
        [](Transaction& t) { (void)t.set("blocks[Layer].nodes[linear].fields.out_features", "5"); },
        [](Transaction& t) { (void)t.set("blocks[Layer].nodes[tanh].type", "ReLU"); },
        [](Transaction& t) { (void)t.rename(0x03, "tail"); },
        [](Transaction& t) { (void)t.renameBlock("Layer", "Dense"); },
        [](Transaction& t) { (void)t.detach(0x03); },
        [](Transaction& t) { (void)t.set("blocks[Dense].nodes[linear].fields.bias", "false"); },
        [](Transaction& t) { (void)t.removeNode(0x02); },
        [](Transaction& t) { (void)t.removeBlock("Deep"); },
    };
    for (const auto& edit : edits) {
      const Document next = edited(document, edit);
      Expanded after = expand(next, document, known);
      const Expanded fresh = expand(next);
      QCOMPARE(after.problems, fresh.problems);
      for (size_t n = 0; n < fresh.network.nodes.size(); ++n) {
        QCOMPARE(after.network.nodes[n].op.fields(), fresh.network.nodes[n].op.fields());
        QCOMPARE(after.network.nodes[n].inputs, fresh.network.nodes[n].inputs);
      }
      std::vector<int> renewed;
      inference = inferAgain(after.network, {}, known.network, std::move(inference), &renewed);
      const Inference anew = infer(fresh.network);
      QCOMPARE(inference.problems, anew.problems);
      for (size_t n = 0; n < anew.nodes.size(); ++n) {
        QCOMPARE(inference.nodes[n].flops, anew.nodes[n].flops);
        QCOMPARE(inference.nodes[n].stored.size(), anew.nodes[n].stored.size());
      }
      known = std::move(after);
      document = next;
    }
    QVERIFY(!document.block("Deep") && document.block("Dense") && document.block("Dense_2"));
  }

  // What is wrong within a block is not of the node that was edited, and remains.
  void whatIsWrongWithinIsToldAfterAnEditElsewhereToo() {
    const Document document = documentOf(replaced(kNested, R"({"from": "21", "output": 0, "to": "22", "input": 0}, )", ""));
    const Document next = edited(document, [](Transaction& t) { (void)t.setMode(0x04, Mode::muted); });
    const Expanded known = expand(document), after = expand(next, document, known);
    const Inference before = infer(known.network);
    const auto within = [&](const Problem& problem) { return whereIs(known.network, problem.node).way.size() > 1; };
    QVERIFY(std::any_of(before.problems.begin(), before.problems.end(), within));
    std::vector<int> renewed;
    const Inference again = inferAgain(after.network, {}, known.network, before, &renewed);
    QVERIFY(renewed.size() < after.network.nodes.size());
    QCOMPARE(again.problems, infer(after.network).problems);
    QVERIFY(!again.problems.empty());
  }

  void blocksComeInOnce() {
    Document library = documentOf(replaced(kNested, R"("type": "Input", "name": "x", "fields": {"shape": [8]})", R"("type": "BlockInput", "name": "x")"));
    library = edited(library, [](Transaction& t) { (void)t.removeNode(0x04), (void)t.removeNode(0x05), (void)t.setName("Body"); });
    std::string first, second, third;
    const Document once = edited(Document(), [&](Transaction& t) { first = t.bringBlock(library).value(); });
    QCOMPARE(first, std::string("Body"));
    QCOMPARE(once.blocks().size(), size_t(3));
    QVERIFY(once.block("Body")->blocks().empty());
    const Document twice = edited(once, [&](Transaction& t) { second = t.bringBlock(library).value(); });
    QVERIFY(twice == once);
    QCOMPARE(second, first);
    // Another one of that name leaves the first as it is, and what uses it finds it under its new name.
    const Document other = edited(library, [](Transaction& t) { (void)t.set("blocks[Layer].nodes[linear].fields.bias", "false"); });
    const Document both = edited(once, [&](Transaction& t) { third = t.bringBlock(other).value(); });
    QCOMPARE(third, std::string("Body_2"));
    QCOMPARE(both.block("Body_2")->node(0x03)->type, std::string("Layer_2"));
    QCOMPARE(both.block("Deep_2")->node(0x12)->type, std::string("Layer_2"));
    QVERIFY(*both.block("Body") == *once.block("Body"));
  }

  void usesFollowTheirBlockUntilTheyAreDetached() {
    const Document document = documentOf(kNested);
    std::string name;
    const Document detached = edited(document, [&](Transaction& t) { name = t.detach(0x03).value(); });
    QCOMPARE(name, std::string("Layer_2"));
    const Document changed = edited(detached, [](Transaction& t) { (void)t.set("blocks[Layer].nodes[tanh].type", "ReLU"); });
    const Result<Unfolded> unfolded = unfold(expand(changed).network);
    QVERIFY(unfolded->network.nodes[2].op.is("ReLU"));
    QVERIFY(unfolded->network.nodes[size_t(unfolded->values[2][0].node)].op.is("Tanh"));
    QCOMPARE(toString(diff(document, detached)), std::string("~ head.type: \"Layer\" -> \"Layer_2\"\n+ block Layer_2: 4 nodes\n"));
    QCOMPARE(toString(diff(detached, changed)), std::string("~ block Layer: tanh.type: \"Tanh\" -> \"ReLU\"\n"));
  }

  // Ports are known by their nodes: one that comes, goes or changes its place takes the wires of all uses along.
  void wiresStayWithTheirPorts() {
    const Document document = documentOf(R"({
      "netwright": 1,
      "nodes": [{"id": "01", "type": "Input", "name": "a"}, {"id": "02", "type": "Input", "name": "b"}, {"id": "03", "type": "Two", "name": "use"},
                {"id": "04", "type": "ReLU", "name": "end"}],
      "wires": [{"from": "01", "to": "03", "input": 0}, {"from": "02", "to": "03", "input": 1}, {"from": "03", "output": 1, "to": "04"}],
      "blocks": [
        {"name": "Two", "nodes": [{"id": "11", "type": "BlockInput", "name": "p"}, {"id": "12", "type": "BlockInput", "name": "q"},
                                  {"id": "13", "type": "BlockOutput", "name": "r"}, {"id": "14", "type": "BlockOutput", "name": "s"}],
         "wires": [{"from": "11", "to": "13"}, {"from": "12", "to": "14"}]},
        {"name": "Around", "nodes": [{"id": "21", "type": "BlockInput", "name": "x"}, {"id": "22", "type": "Two", "name": "inner"}],
         "wires": [{"from": "21", "to": "22", "input": 1}]}
      ]})");
    const auto change = [&](const std::function<void(Transaction&)>& stage) {
      return edited(document, [&](Transaction& t) {
        Transaction within(*t.view().block("Two"));
        stage(within);
        (void)t.setBlock(within.view());
      });
    };
    const Document gone = change([](Transaction& t) { (void)t.removeNode(0x11); });
    QCOMPARE(gone.wiresInto(0x03).size(), size_t(1));
    QCOMPARE(gone.wireInto(0x03, 0)->from, NodeId(0x02));
    QCOMPARE(gone.block("Around")->wireInto(0x22, 0)->from, NodeId(0x21));
    QCOMPARE(gone.wireInto(0x04, 0)->output, 1);
    const Document less = change([](Transaction& t) { (void)t.removeNode(0x14); });
    QVERIFY(!less.wireInto(0x04, 0));
    const Document more = change([](Transaction& t) { (void)t.addNode({0x15, "BlockInput", "last", {}, {}, "", ""}); });
    QVERIFY(std::ranges::equal(more.wires(), document.wires()));
    const Document turned = edited(document, [](Transaction& t) {
      Document::Parts parts;
      const Document& two = *t.view().block("Two");
      parts.name = two.name();
      for (const NodeId id : {0x12, 0x11, 0x13, 0x14}) parts.nodes.push_back(*two.node(id));
      parts.wires.assign(two.wires().begin(), two.wires().end());
      (void)t.setBlock(Document::assemble(std::move(parts)).value());
    });
    QCOMPARE(turned.wireInto(0x03, 1)->from, NodeId(0x01));
    QCOMPARE(turned.wireInto(0x03, 0)->from, NodeId(0x02));
  }

  void aBlockInUseStays() {
    Transaction t(documentOf(kNested));
    QVERIFY(!t.removeBlock("Layer"));
    QVERIFY(!t.finish());
  }

 private:
  // The losses of five steps on made data, and what the parameters are then.
  static std::vector<float> stepsOf(const Document& document);
};

std::vector<float> BlocksTest::stepsOf(const Document& document) {
  training::SessionOptions options;
  options.threads = 1;
  options.withoutData = true;
  Result<std::unique_ptr<training::Session>> session = training::Session::open(document, options);
  if (!session) qFatal("%s", toString(session.error()).c_str());
  constexpr int64_t kBatchSize = 6;
  Result<Plan*> plan = (*session)->trainPlan(0, kBatchSize);
  if (!plan) qFatal("%s", toString(plan.error()).c_str());
  std::vector<std::vector<float>> values;
  std::vector<int64_t> classes(kBatchSize);
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = int64_t(i % 2);
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
  std::vector<float> result;
  for (int64_t s = 1; s <= 5; ++s) {
    StepState step;
    step.step = step.update = s;
    step.learningRate[0] = 0.1;
    (*plan)->step((*session)->cpu(), step);
    result.push_back(float((*plan)->numbers().loss));
  }
  return result;
}

}  // namespace engine::document

QTEST_APPLESS_MAIN(engine::document::BlocksTest)
#include "blocks_test.moc"
