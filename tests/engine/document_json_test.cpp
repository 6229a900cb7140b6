// Project files: what is printed is read back as it was, what nobody knows is kept, and what is wrong is told.
#include <sys/stat.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include "engine/document/json.h"
#include "random_document.h"

using namespace engine;
using namespace engine::document;

namespace {

QString said(const Problem& problem) { return QString::fromStdString(withPlace(problem)); }

// Every member that a file may have.
const char* const kWhole = R"({
  "netwright": 1,
  "name": "whole",
  "data": {
    "source": "fashion-mnist",
    "options": {"noise": 0.1},
    "split": {"validation": 0.2, "seed": 18446744073709551615},
    "bindings": {
      "00000000000000aa": {"column": "image", "scale": 0.5, "mean": [0.25, 0.5], "std": [0.5, 1.0]}
    }
  },
  "nodes": [
    {"id": "00000000000000aa", "type": "Input", "name": "pixels", "position": [-10.5, 20.0]},
    {
      "id": "ffffffffffffff01",
      "type": "Linear",
      "name": "stem",
      "fields": {"out_features": 10, "bias": true, "p": 0.1, "kernel_size": [3, 5], "weights": [0.5, 1.0]},
      "position": [1e+300, 5e-324]
    }
  ],
  "wires": [
    {"from": "00000000000000aa", "output": 0, "to": "ffffffffffffff01", "input": 0}
  ],
  "recipe": {
    "seed": 7,
    "phases": [
      {
        "name": "train",
        "losses": [
          {"node": "ffffffffffffff01", "output": 0, "weight": 0.5}
        ],
        "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": true},
        "schedule": {"type": "cosine", "t_max": 20, "warmup_steps": 100},
        "clip_norm": 1.0,
        "clip_value": 0.5,
        "batch": 64,
        "epochs": 3,
        "steps": 1000,
        "shuffle": false,
        "drop_last": true,
        "precision": "f64"
      }
    ]
  }
}
)";

// The text with one piece of it replaced.
std::string with(std::string text, const std::string& old, const std::string& piece) {
  const size_t at = text.find(old);
  if (at == std::string::npos) qFatal("%s is not in the text", old.c_str());
  return text.replace(at, old.size(), piece);
}

}  // namespace

class DocumentJsonTest : public QObject {
  Q_OBJECT
 private slots:
  void everyMemberIsReadAndPrintedAsItWas() {
    const auto document = parse(kWhole);
    QVERIFY2(document, document ? "" : qPrintable(said(document.error())));
    QCOMPARE(print(*document), std::string(kWhole));
    QCOMPARE(document->name(), std::string("whole"));
    const Data& data = document->data();
    QCOMPARE(data.source, std::string("fashion-mnist"));
    QCOMPARE(std::get<double>(*find(data.options, "noise")), 0.1);
    QCOMPARE(data.split.validation, 0.2);
    QCOMPARE(data.split.seed, ~uint64_t(0));
    QVERIFY((*data.binding(0xaa) == Binding{0xaa, "image", 0.5, {0.25, 0.5}, {0.5, 1.0}, ""}));
    QVERIFY(!data.binding(1));
    const document::Node& stem = *document->nodeNamed("stem");
    QCOMPARE(stem.id, NodeId(0xffffffffffffff01));
    QVERIFY((*find(stem.fields, "out_features") == FieldValue(int64_t(10))));
    QVERIFY((*find(stem.fields, "bias") == FieldValue(true)));
    QVERIFY((*find(stem.fields, "kernel_size") == FieldValue(std::vector<int64_t>{3, 5})));
    QVERIFY((*find(stem.fields, "weights") == FieldValue(std::vector<double>{0.5, 1})));
    QVERIFY(!find(stem.fields, "absent"));
    QCOMPARE(stem.position->y, 5e-324);
    const Phase& phase = document->recipe().phases[0];
    QVERIFY((phase.losses == std::vector<Loss>{{stem.id, 0, 0.5, ""}}));
    QCOMPARE(phase.optimizer.type, std::string("sgd"));
    QVERIFY(phase.clipNorm == 1.0 && phase.clipValue == 0.5 && phase.batch == 64 && phase.epochs == 3 &&
            phase.steps == 1000);
    QVERIFY(!phase.shuffle && phase.dropLast && phase.precision == Type::f64);
    QCOMPARE(document->recipe().seed, uint64_t(7));
  }

