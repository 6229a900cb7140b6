// netw predict: what the trained model answers to pictures, rows or arrays.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/netw/inputs.h"
#include "app/netw/device_option.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"
#include "engine/data/npy.h"
#include "engine/data/transform.h"
#include "engine/formats/safetensors.h"

namespace netw {

using engine::failure;
using engine::Message;
using engine::Result;
using engine::Shape;
using engine::Tensor;
using engine::data::Array;
using engine::training::Session;

namespace {

constexpr int64_t kBatch = 256;

// How the network's last numbers are read.
enum class Answer { values, scores, logProbabilities, logits };

Answer answerOf(const Session& session) {
  for (const engine::LossTerm& loss : session.losses(0)) {
    const engine::Op& op = session.network().nodes[size_t(loss.value.node)].op;
    if (op.is("CrossEntropyLoss")) return Answer::scores;
    if (op.is("NLLLoss")) return Answer::logProbabilities;
    if (op.is("BCEWithLogitsLoss")) return Answer::logits;
  }
  return Answer::values;
}

void toProbabilities(std::vector<double>& row, Answer answer) {
  if (answer == Answer::logits)
    for (double& x : row) x = 1 / (1 + std::exp(-x));
  if (answer == Answer::logProbabilities)
    for (double& x : row) x = std::exp(x);
  if (answer != Answer::scores || row.empty()) return;
  const double top = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& x : row) sum += x = std::exp(x - top);
  for (double& x : row) x /= sum;
}

class Predict final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), or the folder of a run.");
    o.arguments("INPUT", inputs_, "A picture, .npy, .npz, or .csv without the column of answers.");
    size_.addTo(o);
    o.option("--top", "N", top_, "How many classes to name for each (3).");
    o.option("--output", "FILE.npy", output_, "The network's numbers for all inputs, as one array.");
    device_.addTo(o);
    o.option("--threads", "N", threads_, "0: one for each core.");
  }

  Result<int> run(Talk& talk) override {
    const auto sizes = size_.sizes(model_, [&](const std::string&, size_t, int rank) { return shapeOfFirst(rank); }, true);
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    const Result<engine::DeviceChoice> device = device_.choice();
    if (!device) return tl::unexpected(device.error());
    Result<std::unique_ptr<Session>> opened = openTrained(*model, {.folder = {}, .threads = threads_, .data = {}, .validation = {}, .split = {}, .withoutData = true, .device = *device}, 1, talk);
    if (!opened) return tl::unexpected(opened.error());
    session_ = opened->get();
    if (session_->device()) talk.say(DeviceOption::said(*session_));
    if (engine::Done done = findInput(); !done) return tl::unexpected(done.error());
    answer_ = answerOf(*session_);
    classes_ = classesOf(*model);
    const std::vector<engine::Value> answers = session_->predictions();
    if (answers.empty()) return failure(model_, "an output to answer with", "none", "add layers to the network");

    Json all = Json::array();
    for (const std::string& path : inputs_) {
      const engine::document::Binding* binding = model->document.data().binding(session_->network().nodes[size_t(input_)].id);
      Result<Array> rows = readInput(path, sample_, binding ? binding->column : "x");
      if (!rows) return tl::unexpected(rows.error());
      engine::data::Transform transform;
      if (binding) transform = {binding->scale.value_or(1), binding->mean, binding->std};
      if (engine::Done done = answer(path, *rows, transform, all, talk); !done) return tl::unexpected(done.error());
    }
    if (talk.json) talk.result(all);
    if (!output_.empty()) {
      Shape shape{rows_};
      for (int64_t size : answerShape_) shape.append(size);
      const std::vector<float> single(numbers_.begin(), numbers_.end());
      const bool isDouble = session_->precision() == engine::Type::f64;
      if (engine::Done done = engine::data::writeNpy(output_, shape, session_->precision(), isDouble ? static_cast<const void*>(numbers_.data()) : single.data()); !done)
        return tl::unexpected(done.error());
    }
    return kDone;
  }

 private:
  // Of arrays, for axes that have no number in an ONNX file: of samples, or of one.
  std::optional<Shape> shapeOfFirst(int rank) const {
    if (inputs_.empty() || !inputs_.front().ends_with(".npy")) return {};
    const Result<Array> array = engine::data::readNpy(inputs_.front());
    if (!array) return {};
    Shape shape = array->shape;
    if (shape.rank() + 1 != rank) return shape;
    shape = Shape{1};
    for (int64_t size : array->shape) shape.append(size);
    return shape;
  }

  engine::Done findInput() {
    const engine::Graph& network = session_->network();
    for (size_t n = 0; n < network.nodes.size(); ++n) {
      if (!network.nodes[n].op.is("Input")) continue;
      if (input_ >= 0) return failure(model_, "a network with one Input", "several", "give each a file of its own: this verb takes one");
      input_ = int(n);
    }
    if (input_ < 0) return failure(model_, "a network with an Input", "none", "add one");
    const engine::FieldMap fields = network.nodes[size_t(input_)].op.fields();
    inputType_ = engine::infoOfSource(network.nodes[size_t(input_)].op, {.floating = session_->precision()}).type;
    sample_ = Shape(std::span<const int64_t>(std::get<std::vector<int64_t>>(fields.at("shape"))));
    return {};
  }

  // As training wrote them beside the weights; else the numbers stand for themselves.
  static std::vector<std::string> classesOf(const Model& model) {
    if (model.weights.empty()) return {};
    const auto file = engine::formats::readSafetensors(model.weights);
    if (!file || !file->metadata().contains("classes")) return {};
    const Json names = Json::parse(file->metadata().at("classes"), nullptr, false);
    std::vector<std::string> classes;
    for (const Json& name : names.is_array() ? names : Json::array()) classes.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    return classes;
  }

  engine::Done answer(const std::string& path, const Array& rows, const engine::data::Transform& transform, Json& all, Talk& talk) {
    const engine::data::Table table(path, {{"x", rows.type, sample_, {}}});
    Result<engine::data::Conversion> conversion = engine::data::Conversion::make(table, 0, transform, inputType_);
    if (!conversion) return tl::unexpected(conversion.error());
    const int64_t count = rows.shape[0];
    for (int64_t first = 0; first < count; first += kBatch) {
      const int64_t size = std::min(kBatch, count - first);
      Result<engine::Plan*> plan = session_->evaluationPlan(size);
      if (!plan) return tl::unexpected(plan.error());
      std::vector<engine::Arena> slots((*plan)->inputs().size());
      for (size_t i = 0; i < slots.size(); ++i) {
        const auto& slot = (*plan)->inputs()[i];
        const int64_t bytes = slot.info.shape.elements() * engine::bytesOf(slot.info.type);
        if (engine::Done done = slots[i].reserve(bytes); !done) return done;
        std::fill_n(slots[i].data(), bytes, std::byte(0));  // targets: nobody asks for the loss
        if (slot.node == session_->network().nodes[size_t(input_)].id)
          if (engine::Done done = conversion->apply(rows.bytes.data() + first * conversion->rowBytesFrom(), size, slots[i].data()); !done) return done;
        (*plan)->setInput(int(i), slots[i].data());
      }
      engine::StepState step;
      step.seed = session_->seed();
      (*plan)->run(session_->cpu(), step);
      const Tensor& result = (*plan)->kept((*plan)->keptCount() - int(session_->predictions().size()));
      if (engine::Done done = (*plan)->answer(); !done) return done;
      tell(path, result, first, count, all, talk);
    }
    return {};
  }

  void tell(const std::string& path, const Tensor& result, int64_t first, int64_t count, Json& all, Talk& talk) {
    const int64_t rows = result.shape.rank() ? result.shape[0] : 1, width = rows ? result.elements() / rows : 0;
    answerShape_.clear();
    for (int axis = 1; axis < result.shape.rank(); ++axis) answerShape_.push_back(result.shape[axis]);
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<double> row(static_cast<size_t>(width));
      for (int64_t i = 0; i < width; ++i)
        row[size_t(i)] = result.type == engine::Type::f64 ? static_cast<const double*>(result.data)[r * width + i] : double(static_cast<const float*>(result.data)[r * width + i]);
      numbers_.insert(numbers_.end(), row.begin(), row.end());
      ++rows_;
      const bool named = (answer_ == Answer::scores || answer_ == Answer::logProbabilities) && result.shape.rank() == 2;
      if (named || answer_ == Answer::logits) toProbabilities(row, answer_);
      Json json{{"input", path}};
      if (count > 1) json["row"] = first + r;
      std::string text = count > 1 ? fmt::format("{}[{}]", path, first + r) : path;
      if (named) rank(row, json, text);
      else values(row, json, text);
      if (talk.json) all.push_back(std::move(json));
      else talk.result(text);
    }
  }

  void rank(const std::vector<double>& row, Json& json, std::string& text) const {
    std::vector<size_t> order(row.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
    order.resize(std::min(order.size(), size_t(std::max(top_, 1))));
    const auto nameOf = [&](size_t c) { return c < classes_.size() ? classes_[c] : std::to_string(c); };
    json["class"] = nameOf(order[0]);
    json["index"] = order[0];
    json["probability"] = numberOf(row[order[0]]);
    json["top"] = Json::array();
    for (size_t c : order) {
      json["top"].push_back({{"class", nameOf(c)}, {"index", c}, {"probability", numberOf(row[c])}});
      text += fmt::format("{}{} {:.4f}", c == order[0] ? "  " : ", ", nameOf(c), row[c]);
    }
  }

  void values(const std::vector<double>& row, Json& json, std::string& text) const {
    json["values"] = Json::array();
    text += " ";
    for (double x : row) {
      json["values"].push_back(numberOf(x));
      text += fmt::format(" {:.6g}", x);
    }
  }

  DeviceOption device_;
  std::string model_, output_;
  std::vector<std::string> inputs_;
  int top_ = 3, threads_ = 0;

  Session* session_ = nullptr;
  int input_ = -1;
  Shape sample_;
  engine::Type inputType_ = engine::Type::f32;
  Answer answer_ = Answer::values;
  std::vector<std::string> classes_;
  std::vector<double> numbers_;  // of all answers
  std::vector<int64_t> answerShape_;
  int64_t rows_ = 0;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makePredict() { return std::make_unique<Predict>(); }

}  // namespace netw
