// RNN, GRU and LSTM of ONNX: in both directions, with what PyTorch's layers have as these layers, everything else step by step.
#include <algorithm>
#include <limits>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/steps.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::vector<int64_t>;

// A layer's blocks of rows, by gates: ONNX's order in ours and back.
struct Kind {
  const char* op;
  size_t gates;
  size_t onnxInOurs[4], oursInOnnx[4];
  std::vector<std::string> bends;  // by default, in ONNX's order
};
// LSTM: i o f c -> i f g o; GRU: z r h -> r z n
const Kind kKinds[] = {{"RNN", 1, {0}, {0}, {"Tanh"}},
                       {"GRU", 3, {1, 0, 2}, {1, 0, 2}, {"Sigmoid", "Tanh"}},
                       {"LSTM", 4, {0, 2, 3, 1}, {0, 3, 1, 2}, {"Sigmoid", "Tanh", "Tanh"}}};
const Kind& kindOf(const std::string& op) { return kKinds[op == "RNN" ? 0 : op == "GRU" ? 1 : 2]; }

// `count` numbers from `first` on, cut into as many blocks as there are gates, in another order.
Tensor blocks(const Tensor& from, int64_t first, const Shape& shape, const size_t* order, size_t gates) {
  const size_t size = size_t(bytesOf(from.type)), block = size_t(shape.elements()) / gates * size;
  Tensor to{from.name, from.type, shape, {}};
  for (size_t gate = 0; gate < gates; ++gate) to.bytes.append(from.bytes, size_t(first) * size + order[gate] * block, block);
  return to;
}

struct Recurrent {
  const Kind& kind;
  int64_t hidden, directions, inputs, times;
  bool reverse, batchFirst;        // the only direction; layout
  std::vector<std::string> bends;  // for all directions
  bool before;                     // GRU: linear_before_reset
  std::vector<int64_t> lengths;    // by sample; empty: all times
};

bool isKnownFloat(const Tensor* t, const Shape& shape) { return t && isFloating(t->type) && t->shape == shape; }

bool readFields(Reader& r, Recurrent& c) {
  const std::string direction = r.word("direction", "forward");
  c.hidden = r.integer("hidden_size", 0);
  c.directions = direction == "bidirectional" ? 2 : 1;
  c.reverse = direction == "reverse";
  c.batchFirst = r.integer("layout", 0) == 1;
  c.before = r.integer("linear_before_reset", 0) != 0;
  c.bends = r.words("activations");
  if (c.bends.empty())
    for (int64_t d = 0; d < c.directions; ++d) c.bends.insert(c.bends.end(), c.kind.bends.begin(), c.kind.bends.end());
  const Value x = r.in(0);
  if (!x) return false;
  const Shape& shape = r.shape(x);
  if (shape.rank() != 3 || shape[2] < 1 || c.hidden < 1 || c.hidden > (1 << 24) ||
      (direction != "forward" && direction != "reverse" && direction != "bidirectional") ||
      c.bends.size() != c.kind.bends.size() * size_t(c.directions) || r.integer("input_forget", 0) != 0) {
    r.fail("a sequence of three axes, a hidden_size and activations for each direction", shape);
    return false;
  }
  c.inputs = shape[2], c.times = shape[c.batchFirst ? 1 : 0];
  if (c.times == 0) {
    r.fail("at least one time step", shape);
    return false;
  }
  if (r.has(4)) {
    c.lengths = r.numbers(4);
    if (std::all_of(c.lengths.begin(), c.lengths.end(), [&](int64_t l) { return l == c.times; })) c.lengths.clear();
  }
  return !r.failed();
}

Value backwards(Reader& r, Value x, int64_t dim) {
  return r.add("Slice", {{"dim", dim}, {"start", int64_t(-1)}, {"end", std::numeric_limits<int64_t>::min()}, {"step", int64_t(-1)}}, {x});
}
Value joined(Reader& r, const std::vector<Value>& parts, int64_t dim) {
  return parts.size() == 1 ? parts[0] : r.add("Concatenate", {{"dim", dim}}, parts);
}