  void littleIsEnough() {
    const auto document =
        parse(R"({"netwright": 1, "nodes": [{"id": "1", "type": "ReLU"}, {"id": "2", "type": "ReLU"}]})");
    QVERIFY(document);
    QCOMPARE(document->node(2)->name, std::string("relu_2"));
    QVERIFY(document->recipe() == Recipe{} && document->data() == Data{});
    QCOMPARE(print(*parse(R"({"netwright": 1})")), print(Document()));
  }

  void whatNobodyKnowsIsKept() {
    auto tree = nlohmann::ordered_json::parse(kWhole);
    // In every object of the file, and a node of an op and with fields that no version knows yet.
    const nlohmann::ordered_json future = {{"list", {1, 2.5, nullptr, {{"deep", "é\n"}}}},
                                           {"large", 18446744073709551615u}};
    int objects = 0;
    const std::function<void(nlohmann::ordered_json&)> add = [&](nlohmann::ordered_json& json) {
      for (auto& element : json)
        if (element.is_structured()) add(element);
      if (json.is_object() && !json.contains("00000000000000aa")) json["from_the_future"] = future, ++objects;
    };
    add(tree);
    tree["nodes"].push_back({{"id", "00000000000000bb"},
                             {"type", "Quantum"},
                             {"name", "q"},
                             {"fields", {{"f", {{"g", 1}}}, {"texts", {"a", "b"}}}}});
    QVERIFY(objects > 12);
    const auto document = parse(tree.dump());
    QVERIFY2(document, document ? "" : qPrintable(said(document.error())));
    const auto printed = nlohmann::json::parse(print(*document));
    QCOMPARE(printed.dump(), nlohmann::json::parse(tree.dump()).dump());  // as sets of members
    QVERIFY(*parse(print(*document)) == *document);
  }

