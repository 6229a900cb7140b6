#include "app/netw/bench_nets.h"

#include <fmt/format.h>

namespace netw {

using engine::FieldValue;
using engine::NodeId;
using engine::document::Document;
using engine::document::Fields;

namespace {

using Sizes = std::vector<int64_t>;

// Nodes one after another, each wired to the last one.
class Net {
 public:
  NodeId add(const std::string& type, Fields fields = {}) { return add(type, std::move(fields), {last_}); }
  NodeId add(const std::string& type, Fields fields, const std::vector<NodeId>& inputs) {
    const NodeId id = NodeId(parts_.nodes.size()) + 1;  // the same in every process: so are the first weights
    parts_.nodes.push_back({id, type, fmt::format("{}{}", engine::document::nameAfter(type), id), std::move(fields), {}, {}, {}});
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i]) parts_.wires.push_back({inputs[i], 0, id, int(i), {}});
    return last_ = id;
  }
  NodeId last() const { return last_; }

  void input(Sizes shape) { add("Input", {{"shape", std::move(shape)}}, {}); }
  void linear(int64_t out) { add("Linear", {{"out_features", out}}); }
  void conv(int64_t out, int64_t stride = 1, int64_t padding = 0, int64_t kernel = 3, bool bias = true) {
    add("Conv2d", {{"out_channels", out}, {"kernel_size", Sizes{kernel, kernel}}, {"stride", Sizes{stride, stride}}, {"padding", Sizes{padding, padding}}, {"bias", bias}});
  }
  void pool() { add("MaxPool2d", {{"kernel_size", Sizes{2, 2}}, {"stride", Sizes{2, 2}}}); }

  // A residual block: relu(norm(conv(relu(norm(conv(x))))) + skip(x)).
  void block(int64_t in, int64_t out, int64_t stride) {
    const NodeId x = last_;
    conv(out, stride, 1, 3, false);
    add("BatchNorm2d");
    add("ReLU");
    conv(out, 1, 1, 3, false);
    const NodeId y = add("BatchNorm2d");
    last_ = x;
    if (in != out || stride != 1) conv(out, stride, 0, 1, false), add("BatchNorm2d");
    add("Add", {}, {y, last_});
    add("ReLU");
  }

  engine::Result<Document> finish(int64_t batch, const std::string& optimizer, Fields fields) {
    const NodeId scores = last_, target = add("Target", {{"kind", std::string("class")}}, {});
    add("CrossEntropyLoss", {}, {scores, target});
    parts_.name = "bench";
    parts_.recipe.phases[0].batch = batch;
    parts_.recipe.phases[0].optimizer = {optimizer, std::move(fields), {}};
    return Document::assemble(std::move(parts_));
  }

 private:
  Document::Parts parts_;
  NodeId last_ = 0;
};

constexpr BenchNet kNets[] = {
    {"a", "MLP 4-64-64-2, tanh, batch 64, Adam", 2},
    {"b", "MLP 784-256-128-10, relu, batch 32, Adam", 10},
    {"b128", "MLP 784-256-128-10, relu, batch 128, Adam", 10},
    {"c", "convnet 32-64 on 28 x 28 (34,826 parameters), batch 128, Adam", 10},
    {"d", "convnet 32-64-128 on 28 x 28 (1.2 M parameters), batch 64, Adadelta", 10},
    {"g", "ResNet-8 (16-32-64 channels, batch norm) on 32 x 32 x 3, batch 64, SGD with momentum", 10},
};

}  // namespace

std::span<const BenchNet> benchNets() { return kNets; }

engine::Result<Document> benchDocument(const std::string& name) {
  Net net;
  if (name == "a") {
    net.input({4});
    net.linear(64), net.add("Tanh");
    net.linear(64), net.add("Tanh");
    net.linear(2);
    return net.finish(64, "adam", {});
  }
  if (name == "b" || name == "b128") {
    net.input({784});
    net.linear(256), net.add("ReLU");
    net.linear(128), net.add("ReLU");
    net.linear(10);
    return net.finish(name == "b" ? 32 : 128, "adam", {});
  }
  if (name == "c") {
    net.input({1, 28, 28});
    net.conv(32), net.add("ReLU"), net.pool();
    net.conv(64), net.add("ReLU"), net.pool();
    net.add("Flatten"), net.add("Dropout", {{"p", 0.5}});
    net.linear(10);
    return net.finish(128, "adam", {});
  }
  if (name == "d") {
    net.input({1, 28, 28});
    net.conv(32), net.add("ReLU");
    net.conv(64), net.add("ReLU"), net.pool();
    net.add("Dropout", {{"p", 0.25}}), net.add("Flatten");
    net.linear(128), net.add("ReLU"), net.add("Dropout", {{"p", 0.5}});
    net.linear(10);
    return net.finish(64, "adadelta", {});
  }
  net.input({3, 32, 32});
  net.conv(16, 1, 1, 3, false), net.add("BatchNorm2d"), net.add("ReLU");
  net.block(16, 16, 1), net.block(16, 32, 2), net.block(32, 64, 2);
  net.add("AdaptiveAvgPool2d", {{"output_size", Sizes{1, 1}}}), net.add("Flatten");
  net.linear(10);
  return net.finish(64, "sgd", {{"lr", 0.1}, {"momentum", 0.9}});
}

}  // namespace netw