// The first state of a direction, as our layers have it: (1, batch, hidden). None: zeros.
Value firstState(Reader& r, const Recurrent& c, int input, int64_t d) {
  if (!r.has(input) || r.zeros(input)) return {};
  Value h = r.in(input);
  if (c.batchFirst) h = r.add("Permute", {{"dims", Sizes{1, 0, 2}}}, {h});
  return c.directions == 1 ? h : slice(r, h, 0, d, d + 1);
}

// By our own layers: weights in the file, and the usual gates. Gives Y of a direction (times and batch as in x), Y_h and Y_c.
bool isLayer(Reader& r, const Recurrent& c) {
  const int64_t gates = int64_t(c.kind.gates) * c.hidden;
  const bool weights = isKnownFloat(r.initializer(1), {c.directions, gates, c.inputs}) &&
                       isKnownFloat(r.initializer(2), {c.directions, gates, c.hidden}) &&
                       (!r.has(3) || isKnownFloat(r.initializer(3), {c.directions, 2 * gates}));
  bool usual = c.kind.gates != 3 || c.before;
  for (size_t i = 0; i < c.bends.size(); ++i) {
    const std::string& own = c.kind.bends[i % c.kind.bends.size()];
    usual = usual && (c.bends[i] == own || (c.kind.gates == 1 && c.bends[i] == "Relu"));
  }
  return weights && usual && c.lengths.empty() && !r.has(7) && !r.has("clip") && !r.has("activation_alpha") && !r.has("activation_beta");
}
std::vector<Value> byLayer(Reader& r, const Recurrent& c, Value x, int64_t d) {
  const int64_t gates = int64_t(c.kind.gates) * c.hidden;
  const auto part = [&](int input, int64_t first, const Shape& shape) {
    return blocks(*r.initializer(input), first, shape, c.kind.onnxInOurs, c.kind.gates);
  };
  std::map<std::string, Tensor> parameters = {{"weight_ih_l0", part(1, d * gates * c.inputs, {gates, c.inputs})},
                                              {"weight_hh_l0", part(2, d * gates * c.hidden, {gates, c.hidden})}};
  if (r.has(3)) parameters["bias_ih_l0"] = part(3, 2 * d * gates, {gates}), parameters["bias_hh_l0"] = part(3, (2 * d + 1) * gates, {gates});
  FieldMap fields = {{"hidden_size", c.hidden}, {"bias", r.has(3)}, {"batch_first", c.batchFirst}};
  if (c.kind.gates == 1) fields["nonlinearity"] = std::string(c.bends[size_t(d)] == "Relu" ? "relu" : "tanh");
  std::vector<Value> inputs = {x, firstState(r, c, 5, d)};
  if (c.kind.gates == 4) inputs.push_back(firstState(r, c, 6, d));
  const Value y = r.add(c.kind.op, fields, inputs, parameters);
  if (!y) return {};
  return {y, {y.node, 1}, c.kind.gates == 4 ? Value{y.node, 2} : Value{}};
}

// ------------------------------------------------------------------ step by step ----

Value bent(Reader& r, const std::string& by, Value x) {
  for (const auto& [theirs, ours] : {std::pair("Tanh", "Tanh"), std::pair("Sigmoid", "Sigmoid"), std::pair("Relu", "ReLU"),
                                     std::pair("Softsign", "Softsign"), std::pair("Softplus", "Softplus")})
    if (by == theirs) return r.add(ours, {}, {x});
  r.fail("activations without numbers of their own (Tanh, Sigmoid, Relu, Softsign, Softplus)", Message("{0}", by));
  return {};
}

class Steps {
 public:
  Steps(Reader& reader, const Recurrent& recurrent, int64_t d) : r(reader), c(recurrent), direction(d), gates(int64_t(c.kind.gates)) {}

