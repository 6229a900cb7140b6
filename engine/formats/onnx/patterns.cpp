// What exporters spell out, recognised: a node whose result is that of a layer becomes the layer.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "engine/formats/onnx/onnx.h"

namespace engine::formats::onnx {

namespace {

class Patterns {
 public:
  Patterns(Imported& imported, const std::vector<std::vector<ValueInfo>>& infos) : it_(imported), infos_(infos), nodes_(imported.network.nodes), uses_(nodes_.size(), 0) {
    for (const engine::Node& node : nodes_)
      for (Value v : node.inputs)
        if (v) ++uses_[size_t(v.node)];
    for (Value v : it_.outputs) ++uses_[size_t(v.node)];
    for (size_t i = 0; i < it_.values.size(); ++i) places_[it_.values[i].name] = i;
    for (const engine::Node& node : nodes_) names_.insert(node.name);
  }

  // In the order of the nodes: what a pattern is made of comes before it.
  void run() {
    for (size_t n = 0; n < nodes_.size(); ++n) silu(n) || gelu(n) || layerNorm(n) || attention(n) || groupNorm(n) || bias(n);
    for (size_t n = 0; n < nodes_.size(); ++n) unflattened(n);  // last: what is known of shapes does not hold behind it
  }

 private:
  const engine::Node* at(Value v, const char* op) const { return v && v.output == 0 && nodes_[size_t(v.node)].op.is(op) ? &nodes_[size_t(v.node)] : nullptr; }

  Tensor* stored(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &it_.values[found->second];
  }
  // The numbers of a Buffer, or of a Parameter that nobody else reads; null where it is none.
  Tensor* buffer(Value v) const {
    const engine::Node* node = at(v, "Buffer");
    if (!node && v && uses_[size_t(v.node)] == 1) node = at(v, "Parameter");
    return node ? stored(node->name + ".value") : nullptr;
  }
  std::optional<double> number(Value v) const {
    if (const engine::Node* node = at(v, "Constant")) return std::get<double>(node->op.fields().at("value"));
    return std::nullopt;
  }
  bool isNumber(Value v, double wanted) const {
    constexpr double kRounding = 1e-6;  // of floats in files
    const auto found = number(v);
    return found && std::abs(*found - wanted) <= kRounding * std::max(1.0, std::abs(wanted));
  }
  // The other input, where one of them is that.
  template <class Is>
  Value other(const engine::Node& node, const Is& is) const {
    for (const int i : {1, 0})
      if (is(node.inputs[size_t(i)])) return node.inputs[size_t(1 - i)];
    return {};
  }

  bool become(size_t n, const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    for (Value v : nodes_[n].inputs)
      if (v) --uses_[size_t(v.node)];
    nodes_[n].op = Op::with(op, fields);
    nodes_[n].inputs = std::move(inputs);
    for (Value v : nodes_[n].inputs)
      if (v) ++uses_[size_t(v.node)];
    return true;
  }

  // x sigmoid(x)
  bool silu(size_t n) {
    const engine::Node& root = nodes_[n];
    if (!root.op.is("Multiply")) return false;
    for (const int i : {0, 1})
      if (const engine::Node* sigmoid = at(root.inputs[size_t(i)], "Sigmoid"); sigmoid && sigmoid->inputs[0] == root.inputs[size_t(1 - i)])
        return become(n, "SiLU", {}, {root.inputs[size_t(1 - i)]});
    return false;
  }