  void mistakes_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& text, const char* says) {
      QTest::newRow(name) << QByteArray::fromStdString(text) << QString::fromUtf8(says);
    };
    const auto edited = [&](const char* name, const char* old, const char* piece, const char* says) {
      row(name, with(kWhole, old, piece), says);
    };
    row("empty", "", "an empty file");
    row("blank", " \n", "an empty file");
    row("no JSON", "{\"netwright\": 1,\n  name: 2}", "JSON at line 2, column 4, but got na");
    row("broken off", std::string(kWhole).substr(0, 400), "breaks off");
    row("more after it", "{\"netwright\": 1} x", "JSON at line 1, column 18");
    row("bytes", "{\"netwright\": 1, \"name\": \"\xff\"}", "JSON at line 1");
    row("another JSON", "{\"nodes\": []}", "a Netwright project");
    row("a list", "[1]", "an object, but got a list");
    row("a number", "7", "an object, but got 7");
    row("twice", R"({"netwright": 1, "name": "a", "name": "b"})",
        "each member of an object once at name, but got name twice");
    edited("newer", "\"netwright\": 1", "\"netwright\": 2",
           "format version 1 or older, but got version 2; open it with a newer Netwright");
    edited("version 0", "\"netwright\": 1", "\"netwright\": 0", "version 0");
    edited("version as text", "\"netwright\": 1", "\"netwright\": \"1\"", "at netwright, but got \"1\"");
    edited("name", "\"name\": \"whole\"", "\"name\": 3", "a text in quotes at name, but got 3");
    edited("no id", "\"id\": \"ffffffffffffff01\",", "", "at nodes[1], but got none");
    edited("id 0", "\"id\": \"ffffffffffffff01\"", "\"id\": \"0\"", "at nodes[1].id, but got \"0\"");
    edited("id as number", "\"id\": \"ffffffffffffff01\"", "\"id\": 12", "at nodes[1].id, but got 12");
    edited("long id", "\"id\": \"ffffffffffffff01\"", "\"id\": \"fffffffffffffff01\"", "nodes[1].id");
    edited("id twice", "\"id\": \"ffffffffffffff01\"", "\"id\": \"aa\"", "00000000000000aa twice");
    edited("name twice", "\"name\": \"stem\"", "\"name\": \"pixels\"", "pixels twice");
    edited("no type", "\"type\": \"Linear\",", "", "the name of an op at nodes[1].type, but got none");
    edited("type as list", "\"type\": \"Linear\"", "\"type\": []", "at nodes[1].type, but got a list");
    edited("node as text",
           "{\"id\": \"00000000000000aa\", \"type\": \"Input\", \"name\": \"pixels\", \"position\": [-10.5, 20.0]}",
           "\"x\"", "an object at nodes[0], but got \"x\"");
    edited("nodes as object", "\"nodes\": [", "\"nodes\": {}, \"x\": [", "a list at nodes, but got an object");
    edited("fields as list",
           "\"fields\": {\"out_features\": 10, \"bias\": true, \"p\": 0.1, \"kernel_size\": [3, 5], \"weights\": [0.5, "
           "1.0]}",
           "\"fields\": [1]", "an object at nodes[1].fields, but got a list");
    edited("field of 2^63", "\"out_features\": 10", "\"out_features\": 9223372036854775808",
           "a whole number below 2^63 at nodes[1].fields.out_features, but got 9223372036854775808");
    edited("field of 2^64", "\"out_features\": 10", "\"out_features\": 18446744073709551616",
           "whole numbers below 2^64 at nodes[1].fields.out_features");
    edited("too large for a double", "\"p\": 0.1", "\"p\": 1e999", "numbers that fit in a double");
    edited("position", "[-10.5, 20.0]", "[1]", "two numbers, [x, y], at nodes[0].position");
    edited("position of texts", "[-10.5, 20.0]", "[\"1\", 2]", "a number at nodes[0].position[0], but got \"1\"");
    edited("wire from nowhere", "\"from\": \"00000000000000aa\"", "\"from\": \"cc\"",
           "a wire from a node that is there at input 0 of node stem, but got 00000000000000cc");
    edited("wire to nowhere", "\"to\": \"ffffffffffffff01\"", "\"to\": \"cc\"", "a wire to 00000000000000cc");
    edited("wire without end", "\"to\": \"ffffffffffffff01\", ", "",
           "to, an id of 16 hexadecimal digits, at wires[0], but got none");
    edited("wire's port", "\"output\": 0, \"to\"", "\"output\": -1, \"to\"", "port -1");
    edited("port of 2^63", "\"output\": 0, \"to\"", "\"output\": 9223372036854775808, \"to\"", "at wires[0].output");
    edited("port as half", "\"output\": 0, \"to\"", "\"output\": 0.5, \"to\"", "at wires[0].output, but got 0.5");
    edited("cycle", "\"from\": \"00000000000000aa\"", "\"from\": \"ffffffffffffff01\"",
           "a network without cycles at node stem, but got stem → stem");
    edited("two wires", "\"wires\": [", "\"wires\": [{\"from\": \"aa\", \"to\": \"ffffffffffffff01\"},",
           "at most one wire at input 0 of node stem");
    edited("binding to nowhere", "\"00000000000000aa\": {\"col", "\"cc\": {\"col",
           "a node that is there at data.bindings.00000000000000cc");
    edited("binding's key", "\"00000000000000aa\": {\"col", "\"pixels\": {\"col", "at data.bindings.pixels");
    edited("binding's mean", "[0.25, 0.5]", "0.25",
           "a list of numbers at data.bindings.00000000000000aa.mean, but got 0.25");
    edited("deviation", "\"std\": [0.5, 1.0]", "\"std\": [0.0]", "deviations above 0");
    edited("split", "\"validation\": 0.2", "\"validation\": 1.5", "data.split.validation");
    edited("negative seed", "\"seed\": 7", "\"seed\": -7", "at recipe.seed, but got -7");
    edited("batch", "\"batch\": 64", "\"batch\": 0",
           "a whole number of at least 1 at recipe.phases[0].batch, but got 0");
    edited("epochs of 2^63", "\"epochs\": 3", "\"epochs\": 9223372036854775808", "recipe.phases[0].epochs");
    edited("precision", "\"f64\"", "\"f16\"", "f32 or f64 at recipe.phases[0].precision, but got f16");
    edited("shuffle", "\"shuffle\": false", "\"shuffle\": 1", "true or false at recipe.phases[0].shuffle");
    edited("clip", "\"clip_norm\": 1.0", "\"clip_norm\": -1", "recipe.phases[0].clip_norm");
    edited("optimizer", "{\"type\": \"sgd\", \"lr\": 0.1, \"momentum\": 0.9, \"nesterov\": true}", "\"sgd\"",
           "an object at recipe.phases[0].optimizer, but got \"sgd\"");
    edited("loss of nothing", "{\"node\": \"ffffffffffffff01\"", "{\"node\": \"cc\"",
           "recipe.phases[0].losses[0].node");
    edited("no phases", "\"phases\": [", "\"phases\": [], \"x\": [", "at least one phase");
    row("depth", "{\"netwright\": 1, \"x\": " + std::string(100, '[') + std::string(100, ']') + "}",
        "at most 64 lists and objects within each other");
    row("bomb", std::string(5'000'000, '['), "at most 64");
    row(
        "bomb of objects",
        [] {
          std::string s;
          for (int i = 0; i < 500'000; ++i) s += "{\"a\":";
          return s;
        }(),
        "at most 64");
  }
  void mistakes() {
    QFETCH(QByteArray, text);
    QFETCH(QString, says);
    const auto document = parse(text.toStdString(), "my.netw");
    QVERIFY(!document);
    const QString sentence = said(document.error());
    QVERIFY2(sentence.startsWith("my.netw: needs ") && sentence.contains(says), qPrintable(sentence));
  }

  // Half of a file is no file: told, whatever the place where it ends.
  void everyTruncationIsTold() {
    const std::string whole = kWhole;
    for (size_t length = 0; length < whole.size() - 2; ++length) QVERIFY(!parse(whole.substr(0, length)));
    QVERIFY(parse(whole.substr(0, whole.size() - 1)));  // the line break at the end
  }

  // Bytes changed at random give a document or a problem; a document then prints what reads back the same.
  void damagedFilesNeverSurprise() {
    std::mt19937_64 random(5);
    int read = 0;
    for (int i = 0; i < 3000; ++i) {
      std::string text = kWhole;
      for (uint64_t n = 1 + random() % 3; n-- > 0;)
        text[random() % text.size()] = char(" \"0159-.{}[],:aet\\\n\x80"[random() % 20]);
      if (const auto document = parse(text)) {
        ++read;
        const auto again = parse(print(*document));
        QVERIFY2(again, again ? "" : qPrintable(said(again.error())));
        QVERIFY(*again == *document);
      }
    }
    QVERIFY(read > 100);
  }

  void numbersReadBackExactly() {
    RandomEdits random(3);
    for (int i = 0; i < 2000; ++i) {
      Document::Parts parts;
      document::Node node;
      node.id = 1, node.type = "T", node.name = "t";
      node.fields = {
          {"x", random.number()},
          {"y", std::vector<double>{random.number(), std::ldexp(random.number(), int(random.below(2000)) - 1000)}}};
      if (!std::isfinite(std::get<std::vector<double>>(node.fields[1].second)[1])) continue;
      parts.nodes = {node};
      const Document document = *Document::assemble(parts);
      const document::Node back = *parse(print(document))->node(1);
      QVERIFY(back.fields == node.fields);
      QCOMPARE(std::signbit(std::get<double>(back.fields[0].second)),
               std::signbit(std::get<double>(node.fields[0].second)));
    }
  }

  // Many members must not cost their square.
  void manyMembersAreReadInLinearTime() {
    std::string text = "{\"netwright\": 1";
    for (int i = 0; i < 200'000; ++i) text += ",\"k" + std::to_string(i) + "\":0";
    QVERIFY(parse(text + "}"));
    QVERIFY(!parse(text + ",\"k7\":0}"));
  }

  void savesAndLoads() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("p.netw").toStdString();
    const auto document = parse(kWhole);
    QVERIFY(save(*document, path));
    const auto loaded = load(path);
    QVERIFY(loaded && *loaded == *document);
    QVERIFY(!save(*document, folder.filePath("absent/p.netw").toStdString()));
    const auto missing = load(folder.filePath("absent.netw").toStdString());
    QVERIFY(!missing && said(missing.error()).contains("No such file"));
    QVERIFY(!load(folder.path().toStdString()));
    const auto endless = load("/dev/zero");
    QVERIFY(!endless && said(endless.error()).contains("a larger file"));
  }

  // The schema describes every member that is printed, and no more than that is required.
  void theSchemaKnowsEveryMember() {
    const std::string path = NETWRIGHT_SOURCE_DIR "/resources/schema/project.schema.json";
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::ReadOnly));
    schema_ = nlohmann::json::parse(file.readAll().toStdString());
    checked_ = 0;
    QVERIFY(fits(nlohmann::json::parse(kWhole), schema_, "project"));
    QVERIFY(fits(nlohmann::json::parse(print(Document())), schema_, "project"));
    QVERIFY2(checked_ > 40, qPrintable(QString::number(checked_)));
    for (const char* folder : {"/resources/templates", "/resources/blocks"}) {
      const QDir files(QString(NETWRIGHT_SOURCE_DIR) + folder);
      QVERIFY(!files.entryList({"*.netw"}).isEmpty());
      for (const QFileInfo& shipped : files.entryInfoList({"*.netw"})) {
        QFile text(shipped.filePath());
        QVERIFY(text.open(QIODevice::ReadOnly));
        QVERIFY2(fits(nlohmann::json::parse(text.readAll().toStdString()), schema_, "project"), qPrintable(shipped.fileName()));
      }
    }
    // The check itself can fail.
    auto wrong = nlohmann::json::parse(kWhole);
    wrong["recipe"]["phases"][0]["undescribed"] = 1;
    QVERIFY(!fits(wrong, schema_, "project"));
    wrong = nlohmann::json::parse(kWhole);
    wrong["nodes"][0]["id"] = 5;
    QVERIFY(!fits(wrong, schema_, "project"));
    wrong = nlohmann::json::parse(kWhole);
    wrong["nodes"][0].erase("type");
    QVERIFY(!fits(wrong, schema_, "project"));
  }

 private:
  // As much of JSON Schema as ours uses, and stricter: a member that is not described is wrong.
  bool fits(const nlohmann::json& value, const nlohmann::json& schema, const std::string& place) {
    if (schema.contains("$ref")) {
      const std::string ref = schema["$ref"];
      return fits(value, schema_.at(nlohmann::json::json_pointer(ref.substr(1))), place);
    }
    ++checked_;
    if (schema.contains("anyOf")) {
      for (const auto& one : schema["anyOf"])
        if (fits(value, one, place)) return true;
      return false;
    }
    const auto no = [&](const char* what) {
      if (qEnvironmentVariableIsSet("VERBOSE")) qWarning("%s: %s", place.c_str(), what);
      return false;
    };
    const std::string type = schema.value("type", "");
    const bool right = type == "object"    ? value.is_object()
                       : type == "array"   ? value.is_array()
                       : type == "string"  ? value.is_string()
                       : type == "boolean" ? value.is_boolean()
                       : type == "integer" ? value.is_number_integer()
                       : type == "number"  ? value.is_number()
                                           : type.empty();
    if (!right) return no("type");
    if (schema.contains("const") && schema["const"] != value) return no("const");
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      return no("enum");
    if (schema.contains("minimum") && value < schema["minimum"]) return no("minimum");
    if (schema.contains("pattern") &&
        !QRegularExpression(QString::fromStdString(schema["pattern"])).match(QString::fromStdString(value)).hasMatch())
      return no("pattern");
    if (type == "array" && schema.contains("items"))
      for (const auto& element : value)
        if (!fits(element, schema["items"], place + "[]")) return false;
    if (type != "object") return true;
    for (const auto& name : schema.value("required", nlohmann::json::array()))
      if (!value.contains(name.get<std::string>())) return no("required");
    for (const auto& [name, member] : value.items()) {
      const bool described = schema.contains("properties") && schema["properties"].contains(name);
      const bool open = schema.contains("additionalProperties") && schema["additionalProperties"].is_object();
      if (!described && !open) return no(name.c_str());
      if (!fits(member, described ? schema["properties"][name] : schema["additionalProperties"], place + "." + name))
        return false;
    }
    return true;
  }

  nlohmann::json schema_;
  int checked_ = 0;
};

QTEST_APPLESS_MAIN(DocumentJsonTest)
#include "document_json_test.moc"