  std::vector<Value> run(Value x) {
    const Value ofX = bend(weight(1), x, bias(false));
    ofH_ = weight(2), biasH_ = bias(true);
    h_ = state(5), cell_ = gates == 4 ? state(6) : Value{};
    std::vector<Value> answers;
    for (int64_t t = 0; t < c.times && !r.failed(); ++t) {
      sums_ = reshape(r, slice(r, ofX, c.batchFirst ? 1 : 0, t, t + 1), {-1, gates * c.hidden});
      const Value oldH = h_, oldCell = cell_;
      gates == 1 ? rnn() : gates == 3 ? gru() : lstm();
      Value told = h_;
      if (!c.lengths.empty()) {
        const Value still = stillRuns(t);
        told = r.add("Multiply", {}, {h_, still});
        h_ = kept(still, h_, oldH), cell_ = cell_ ? kept(still, cell_, oldCell) : cell_;
      }
      answers.push_back(reshape(r, told, c.batchFirst ? Sizes{-1, 1, c.hidden} : Sizes{1, -1, c.hidden}));
    }
    if (r.failed()) return {};
    return {joined(r, answers, c.batchFirst ? 1 : 0), reshape(r, h_, {1, -1, c.hidden}), cell_ ? reshape(r, cell_, {1, -1, c.hidden}) : Value{}};
  }

 private:
  Value number(double value) { return r.add("Constant", {{"shape", Sizes{}}, {"value", value}}, {}); }
  Value bend(Value w, Value x, Value b) {
    const Value y = r.add("MatMul", {}, {x, w});
    return b ? r.add("Add", {}, {y, b}) : y;
  }
  // (what comes in, gates), of this direction. What the file gives is trained further.
  Value weight(int input) {
    const int64_t columns = input == 1 ? c.inputs : c.hidden, rows = gates * c.hidden;
    if (const Tensor* given = r.initializer(input); isKnownFloat(given, {c.directions, rows, columns})) {
      const size_t order[] = {0};
      return r.add("Parameter", {{"shape", Sizes{columns, rows}}}, {},
                   {{"value", transposed(blocks(*given, direction * rows * columns, {rows, columns}, order, 1))}});
    }
    return r.add("Permute", {{"dims", Sizes{1, 0}}}, {reshape(r, slice(r, r.in(input), 0, direction, direction + 1), {rows, columns})});
  }
  Value bias(bool ofH) {
    if (!r.has(3)) return {};
    const int64_t rows = gates * c.hidden, first = ofH ? rows : 0;
    return slice(r, reshape(r, slice(r, r.in(3), 0, direction, direction + 1), {2 * rows}), 0, first, first + rows);
  }
  Value state(int input) {
    const Value h = firstState(r, c, input, direction);
    return h ? reshape(r, h, {-1, c.hidden}) : h;
  }
  Value gate(Value sums, int64_t i) { return gates == 1 ? sums : slice(r, sums, -1, i * c.hidden, (i + 1) * c.hidden); }
  Value sum(Value a, Value b) { return !a ? b : !b ? a : r.add("Add", {}, {a, b}); }
  Value product(Value a, Value b) { return a && b ? r.add("Multiply", {}, {a, b}) : Value{}; }
  Value bentBy(size_t which, Value x) {
    if (r.has("clip")) {
      const double most = r.real("clip", 0);
      x = r.add("Maximum", {}, {r.add("Minimum", {}, {x, number(most)}), number(-most)});
    }
    return bent(r, c.bends[size_t(direction) * c.kind.bends.size() + which], x);
  }
  // h R' + b, of which nothing but b is left where h is zeros.
  Value ofH() { return h_ ? bend(ofH_, h_, biasH_) : biasH_; }