  // All that is multiplied, through products of products.
  void factors(Value v, std::vector<Value>& all) const {
    constexpr size_t kMost = 8;
    if (const engine::Node* product = at(v, "Multiply"); product && all.size() < kMost) {
      for (Value input : product->inputs) factors(input, all);
    } else {
      all.push_back(v);
    }
  }
  // x (1 + erf(x / sqrt 2)) / 2, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, in any order
  bool gelu(size_t n) {
    if (!nodes_[n].op.is("Multiply")) return false;
    std::vector<Value> all;
    factors({int(n), 0}, all);
    if (all.size() != 3) return false;
    const auto half = std::find_if(all.begin(), all.end(), [&](Value v) { return isNumber(v, 0.5); });
    if (half == all.end()) return false;
    all.erase(half);
    for (const int i : {0, 1}) {
      const engine::Node* sum = at(all[size_t(i)], "Add");
      if (!sum) continue;
      const Value x = all[size_t(1 - i)], bent = other(*sum, [&](Value v) { return isNumber(v, 1); });
      if (const engine::Node* erf = at(bent, "Erf"); erf && isScaled(erf->inputs[0], x, 1 / std::numbers::sqrt2)) return become(n, "GELU", {}, {x});
      if (const engine::Node* tanh = at(bent, "Tanh"); tanh && isCubic(tanh->inputs[0], x)) return become(n, "GELU", {{"approximate", std::string("tanh")}}, {x});
    }
    return false;
  }
  bool isScaled(Value v, Value x, double scale) const {
    if (const engine::Node* quotient = at(v, "Divide")) return quotient->inputs[0] == x && isNumber(quotient->inputs[1], 1 / scale);
    const engine::Node* product = at(v, "Multiply");
    return product && other(*product, [&](Value f) { return isNumber(f, scale); }) == x;
  }
  bool isCubic(Value v, Value x) const {
    constexpr double kCubic = 0.044715;
    std::vector<Value> all;
    factors(v, all);
    // The scale may stand before the sum or behind it, and x be a factor of its own: sqrt(2 / pi) x (1 + 0.044715 x^2).
    const auto scale = std::find_if(all.begin(), all.end(), [&](Value f) { return isNumber(f, std::sqrt(2 / std::numbers::pi)); });
    if (scale == all.end()) return false;
    all.erase(scale);
    const auto power = [&](Value p, int exponent, bool withCubic) {
      std::vector<Value> parts;
      factors(p, parts);
      bool cubic = !withCubic;
      for (Value part : parts) {
        if (part == x) --exponent;
        else if (const engine::Node* pow = at(part, "Pow"); pow && pow->inputs[0] == x && number(pow->inputs[1])) exponent -= int(*number(pow->inputs[1]));
        else if (!cubic && isNumber(part, kCubic)) cubic = true;
        else return false;
      }
      return cubic && exponent == 0;
    };
    if (all.size() == 1) {
      const engine::Node* sum = at(all[0], "Add");
      const Value rest = sum ? other(*sum, [&](Value s) { return s == x; }) : Value{};
      return rest && power(rest, 3, true);
    }
    if (all.size() != 2) return false;
    for (const int i : {0, 1}) {
      const engine::Node* sum = at(all[size_t(i)], "Add");
      const Value rest = sum && all[size_t(1 - i)] == x ? other(*sum, [&](Value s) { return isNumber(s, 1); }) : Value{};
      if (rest && power(rest, 2, true)) return true;
    }
    return false;
  }

