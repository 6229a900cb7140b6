// What the engine says to all sorts of mistakes, as it comes to the studio: refusals of every op and of its fields, hints, projects and
// recipes that are wrong somewhere, files of data and models that are broken.
#pragma once
#include <QDir>
#include <QFile>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/data/open.h"
#include "engine/data/split.h"
#include "engine/device/devices.h"
#include "engine/document/json.h"
#include "engine/document/expand.h"
#include "engine/document/set.h"
#include "engine/formats/choices_file.h"
#include "engine/formats/export.h"
#include "engine/formats/import.h"
#include "engine/formats/safetensors.h"
#include "engine/passes/infer.h"
#include "engine/passes/lint.h"
#include "engine/training/session.h"
#include "tests/engine/op_case.h"

namespace mistakes {

using engine::FieldValue;
using engine::Op;
using engine::OpType;
using engine::Problem;
using engine::Problems;
using engine::Shape;
using engine::Type;
using engine::document::Document;

class Collection {
 public:
  void add(const Problems& problems) { list_.insert(list_.end(), problems.begin(), problems.end()); }
  template <class T>
  void add(const engine::Result<T>& result) {
    if (!result) list_.push_back(result.error());
  }
  const Problems& list() const { return list_; }

 private:
  Problems list_;
};

inline const std::vector<FieldValue>& wrongValues() {
  using Wholes = std::vector<int64_t>;
  using Reals = std::vector<double>;
  static const std::vector<FieldValue> all{true,         int64_t(0),           int64_t(-7), int64_t(1) << 60, -0.5,
                                           1e30,         std::string("wrong"), Wholes{},    Wholes{0},        Wholes{-3, 5, 70},
                                           Wholes(9, 1), std::string("a\nb"),  Reals{},     Reals{-1.5, 1e30}};
  return all;
}

// Each op with inputs that its author thought of, and with any; each of its fields with values that it does not take.
inline void ofOps(Collection& to) {
  using engine::tests::makeCase;
  const std::vector<Shape> shapes{{}, {1}, {7}, {2, 3}, {2, 5, 4}, {2, 3, 8, 6}, {1, 3, 1, 1}, {2, 3, 4, 4, 4}, {1, 1, 1, 1, 1, 1, 1, 1}};
  for (const OpType* type : engine::allOps()) {
    if (type->mistakes)
      for (const engine::Mistake& mistake : type->mistakes()) {
        engine::Example example;
        example.inputs = mistake.inputs, example.op = mistake.op;
        to.add(makeCase(*type, example, Type::f32).problems);
      }
    const auto op = Op::named(type->info.name);
    for (const auto& field : fieldInfos(*type))
      for (const FieldValue& value : wrongValues()) {
        const auto set = op->set(field.name, value);
        to.add(set);
        if (!set) continue;
        // What the field takes, with inputs that may not go with it.
        for (const Shape& shape : shapes) {
          engine::Graph network;
          for (size_t i = 0; i < std::max<size_t>(1, type->info.inputs.size()); ++i)
            network.nodes.push_back(
                {Op::with("Input", {{"shape", std::vector<int64_t>(shape.begin(), shape.end())}}), {}, engine::NodeId(i + 1), "input"});
          engine::Node node{*set, {}, 99, "node"};
          for (size_t i = 0; i < type->info.inputs.size(); ++i) node.inputs.push_back({int(i), 0});
          network.nodes.push_back(node);
          to.add(infer(network).problems);
        }
      }
    to.add(op->set("no_such_field", true));
  }
}

inline void ofNetworks(Collection& to) {
  const auto node = [](const char* type, engine::FieldMap fields, std::vector<int> inputs, engine::NodeId id) {
    engine::Node made{Op::with(type, fields), {}, id, std::string("n") + std::to_string(id)};
    for (const int i : inputs) made.inputs.push_back({i, 0});
    return made;
  };
  const auto input = [&](std::vector<int64_t> shape) { return node("Input", {{"shape", std::move(shape)}}, {}, 1); };
  const auto tell = [&](std::vector<engine::Node> nodes, std::vector<engine::DataFact> facts = {}) {
    engine::Graph network;
    network.nodes = std::move(nodes);
    const auto inference = infer(network);
    to.add(inference.problems);
    if (inference.ok()) to.add(engine::lint(network, inference, facts));
  };
  const auto target = node("Target", {{"kind", std::string("class")}}, {}, 2);
  for (const char* first : {"Softmax", "LogSoftmax", "Sigmoid", "ReLU"})
    for (const char* loss : {"CrossEntropyLoss", "BCEWithLogitsLoss", "NLLLoss"})
      tell({input({4}), target, node(first, {}, {0}, 3), node(loss, {}, {2, 1}, 4)}, {{0, -1, 255, 0}, {1, 0, 2, 3}});
  tell({input({4}), node("ReLU", {}, {0}, 3), node("ReLU", {}, {1}, 4), node("Tanh", {}, {2}, 5), node("Tanh", {}, {3}, 6)});
  for (const double p : {0.0, 1.0})
    tell({input({4}), target, node("Dropout", {{"p", p}}, {0}, 3), node("CrossEntropyLoss", {}, {2, 1}, 4), node("Linear", {}, {0}, 5), input({2})});
  tell({node("Linear", {}, {}, 3), node("Add", {}, {-1, 0}, 4), node("ReLU", {}, {0, 1}, 5)});
  tell({input({4}), target, node("ReLU", {}, {1}, 3), node("CrossEntropyLoss", {}, {0, 0}, 4)});
  tell({input({4}), node("Linear", {{"out_features", int64_t(9)}}, {0}, 3), target, node("CrossEntropyLoss", {}, {1, 2}, 4)}, {{2, 0, 2, 3}});
}

// A value of a project's text replaced by others, one after the other.
inline void mutated(Collection& to, const nlohmann::json& whole, const nlohmann::json::json_pointer& at) {
  static const std::vector<nlohmann::json> others{nullptr, true, -1, 2.5, 1e300, "other", "", nlohmann::json::array(), nlohmann::json::array({1, "x"}),
                                                  nlohmann::json::object(), "0000000000000077"};
  for (const auto& other : others) {
    nlohmann::json text = whole;
    text[at] = other;
    const auto document = engine::document::parse(text.dump(), "mutated.netw");
    to.add(document);
    if (document) to.add(engine::document::expand(*document).problems);
  }
  const nlohmann::json& here = whole[at];
  if (here.is_object())
    for (const auto& [name, value] : here.items()) mutated(to, whole, at / name);
  if (!here.is_array() || here.empty()) return;
  mutated(to, whole, at / 0);
  if (here.size() > 1) mutated(to, whole, at / (here.size() - 1));
}

inline void ofProjects(Collection& to) {
  const QString folder = NETWRIGHT_SOURCE_DIR "/resources/templates/";
  for (const char* name : {"xor.netw", "fashion-cnn.netw"}) {
    QFile file(folder + name);
    if (!file.open(QIODevice::ReadOnly)) return;
    const std::string text = file.readAll().toStdString();
    auto whole = nlohmann::json::parse(text);
    const auto around = nlohmann::json::array({whole["nodes"][0]["id"]});
    whole["frames"] = nlohmann::json::array({{{"id", "31"}, {"title", "first"}, {"color", 2}, {"nodes", around}}});
    mutated(to, whole, nlohmann::json::json_pointer());
    for (size_t cut = 0; cut < text.size(); cut += text.size() / 40 + 1) to.add(engine::document::parse(text.substr(0, cut), "cut.netw"));
    const auto document = engine::document::parse(text, "whole.netw");
    for (const char* assignment :
         {"batch", "bach=3", "optimizer.momentun=0.9", "optimizer.type=adm", "optimizer.lr=-1", "optimizer=3", "optimizer.lr.x=3", "batch=many",
          "batch=0", "batch=2.5", "shuffle=yes", "recipe.phases.batch=3", "recipe.phases[1].batch=3", "recipe.phases[0=3", "recipe[0].x=3",
          "nodes[hiden].fields.p=3", "netwright=2", "data.split.validation=2", "recipe.phases[0].losses[0].weight=2", "seed=18446744073709551616",
          "precision=f16", "clip_norm=-1", R"(schedule={"type": "multistep", "milestones": [0.5]})", R"(optimizer={"type": "adam", "betas": [1, 2]})",
          R"(optimizer={"type": "sgd", "nesterov": true})"})
      to.add(engine::document::set(*document, assignment));
    for (const char* odd : {"[[[[1]]]]", R"({"a": 1, "a": 2})", R"({"a": 99999999999999999999999})", R"({"a": 1e999})", "\x01", R"({"netwright": 7})", "[]",
                            R"({"a" 1})"})
      to.add(engine::document::parse(odd, "odd.netw"));
    engine::training::SessionOptions options;
    options.threads = 1;
    for (const char* data : {"spirals", "fashion-mnist", "no-such-data", "./nowhere"}) {
      options.data = data;
      const auto session = engine::training::Session::open(*document, options);
      to.add(session);
    }
    options.data = {}, options.threads = 100000;
    to.add(engine::training::Session::open(*document, options));
  }
}

// Files of `folder` that are no, or broken, data and models.
inline void ofFiles(Collection& to, const QString& folder) {
  const auto write = [&](const char* name, const std::string& bytes) {
    const std::string path = QDir(folder).filePath(name).toStdString();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  };
  for (const char* table : {"", "a,b\n", "age,b\n1,2\n,3\n", "age,b\n1,NA\n", "age,b\n1,2\nold,3\n", "k,b\nx,2\n7,3\n", "a,b\n1,2\n3\n", "a,a\n1,2\n",
                            "a,b\n1,\"x\n2,y\n"})
    to.add(engine::data::open(write("table.csv", table)));
  using namespace std::string_literals;
  for (const std::string& idx : {""s, "\x00\x00\x08"s, "\x00\x00\x08\x03\x00"s, "xx\x08\x01\x00\x00\x00\x02\x01"s, "\x00\x00\x08\x09\x00\x00"s,
                                 "\x00\x00\x08\x01\x00\x00\x00\x09\x01\x02"s})
    to.add(engine::data::open(write("train-images-idx3-ubyte", idx)));
  const auto npy = [](const std::string& header) { return "\x93NUMPY\x01\x00"s + char(header.size()) + "\x00"s + header; };
  for (const std::string& array : {""s, "\x93NUMPY\x09\x00"s, npy("{'descr': '<f4'}"), npy("{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }"),
                                   npy("{'descr': '<f4', 'fortran_order': False, 'shape': (200,), }"), npy("x")})
    to.add(engine::data::open(write("array.npy", array)));
  to.add(engine::data::open(write("arrays.npz", "PK nothing")));
  to.add(engine::data::open(write("packed.csv.gz", "\x1f\x8b\x08\x00broken")));
  to.add(engine::data::open(write("odd.txt", "words")));
  QDir(folder).mkpath("pictures/cat");
  to.add(engine::data::open(QDir(folder).filePath("pictures").toStdString()));
  write("pictures/cat/one.png", "\x89PNG\r\n\x1a\nbroken");
  to.add(engine::data::open(QDir(folder).filePath("pictures").toStdString()));
  for (const std::vector<double>& fractions : {std::vector<double>{0.5}, {0.9, 0.9}, {0.999999, 0.000001}})
    if (auto source = engine::data::open("xor")) to.add(engine::data::split(*source, fractions, 0));
  if (auto source = engine::data::open("xor")) to.add(engine::data::holdOut(*source, 7, 0));

  const auto header = [](const std::string& json) { return std::string{char(json.size()), 0, 0, 0, 0, 0, 0, 0} + json; };
  for (const std::string& file : {""s, "12345678"s, header("[]"), header("{"), header(R"({"a":{}})"), header(R"({"__metadata__":3})"),
                                  header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
                                  header(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})"),
                                  header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})")})
    to.add(engine::formats::readSafetensors(write("weights.safetensors", file)));
  to.add(engine::formats::readSafetensors("/no/such/file.safetensors"));
  for (const char* file : {"", "no model"}) to.add(engine::formats::importModel(write("model.onnx", file)));
  to.add(engine::formats::importModel(write("model.txt", "")));
  to.add(engine::formats::exportFormat("net.png"));
  for (const char* text : {"", "[]", R"({"format": 1})", R"({"netwright.choices": "1"})"}) to.add(engine::formats::parseChoices(text, "choices.json"));
  to.add(engine::DeviceChoice::parse("gpu"));
  to.add(engine::Devices::all().open({engine::DeviceChoice::Kind::cuda, 7}));
}

}  // namespace mistakes