  void rnn() { h_ = bentBy(0, sum(sums_, ofH())); }
  void gru() {
    const Value all = ofH();
    const auto part = [&](int64_t i) { return all ? slice(r, all, -1, i * c.hidden, (i + 1) * c.hidden) : Value{}; };
    const Value z = bentBy(0, sum(gate(sums_, 0), part(0))), reset = bentBy(0, sum(gate(sums_, 1), part(1)));
    Value more;
    if (c.before) {
      more = product(reset, part(2));
    } else {  // the reset works on h itself
      const Value own = slice(r, ofH_, -1, 2 * c.hidden, 3 * c.hidden), b = biasH_ ? slice(r, biasH_, -1, 2 * c.hidden, 3 * c.hidden) : Value{};
      more = h_ ? bend(own, product(reset, h_), b) : b;
    }
    const Value next = bentBy(1, sum(gate(sums_, 2), more));
    h_ = sum(product(r.add("Subtract", {}, {number(1), z}), next), product(z, h_));
  }
  void lstm() {
    const Value all = sum(sums_, ofH());
    const auto seen = [&](Value cell, int64_t i) {  // peepholes: i, o, f
      return r.has(7) && cell ? product(cell, slice(r, reshape(r, slice(r, r.in(7), 0, direction, direction + 1), {3 * c.hidden}), 0, i * c.hidden,
                                                    (i + 1) * c.hidden))
                              : Value{};
    };
    const Value in = bentBy(0, sum(gate(all, 0), seen(cell_, 0))), forget = bentBy(0, sum(gate(all, 2), seen(cell_, 2))),
                next = bentBy(1, gate(all, 3));
    cell_ = sum(product(forget, cell_), product(in, next));
    const Value out = bentBy(0, sum(gate(all, 1), seen(cell_, 1)));
    h_ = product(out, bent(r, c.bends[size_t(direction) * c.kind.bends.size() + 2], cell_));
  }

  // 1 for samples that are as long, 0 for others.
  Value stillRuns(int64_t t) {
    Tensor mask{"", Type::f32, {int64_t(c.lengths.size()), 1}, {}};
    for (int64_t length : c.lengths) {
      const float is = t < length ? 1 : 0;
      mask.bytes.append(reinterpret_cast<const char*>(&is), sizeof is);
    }
    return r.add("Buffer", {{"shape", Sizes{int64_t(c.lengths.size()), 1}}, {"dtype", std::string("float")}}, {}, {{"value", mask}});
  }
  Value kept(Value still, Value now, Value old) {
    const Value changed = r.add("Multiply", {}, {now, still});
    return old ? r.add("Add", {}, {changed, r.add("Multiply", {}, {old, r.add("Subtract", {}, {number(1), still})})}) : changed;
  }

  Reader& r;
  const Recurrent& c;
  int64_t direction, gates;
  Value ofH_, biasH_, h_, cell_, sums_;
};

void readRecurrent(Reader& r) {
  Recurrent c{kindOf(r.node().op), 0, 1, 0, 0, false, false, {}, false, {}};
  if (!readFields(r, c)) return;
  const bool layer = isLayer(r, c);
  constexpr int64_t kMostSteps = 1024;
  if (!layer && (c.times < 0 || c.times > kMostSteps || (!c.lengths.empty() && (c.reverse || c.directions == 2))))
    return r.fail(Message("a {0} as PyTorch has it, or at most {1} steps of sequences that are equally long", c.kind.op, kMostSteps),
                  "another one");
  const int64_t time = c.batchFirst ? 1 : 0;
  std::vector<Value> answers, states, cells;
  for (int64_t d = 0; d < c.directions && !r.failed(); ++d) {
    const bool turned = c.reverse || d == 1;
    const Value x = turned ? backwards(r, r.in(0), time) : r.in(0);
    std::vector<Value> own = layer ? byLayer(r, c, x, d) : Steps(r, c, d).run(x);
    if (own.empty() || r.failed()) return;
    // (times, 1, batch, hidden), or (batch, times, 1, hidden)
    const Value y = turned ? backwards(r, own[0], time) : own[0];
    answers.push_back(reshape(r, y, c.batchFirst ? Sizes{0, 0, 1, c.hidden} : Sizes{0, 1, -1, c.hidden}));
    states.push_back(own[1]);
    if (own[2]) cells.push_back(own[2]);
  }
  if (r.failed()) return;
  const auto last = [&](const std::vector<Value>& all) {
    if (all.empty()) return Value{};
    const Value whole = joined(r, all, 0);
    return c.batchFirst ? r.add("Permute", {{"dims", Sizes{1, 0, 2}}}, {whole}) : whole;
  };
  const Value y = joined(r, answers, c.batchFirst ? 2 : 1), h = last(states), cell = last(cells);
  r.results(cell ? std::vector<Value>{y, h, cell} : std::vector<Value>{y, h});
}

