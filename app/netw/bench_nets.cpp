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

  void input(Sizes shape, const std::string& kind = "values") { add("Input", {{"shape", std::move(shape)}, {"kind", kind}}, {}); }
  void linear(int64_t out, bool bias = true) { add("Linear", {{"out_features", out}, {"bias", bias}}); }
  void reshape(Sizes shape) { add("Reshape", {{"shape", std::move(shape)}}); }
  void permute(Sizes order) { add("Permute", {{"dims", std::move(order)}}); }
  NodeId number(double value) { return add("Constant", {{"value", value}}, {}); }
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

  // A block of a transformer: x + proj(attention(norm(x))), then x + down(gelu(up(norm(x)))).
  void transformer(int64_t times, int64_t heads, int64_t width) {
    const NodeId x = last_;
    add("LayerNorm");
    linear(3 * width, false);
    reshape({0, times, 3, heads, width / heads});
    permute({2, 0, 3, 1, 4});  // queries, keys and values; samples, heads, times
    const NodeId all = last_;
    NodeId parts[3];
    for (int64_t i = 0; i < 3; ++i) {
      add("Slice", {{"dim", int64_t(0)}, {"start", i}, {"end", i + 1}}, {all});
      reshape({-1, heads, times, width / heads});
      parts[i] = last_;
    }
    add("ScaledDotProductAttention", {{"is_causal", true}}, {parts[0], parts[1], parts[2]});
    permute({0, 2, 1, 3});
    reshape({0, times, width});
    linear(width, false);
    const NodeId y = add("Add", {}, {x, last_});
    add("LayerNorm");
    linear(4 * width, false), add("GELU"), linear(width, false);
    add("Add", {}, {y, last_});
  }

  engine::Result<Document> finish(int64_t batch, const std::string& optimizer, Fields fields) {
    const NodeId scores = last_, target = add("Target", {{"kind", std::string("class")}}, {});
    add("CrossEntropyLoss", {}, {scores, target});
    return assemble(batch, optimizer, std::move(fields));
  }
  // A class for each time of each sample.
  engine::Result<Document> finishTimes(int64_t batch, int64_t times, int64_t classes, const std::string& optimizer) {
    reshape({-1, classes});
    const NodeId scores = last_;
    add("Target", {{"kind", std::string("class")}, {"shape", Sizes{times}}}, {});
    reshape({-1});
    add("CrossEntropyLoss", {}, {scores, last_});
    return assemble(batch, optimizer, {});
  }
  // The loss of a variational autoencoder: how well x was answered, and how far its codes are from the normal distribution.
  engine::Result<Document> finishAutoencoder(int64_t batch, NodeId x, NodeId mean, NodeId logVariance) {
    const NodeId answered = add("BCEWithLogitsLoss", {{"reduction", std::string("sum")}}, {last_, x});
    const NodeId variance = add("Exp", {}, {logVariance}), square = add("Multiply", {}, {mean, mean});
    add("Add", {}, {number(1), logVariance});
    add("Subtract", {}, {last_, square});
    add("Subtract", {}, {last_, variance});
    const NodeId divergence = add("Sum");
    parts_.recipe.phases[0].losses = {{answered, 0, 1, {}}, {divergence, 0, -0.5, {}}};
    return assemble(batch, "adam", {});
  }

 private:
  engine::Result<Document> assemble(int64_t batch, const std::string& optimizer, Fields fields) {
    parts_.name = "bench";
    parts_.recipe.phases[0].batch = batch;
    parts_.recipe.phases[0].optimizer = {optimizer, std::move(fields), {}};
    return Document::assemble(std::move(parts_));
  }

  Document::Parts parts_;
  NodeId last_ = 0;
};

constexpr BenchNet kNets[] = {
    {"a", "MLP 4-64-64-2, tanh, batch 64, Adam", 2},
    {"b", "MLP 784-256-128-10, relu, batch 32, Adam", 10},
    {"b128", "MLP 784-256-128-10, relu, batch 128, Adam", 10},
    {"c", "convnet 32-64 on 28 x 28 (34,826 parameters), batch 128, Adam", 10},
    {"d", "convnet 32-64-128 on 28 x 28 (1.2 M parameters), batch 64, Adadelta", 10},
    {"e", "LSTM 28 x 28 -> 128 -> 10, batch 128, Adam", 10},
    {"f", "character GPT, 4 layers x 4 heads x 128, context 64, batch 12, AdamW", 65},
    {"g", "ResNet-8 (16-32-64 channels, batch norm) on 32 x 32 x 3, batch 64, SGD with momentum", 10},
    {"h", "variational autoencoder 784-400-20-400-784, batch 128, Adam", 0},
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
  if (name == "e") {
    net.input({28, 28});
    net.add("LSTM", {{"hidden_size", int64_t(128)}, {"batch_first", true}});
    net.add("Slice", {{"dim", int64_t(1)}, {"start", int64_t(-1)}});
    net.add("Flatten");
    net.linear(10);
    return net.finish(128, "adam", {});
  }
  if (name == "f") {
    constexpr int64_t layers = 4, heads = 4, width = 128, times = 64, letters = 65;
    net.input({times}, "class");
    const NodeId tokens = net.add("Embedding", {{"num_embeddings", letters}, {"embedding_dim", width}});
    net.add("Parameter", {{"shape", Sizes{times, width}}, {"init", std::string("normal")}}, {});  // of the places
    net.add("Add", {}, {tokens, net.last()});
    for (int64_t i = 0; i < layers; ++i) net.transformer(times, heads, width);
    net.add("LayerNorm");
    net.linear(letters, false);
    return net.finishTimes(12, times, letters, "adamw");
  }
  if (name == "h") {
    net.input({784});
    const NodeId x = net.last();
    net.linear(400);
    const NodeId h = net.add("ReLU");
    const NodeId mean = net.add("Linear", {{"out_features", int64_t(20)}}, {h}), logVariance = net.add("Linear", {{"out_features", int64_t(20)}}, {h});
    const NodeId half = net.add("Multiply", {}, {logVariance, net.number(0.5)});
    const NodeId deviation = net.add("Exp", {}, {half}), noise = net.add("Normal", {}, {mean});
    net.add("Multiply", {}, {noise, deviation});
    net.add("Add", {}, {mean, net.last()});
    net.linear(400), net.add("ReLU"), net.linear(784);
    return net.finishAutoencoder(128, x, mean, logVariance);
  }
  net.input({3, 32, 32});
  net.conv(16, 1, 1, 3, false), net.add("BatchNorm2d"), net.add("ReLU");
  net.block(16, 16, 1), net.block(16, 32, 2), net.block(32, 64, 2);
  net.add("AdaptiveAvgPool2d", {{"output_size", Sizes{1, 1}}}), net.add("Flatten");
  net.linear(10);
  return net.finish(64, "sgd", {{"lr", 0.1}, {"momentum", 0.9}});
}

}  // namespace netw