  // (x - mean) / sqrt(mean of its squares + eps) weight + bias, over the last axis
  bool layerNorm(size_t n) {
    const engine::Node& root = nodes_[n];
    if (!root.op.is("Add")) return false;
    Tensor* bias = nullptr;
    const Value scaled = other(root, [&](Value v) { return (bias = buffer(v)) != nullptr; });
    const engine::Node* product = at(scaled, "Multiply");
    if (!product || !bias || bias->shape.rank() != 1) return false;
    Tensor* weight = nullptr;
    const Value h = other(*product, [&](Value v) { return (weight = buffer(v)) != nullptr; });
    const engine::Node* quotient = at(h, "Divide");
    if (!quotient || !weight || !(weight->shape == bias->shape)) return false;
    const Value centred = quotient->inputs[0];
    const engine::Node *difference = at(centred, "Subtract"), *root2 = at(quotient->inputs[1], "Sqrt");
    if (!difference || !root2 || !isMean(difference->inputs[1], [&](Value v) { return v == difference->inputs[0]; })) return false;
    const engine::Node* sum = at(root2->inputs[0], "Add");
    if (!sum) return false;
    std::optional<double> eps;
    const Value variance = other(*sum, [&](Value v) { return (eps = number(v)).has_value(); });
    const auto isSquare = [&](Value v) {
      if (const engine::Node* pow = at(v, "Pow")) return pow->inputs[0] == centred && isNumber(pow->inputs[1], 2);
      const engine::Node* square = at(v, "Multiply");
      return square && square->inputs[0] == centred && square->inputs[1] == centred;
    };
    if (!eps || !isMean(variance, isSquare)) return false;
    const Value x = difference->inputs[0];
    keep(n, {{"weight", weight}, {"bias", bias}});
    return become(n, "LayerNorm", {{"normalized_shape", std::vector<int64_t>{bias->shape[0]}}, {"eps", *eps}}, {x});
  }
  template <class Is>
  bool isMean(Value v, const Is& of) const {
    const engine::Node* mean = at(v, "Mean");
    if (!mean || !of(mean->inputs[0])) return false;
    const FieldMap fields = mean->op.fields();
    const std::vector<int64_t> axes = std::get<std::vector<int64_t>>(fields.at("dim"));
    return axes.size() == 1 && isLast(mean->inputs[0], axes[0]) && std::get<bool>(fields.at("keepdim"));
  }
  const Shape& shape(Value v) const { return infos_[size_t(v.node)][size_t(v.output)].shape; }
  bool isLast(Value v, int64_t axis) const { return axis == -1 || (!shape(v).isMissing() && axis == shape(v).rank() - 1); }

