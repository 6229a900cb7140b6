// netw grad: the loss of one step and each parameter's gradient, without an update.
#include <fmt/format.h>

#include <cstring>

#include "app/netw/arrays.h"
#include "app/netw/loss_option.h"
#include "app/netw/model.h"
#include "app/netw/size_option.h"
#include "app/netw/verb.h"

namespace netw {

using engine::Result;
using engine::data::Array;
using engine::training::Session;

namespace {

Array arrayOf(const engine::Tensor& tensor) {
  Array array{tensor.shape, tensor.type, std::vector<std::byte>(size_t(tensor.bytes()))};
  std::memcpy(array.bytes.data(), tensor.data, array.bytes.size());
  return array;
}

class Grad final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), an ONNX model (.onnx), or the folder of a run.");
    size_.addTo(o);
    o.option("--input", "NAME=FILE.npy", inputs_, "An array for an input; without NAME= in the inputs' order.");
    o.option("--target", "FILE.npy", target_, "What the model should answer.");
    o.option("--loss", "NAME", loss_, "cross_entropy, mse, l1, huber, smooth_l1, bce_with_logits, nll or kl_div; added to a model that has none.");
    o.option("--output", "DIR", output_, "The folder for loss.npy, a file for each parameter, and index.json with the names.");
    o.option("--threads", "N", threads_, "0: one for each core. The result is the same for any number.");
    o.choice("--precision", precision_, {"f32", "f64"}, "Of the numbers.");
  }

  Result<int> run(Talk& talk) override {
    if (output_.empty()) {
      talk.error("grad: --output DIR says where the gradients go; `netw help grad` shows how");
      return kWrongUsage;
    }
    Result<std::vector<NamedArray>> arrays = readArrays(inputs_);
    if (!arrays) return tl::unexpected(arrays.error());
    const auto sizes = size_.sizes(model_, [&](const std::string& name, size_t place, int) -> std::optional<engine::Shape> {
      const NamedArray* const array = findArray(*arrays, name, place);
      return array ? std::optional(array->array.shape) : std::nullopt;
    }, true);
    if (!sizes) return tl::unexpected(sizes.error());
    Result<Model> model = openModel(model_, talk, *sizes);
    if (!model) return tl::unexpected(model.error());
    if (!loss_.empty())
      if (engine::Done done = setLoss(model->document, loss_); !done) return tl::unexpected(done.error());
    if (!precision_.empty())
      if (engine::Done done = set(model->document, "recipe.phases[0].precision", Json(precision_).dump()); !done) return tl::unexpected(done.error());
    talk.about(model->document);
    engine::training::SessionOptions options;
    options.withoutData = true, options.threads = threads_;
    const auto session = openTrained(*model, options, 1, talk);
    if (!session) return tl::unexpected(session.error());
    return step(**session, *arrays, talk);
  }

 private:
  Result<int> step(Session& session, std::vector<NamedArray>& arrays, Talk& talk) const {
    std::vector<Array> given;
    std::vector<engine::NodeId> nodes;
    size_t place = 0;
    int64_t batch = 0;
    for (const engine::Node& node : session.network().nodes) {
      if (!node.op.is("Input") && !node.op.is("Target")) continue;
      const bool isTarget = node.op.is("Target");
      if (isTarget && !target_.empty()) {
        Result<std::vector<NamedArray>> read = readArrays({target_});
        if (!read) return tl::unexpected(read.error());
        arrays.push_back({node.name, std::move(read->front().array)});
      }
      const engine::ValueInfo info = engine::infoOfSource(node.op, {.floating = session.precision()});
      Result<Array> array = arrayFor(arrays, node.name, isTarget ? arrays.size() : place++, info.type);
      if (!array) return tl::unexpected(array.error());
      if (info.shape.rank() > 0 && info.shape[0] < 0 && array->shape.rank() > 0) {
        if (batch && array->shape[0] != batch)
          return engine::failure(node.name, engine::Message("{0} samples, as the inputs before it have", batch), engine::Message("{0}", array->shape));
        batch = array->shape[0];
      }
      given.push_back(*std::move(array));
      nodes.push_back(node.id);
    }
    engine::PlanRequest request;
    request.infer = {std::max<int64_t>(batch, 1), true, session.precision()};
    request.losses = session.losses(0);
    request.keepGradients = true;
    if (request.losses.empty()) return engine::failure(model_, "a loss", "none", "give --loss");
    Result<std::unique_ptr<engine::Plan>> plan = engine::makePlan(session.network(), request, session.cpu());
    if (!plan) return tl::unexpected(plan.error());
    if (engine::Done done = session.store().add((*plan)->stored(), session.seed()); !done) return tl::unexpected(done.error());
    engine::Arena arena;
    if (engine::Done done = arena.reserve((*plan)->report().arenaBytes); !done) return tl::unexpected(done.error());
    if (engine::Done done = (*plan)->bind(session.store(), arena.data()); !done) return tl::unexpected(done.error());
    std::vector<engine::Arena> memory((*plan)->inputs().size());
    for (size_t i = 0; i < memory.size(); ++i) {
      const engine::Plan::InputSlot& slot = (*plan)->inputs()[i];
      if (engine::Done done = memory[i].reserve(slot.info.shape.elements() * bytesOf(slot.info.type)); !done) return tl::unexpected(done.error());
      for (size_t k = 0; k < nodes.size(); ++k) {
        if (nodes[k] != slot.node) continue;
        if (!(given[k].shape == slot.info.shape))
          return engine::failure(session.document().node(slot.node)->name, engine::Message("{0}", slot.info.shape), engine::Message("{0}", given[k].shape));
        std::memcpy(memory[i].data(), given[k].bytes.data(), given[k].bytes.size());
      }
      (*plan)->setInput(int(i), memory[i].data());
    }
    engine::StepState state;
    state.seed = session.seed();
    (*plan)->run(session.cpu(), state);

    const double loss = (*plan)->numbers().loss;
    std::vector<NamedArray> results;
    Array number{engine::Shape(), engine::Type::f64, std::vector<std::byte>(sizeof loss)};
    std::memcpy(number.bytes.data(), &loss, sizeof loss);
    results.push_back({"loss", std::move(number)});
    for (size_t i = 0; i < (*plan)->stored().size(); ++i) {
      const engine::StoredValue& value = (*plan)->stored()[i];
      if (!value.learned() || value.ofOptimizer) continue;
      const engine::Tensor& gradient = (*plan)->gradient(int(i));
      if (gradient.data) results.push_back({value.name, arrayOf(gradient)});
    }
    if (engine::Done done = writeArrays(output_, results); !done) return tl::unexpected(done.error());
    if (talk.json) talk.result(Json{{"loss", numberOf(loss)}});
    else talk.result(fmt::format("loss {}, {} gradients", shortNumber(loss), results.size() - 1));
    return kDone;
  }

  std::string model_, target_, loss_, output_, precision_;
  std::vector<std::string> inputs_;
  int threads_ = 0;
  SizeOption size_;
};

}  // namespace

std::unique_ptr<Verb> makeGrad() { return std::make_unique<Grad>(); }

}  // namespace netw
