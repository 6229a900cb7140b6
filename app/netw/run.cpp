// netw run: raw arrays in, raw arrays out, as the model answers.
#include <fmt/format.h>

#include <algorithm>
#include <thread>


#include "app/netw/arrays.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"
#include "engine/data/bytes.h"
#include "engine/formats/import.h"
#include "kernels/pool.h"

namespace netw {

using engine::Result;
using engine::Value;
using engine::data::Array;
namespace onnx = engine::formats::onnx;

namespace {

onnx::Tensor tensorOf(const std::string& name, const Array& array) {
  onnx::Tensor tensor{name, array.type, array.shape, {}};
  tensor.bytes.assign(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  return tensor;
}
Array arrayOf(const onnx::Tensor& tensor) {
  Array array{tensor.shape, tensor.type, {}};
  const auto* from = reinterpret_cast<const std::byte*>(tensor.bytes.data());
  array.bytes.assign(from, from + tensor.bytes.size());
  return array;
}

class RunModel final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), an ONNX model (.onnx), or the folder of a run.");
    o.option("--input", "NAME=FILE.npy", inputs_, "An array for an input; without NAME= in the inputs' order.");
    size_.addTo(o);
    o.option("--output", "DIR", output_, "The folder for the outputs: NAME.npy each, and index.json with the names.");
    o.option("--threads", "N", threads_, "0: one for each core.");
  }

  Result<int> run(Talk& talk) override {
    if (output_.empty()) {
      talk.error("run: --output DIR says where the outputs go; `netw help run` shows how");
      return kWrongUsage;
    }
    const Result<std::vector<NamedArray>> arrays = readArrays(inputs_);
    if (!arrays) return tl::unexpected(arrays.error());
    std::vector<onnx::Tensor> given;
    Result<onnx::Imported> network = engine::formats::canImport(model_) ? ofFile(*arrays, given) : ofProject(*arrays, given, talk);
    if (!network) return tl::unexpected(network.error());
    int64_t batch = network->batch.value_or(1);
    for (size_t i = 0; i < given.size() && !network->batch; ++i)
      if (std::get<bool>(network->network.nodes[size_t(network->inputs[i].node)].op.fields().at("batched")) && given[i].shape.rank() > 0) {
        batch = given[i].shape[0];
        break;
      }
    kernels::oneThreadForLibraries();
    kernels::Pool pool(threads_ > 0 ? threads_ : std::max(1, int(std::thread::hardware_concurrency())));
    kernels::Cpu cpu{&pool};
    Result<std::vector<onnx::Tensor>> answers = onnx::run(*network, batch, given, cpu);
    if (!answers) return tl::unexpected(answers.error());
    std::vector<NamedArray> results;
    for (const onnx::Tensor& answer : *answers) results.push_back({answer.name, arrayOf(answer)});
    if (engine::Done done = writeArrays(output_, results); !done) return tl::unexpected(done.error());
    if (talk.json) {
      Json json = Json::array();
      for (const onnx::Tensor& answer : *answers) json.push_back({{"output", answer.name}, {"shape", std::vector<int64_t>(answer.shape.begin(), answer.shape.end())}, {"type", std::string(nameOf(answer.type))}});
      talk.result(json);
    } else {
      for (const onnx::Tensor& answer : *answers) talk.result(fmt::format("{}: {} ({})", answer.name, toString(answer.shape), nameOf(answer.type)));
    }
    return kDone;
  }

 private:
  // As the file says, with what its operators plan with taken from the inputs.
  Result<onnx::Imported> ofFile(const std::vector<NamedArray>& arrays, std::vector<onnx::Tensor>& given) const {
    const Result<std::vector<std::byte>> file = engine::data::readFile(model_);
    if (!file) return tl::unexpected(file.error());
    const std::string_view bytes(reinterpret_cast<const char*>(file->data()), file->size());
    const Result<onnx::Model> model = onnx::parse(bytes, model_);
    if (!model) return tl::unexpected(model.error());
    onnx::ReadOptions options;
    const auto sizes = size_.sizes();
    if (!sizes) return tl::unexpected(sizes.error());
    options.sizes = *sizes;
    for (const onnx::Port& port : model->inputs) {
      const bool isInitializer = std::any_of(model->initializers.begin(), model->initializers.end(), [&](const onnx::Tensor& t) { return t.name == port.name; });
      if (isInitializer) continue;
      const Result<Array> array = arrayFor(arrays, port.name, given.size(), port.type);
      if (!array) return tl::unexpected(array.error());
      for (int axis = 0; axis < port.shape.rank() && axis < array->shape.rank(); ++axis)
        if (const auto size = onnx::sizeOf(port, axis, *sizes); size && *size != array->shape[axis])
          return engine::failure(port.name, engine::Message("{0} along axis {1}, as --size says", *size, axis), engine::Message("{0}", array->shape));
      given.push_back(tensorOf(port.name, *array));
      options.given[port.name] = given.back();
    }
    return onnx::read(bytes, model_, options);
  }

  Result<onnx::Imported> ofProject(const std::vector<NamedArray>& arrays, std::vector<onnx::Tensor>& given, Talk& talk) const {
    const auto sizes = size_.sizes(model_, [&](const std::string& name, size_t place, int) -> std::optional<engine::Shape> {
      const NamedArray* const array = findArray(arrays, name, place);
      return array ? std::optional(array->array.shape) : std::nullopt;
    }, true);
    if (!sizes) return tl::unexpected(sizes.error());
    const Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    engine::training::SessionOptions options;
    options.withoutData = true, options.threads = 1;
    const auto session = openTrained(*model, options, 1, talk);
    if (!session) return tl::unexpected(session.error());
    onnx::Imported network;
    network.network = (*session)->network();
    network.floating = (*session)->precision();
    network.outputs = (*session)->predictions();
    for (Value v : network.outputs) {
      const engine::Node& node = network.network.nodes[size_t(v.node)];
      network.outputNames.push_back(v.output == 0 ? node.name : node.name + "." + node.op.type().info.outputs[size_t(v.output)].name);
    }
    for (const engine::Store::Entry& entry : (*session)->store().entries()) {
      if (entry.ofOptimizer) continue;
      onnx::Tensor& value = network.values.emplace_back(onnx::Tensor{entry.name, entry.tensor.type, entry.tensor.shape, {}});
      value.bytes.assign(static_cast<const char*>(entry.tensor.data), size_t(entry.tensor.bytes()));
    }
    onnx::cut(network);
    for (size_t n = 0; n < network.network.nodes.size(); ++n) {
      const engine::Node& node = network.network.nodes[n];
      if (!node.op.is("Input")) continue;
      const Result<Array> array = arrayFor(arrays, node.name, given.size(), engine::infoOfSource(node.op, {.floating = network.floating}).type);
      if (!array) return tl::unexpected(array.error());
      given.push_back(tensorOf(node.name, *array));
      network.inputs.push_back({int(n), 0});
    }
    return network;
  }

  SizeOption size_;
  std::string model_, output_;
  std::vector<std::string> inputs_;
  int threads_ = 0;
};

}  // namespace

std::unique_ptr<Verb> makeRun() { return std::make_unique<RunModel>(); }

}  // namespace netw