  // softmax(q k^T scale) v, where the scale may stand before the product, and what lies ahead may be masked
  bool attention(size_t n) {
    const engine::Node& root = nodes_[n];
    if (!root.op.is("MatMul")) return false;
    const Value v = root.inputs[1];
    const engine::Node* softmax = at(root.inputs[0], "Softmax");
    if (!softmax || !isLast(softmax->inputs[0], std::get<int64_t>(softmax->op.fields().at("dim")))) return false;
    bool causal = false;
    double scale = 1;
    const Value scores = unmasked(softmax->inputs[0], causal);
    const engine::Node* product = at(unscaled(scores, scale), "MatMul");
    if (!product) return false;
    const Value q = unscaled(product->inputs[0], scale), turned = unscaled(product->inputs[1], scale);
    if (const Value k = turnedInside(turned); k && uses_[size_t(turned.node)] == 1 && attended(q, k, v)) return attends(n, {q, k, v}, scale, causal);
    const engine::Node* turn = at(turned, "Permute");
    if (!turn || uses_[size_t(turned.node)] != 1 || !fit(q, turned, v)) return false;
    std::vector<int64_t> dims = std::get<std::vector<int64_t>>(turn->op.fields().at("dims"));
    if (dims.size() < 2) return false;
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    // The keys as they are; where that turns nothing over, what was turned.
    Value k = turned;
    bool inPlace = true;
    for (size_t i = 0; i < dims.size(); ++i) inPlace = inPlace && (dims[i] == int64_t(i) || dims[i] == int64_t(i) - int64_t(dims.size()));
    if (inPlace) k = turn->inputs[0];
    else nodes_[size_t(turned.node)].op = Op::with("Permute", {{"dims", dims}});
    return attends(n, {q, k, v}, scale, causal);
  }
  bool attends(size_t n, std::vector<Value> inputs, double scale, bool causal) {
    FieldMap fields = {{"is_causal", causal}};
    constexpr double kRounding = 1e-6;
    const double usual = 1 / std::sqrt(double(shape(inputs[0])[-1]));
    if (std::abs(scale - usual) > kRounding * usual) fields["scale"] = scale;
    return become(n, "ScaledDotProductAttention", fields, std::move(inputs));
  }
  // What is turned over, where all axes but its last two are one for the time of that, as PyTorch's newer exporter does.
  Value turnedInside(Value v) const {
    const engine::Node* after = at(v, "Reshape");
    const engine::Node* turn = after ? at(after->inputs[0], "Permute") : nullptr;
    const engine::Node* before = turn ? at(turn->inputs[0], "Reshape") : nullptr;
    if (!before) return {};
    const std::vector<int64_t> dims = std::get<std::vector<int64_t>>(turn->op.fields().at("dims"));
    const Value x = before->inputs[0];
    const Shape &from = shape(x), &flat = shape(turn->inputs[0]), &to = shape(v);
    if ((dims != std::vector<int64_t>{0, 2, 1} && dims != std::vector<int64_t>{0, -1, -2}) || from.rank() < 2 || from.rank() != to.rank() || flat.rank() != 3) return {};
    int open = 0;  // one axis follows from the others
    for (int axis = 0; axis + 2 < from.rank(); ++axis)
      if (from[axis] < 0 || to[axis] < 0 ? from[axis] >= 0 || to[axis] >= 0 || ++open > 1 : from[axis] != to[axis]) return {};
    const bool same = flat[-2] == from[-2] && flat[-1] == from[-1] && to[-2] == from[-1] && to[-1] == from[-2];
    return same && from[-1] > 0 && from[-2] > 0 ? x : Value{};
  }
  Value unscaled(Value v, double& scale) const {
    if (const engine::Node* product = at(v, "Multiply")) {
      std::optional<double> by;
      const Value rest = other(*product, [&](Value f) { return (by = number(f)).has_value(); });
      if (rest) return scale *= *by, rest;
    }
    if (const engine::Node* quotient = at(v, "Divide"))
      if (const auto by = number(quotient->inputs[1]); by && *by != 0) return scale /= *by, quotient->inputs[0];
    return v;
  }
  // The scores without a mask that hides what lies ahead, of so many places as there are.
  Value unmasked(Value v, bool& causal) const {
    constexpr double kHidden = -1e4;  // and below: nothing is left of it behind the softmax
    if (const engine::Node* where = at(v, "Where"))
      for (const int kept : {1, 2}) {
        const Tensor* hidden = buffer(where->inputs[size_t(3 - kept)]);
        const auto low = hidden && hidden->type == Type::f32 && hidden->shape.elements() == 1 ? std::optional(double(hidden->values<float>()[0])) : number(where->inputs[size_t(3 - kept)]);
        const Tensor* mask = buffer(where->inputs[0]);
        if (!low || *low > kHidden || !mask || mask->type != Type::boolean) continue;
        if (!isAhead(*mask, v, [&](size_t i) { return (mask->bytes[i] != 0) == (kept == 2); })) continue;
        causal = true;
        return where->inputs[size_t(kept)];
      }
    if (const engine::Node* sum = at(v, "Add")) {
      const Tensor* mask = nullptr;
      const Value rest = other(*sum, [&](Value m) { return (mask = buffer(m)) != nullptr; });
      if (rest && mask && mask->type == Type::f32) {
        const std::vector<float> values = mask->values<float>();
        const bool plain = std::all_of(values.begin(), values.end(), [&](float f) { return f == 0 || double(f) <= kHidden; });
        if (plain && isAhead(*mask, v, [&](size_t i) { return values[i] != 0; })) return causal = true, rest;
      }
    }
    return v;
  }
  // (..., T, T) numbers, hidden above the diagonal and nowhere else, for scores of (..., T, T).
  template <class Hidden>
  bool isAhead(const Tensor& mask, Value scores, const Hidden& hidden) const {
    const int rank = mask.shape.rank();
    const Shape& all = shape(scores);
    if (rank < 2 || all.rank() < 2 || mask.shape[-1] != mask.shape[-2] || all[-1] != mask.shape[-1] || all[-2] != mask.shape[-2]) return false;
    const int64_t size = mask.shape[-1];
    if (mask.shape.elements() != size * size) return false;
    for (int64_t row = 0; row < size; ++row)
      for (int64_t column = 0; column < size; ++column)
        if (hidden(size_t(row * size + column)) != (column > row)) return false;
    return true;
  }
  // The op broadcasts nothing.
  bool fit(Value q, Value turned, Value v) const {
    const Shape &a = shape(q), &b = shape(turned), &c = shape(v);
    if (a.isMissing() || b.isMissing() || c.isMissing() || a.rank() < 2 || a.rank() != b.rank() || a.rank() != c.rank()) return false;
    for (int axis = 0; axis + 2 < a.rank(); ++axis)
      if (a[axis] != b[axis] || a[axis] != c[axis]) return false;
    return a[-1] > 0 && a[-1] == b[-2] && b[-1] > 0 && b[-1] == c[-2];
  }