// ----------------------------------------------------------------------- written ----

// ONNX's has the time first, an axis for the direction, and both biases in one.
void writeRecurrent(Writer& w) {
  const Kind& kind = kindOf(w.node().op.name());
  const int64_t hidden = w.integer("hidden_size"), features = w.inShape(0)[2], gates = int64_t(kind.gates) * hidden;
  if (features < 0) return w.fail("a known number of features", w.inShape(0));
  const auto ordered = [&](const char* name, int64_t count) {
    const std::vector<float> own = w.values(name);
    std::vector<float> all;
    if (own.size() != size_t(count)) {
      w.fail("weights of the network's sizes", "others");
      return all;
    }
    const int64_t block = count / int64_t(kind.gates);
    for (size_t gate = 0; gate < kind.gates; ++gate)
      all.insert(all.end(), own.begin() + int64_t(kind.oursInOnnx[gate]) * block, own.begin() + int64_t(kind.oursInOnnx[gate] + 1) * block);
    return all;
  };
  const std::vector<float> ofX = ordered("weight_ih_l0", gates * features), ofH = ordered("weight_hh_l0", gates * hidden);
  std::vector<float> biases;
  if (w.flag("bias"))
    for (const char* name : {"bias_ih_l0", "bias_hh_l0"}) {
      const std::vector<float> own = ordered(name, gates);
      biases.insert(biases.end(), own.begin(), own.end());
    }
  if (ofX.empty() || ofH.empty()) return w.fail("weights of the network's sizes", "others");
  const bool batchFirst = w.flag("batch_first");
  const std::string x = batchFirst ? w.add("Transpose", {w.in(0)}, {{"perm", Sizes{1, 0, 2}}}) : w.in(0);
  std::vector<std::string> inputs = {x,
                                     w.numbers("W", {1, gates, features}, ofX),
                                     w.numbers("R", {1, gates, hidden}, ofH),
                                     biases.empty() ? "" : w.numbers("B", {1, 2 * gates}, biases),
                                     "",
                                     w.connected(1) ? w.in(1) : ""};
  while (inputs.back().empty()) inputs.pop_back();
  Attributes attributes = {{"hidden_size", hidden}};
  if (kind.gates == 3) attributes["linear_before_reset"] = int64_t(1);
  else if (w.word("nonlinearity") == "relu") attributes["activations"] = std::vector<std::string>{"Relu"};
  const std::vector<std::string> results = w.addAll(kind.op, std::move(inputs), {"Y", "Y_h"}, std::move(attributes));
  w.result("Reshape",
           {w.add("Transpose", {results[0]}, {{"perm", batchFirst ? Sizes{2, 0, 1, 3} : Sizes{0, 2, 1, 3}}}), w.integers("sizes", {0, 0, hidden})});
  w.same(1, results[1]);
}

}  // namespace

Family recurrences() {
  return {{{"GRU", writeRecurrent}, {"RNN", writeRecurrent}}, {{"RNN", readRecurrent}, {"GRU", readRecurrent}, {"LSTM", readRecurrent}}};
}

}  // namespace engine::formats::onnx