  // The same of keys that are not turned over.
  bool attended(Value q, Value k, Value v) const {
    const Shape &a = shape(q), &b = shape(k), &c = shape(v);
    if (a.isMissing() || b.isMissing() || c.isMissing() || a.rank() < 2 || a.rank() != b.rank() || a.rank() != c.rank()) return false;
    for (int axis = 0; axis + 2 < a.rank(); ++axis)
      if (a[axis] != b[axis] || a[axis] != c[axis]) return false;
    return a[-1] > 0 && a[-1] == b[-1] && b[-2] > 0 && b[-2] == c[-2];
  }

  // Groups as channels of an instance norm, and back, with a factor and a sum for each channel
  bool groupNorm(size_t n) {
    const engine::Node& root = nodes_[n];
    if (!root.op.is("Add")) return false;
    Tensor *bias = nullptr, *weight = nullptr;
    const Value scaled = other(root, [&](Value v) { return (bias = buffer(v)) != nullptr; });
    const engine::Node* product = at(scaled, "Multiply");
    if (!product || !bias || uses_[size_t(scaled.node)] != 1) return false;
    const Value h = other(*product, [&](Value v) { return (weight = buffer(v)) != nullptr; });
    const engine::Node* back = at(h, "Reshape");
    const engine::Node* norm = back && weight ? at(back->inputs[0], "InstanceNorm1d") : nullptr;
    const engine::Node* flat = norm ? at(norm->inputs[0], "Reshape") : nullptr;
    if (!flat) return false;
    const Value x = flat->inputs[0];
    const Shape &whole = shape(x), &grouped = shape(norm->inputs[0]);
    const FieldMap fields = norm->op.fields();
    if (std::get<bool>(fields.at("affine")) || whole.rank() < 3 || grouped.rank() != 3 || !(shape(h) == whole) || whole[0] != grouped[0]) return false;
    const int64_t channels = whole[1], groups = grouped[1];
    const auto ofChannels = [&](const Tensor& tensor) {
      const int axis = tensor.shape.rank() - whole.rank() + 1;  // of the channels
      return axis >= 0 && tensor.shape.elements() == channels && tensor.shape[axis] == channels;
    };
    if (channels < 1 || groups < 1 || channels % groups != 0 || !ofChannels(*weight) || !ofChannels(*bias)) return false;
    keep(n, {{"weight", weight}, {"bias", bias}});
    for (const char* own : {".weight", ".bias"}) stored(nodes_[n].name + own)->shape = Shape{channels};
    return become(n, "GroupNorm", {{"num_groups", groups}, {"eps", fields.at("eps")}}, {x});
  }

  // A product by a weight of the file, and one number for each of its columns.
  bool bias(size_t n) {
    const engine::Node& root = nodes_[n];
    if (!root.op.is("Add")) return false;
    Tensor* bias = nullptr;
    const Value y = other(root, [&](Value v) { return (bias = buffer(v)) != nullptr; });
    const engine::Node* linear = at(y, "Linear");
    if (!linear || !bias || uses_[size_t(y.node)] != 1) return false;
    const FieldMap fields = linear->op.fields();
    if (std::get<bool>(fields.at("bias")) || !(bias->shape == Shape{std::get<int64_t>(fields.at("out_features"))})) return false;
    Tensor* weight = stored(linear->name + ".weight");
    if (!weight) return false;
    const Value x = linear->inputs[0];
    const int64_t features = bias->shape[0];
    keep(n, {{"weight", weight}, {"bias", bias}});
    return become(n, "Linear", {{"out_features", features}}, {x});
  }

  // All axes but the last one made one before a product, and taken apart again behind it: the layer takes them as they are.
  void unflattened(size_t n) {
    const engine::Node* apart = at({int(n), 0}, "Reshape");
    const Value y = apart ? apart->inputs[0] : Value{};
    const engine::Node* linear = at(y, "Linear");
    const Value flat = linear ? linear->inputs[0] : Value{};
    const engine::Node* join = at(flat, "Reshape");
    if (!join || uses_[size_t(y.node)] != 1 || uses_[size_t(flat.node)] != 1) return;
    const Value x = join->inputs[0];
    const Shape &from = shape(x), &joined = shape(flat), &to = shape({int(n), 0});
    const int front = to.rank() - 1;
    if (from.isMissing() || to.isMissing() || joined.rank() != 2 || front < 2 || from.rank() <= front || joined[-1] < 1) return;
    int open = 0;  // one axis follows from the others, of which there are as many elements
    for (int axis = 0; axis < front; ++axis)
      if (from[axis] < 0 || to[axis] < 0 ? ++open > 1 || from[axis] >= 0 || to[axis] >= 0 : from[axis] != to[axis]) return;
    if (to[-1] != shape(y)[-1] || to[-1] < 1 || from.elements(front, from.rank()) != joined[-1]) return;
    if (from.rank() == front + 1) {
      nodes_[size_t(y.node)].inputs[0] = x;
    } else {
      std::vector<int64_t> sizes(size_t(front), 0);
      sizes.push_back(joined[-1]);
      nodes_[size_t(flat.node)].op = Op::with("Reshape", {{"shape", sizes}});
    }
    const Value whole{int(n), 0};
    for (engine::Node& node : nodes_) std::replace(node.inputs.begin(), node.inputs.end(), whole, y);
    std::replace(it_.outputs.begin(), it_.outputs.end(), whole, y);
  }

  // Gives the node these parameters, under the name that one of them has in the file: "fc1.bias".
  void keep(size_t n, const std::vector<std::pair<std::string, Tensor*>>& parameters) {
    engine::Node& node = nodes_[n];
    std::string name = node.name;
    for (const auto& [own, tensor] : parameters) {
      const std::string end = "." + own + ".value";
      if (tensor->name.ends_with(end)) name = tensor->name.substr(0, tensor->name.size() - end.size());
    }
    if (name != node.name && !names_.insert(name).second) name = node.name;
    std::vector<Tensor> copies;  // a Buffer may have other readers
    for (const auto& [own, tensor] : parameters) copies.push_back(*tensor), copies.back().name = name + "." + own;
    node.name = name;
    for (Tensor& copy : copies) {
      places_[copy.name] = it_.values.size();
      it_.values.push_back(std::move(copy));
    }
  }

  Imported& it_;
  const std::vector<std::vector<ValueInfo>>& infos_;
  std::vector<engine::Node>& nodes_;
  std::vector<int> uses_;
  std::unordered_map<std::string, size_t> places_;  // of values, by their names
  std::unordered_set<std::string> names_;           // of nodes
};

}  // namespace

void recognise(Imported& imported, const std::vector<std::vector<ValueInfo>>& infos) { Patterns(imported, infos).run(); }

}  // namespace engine::formats::onnx
