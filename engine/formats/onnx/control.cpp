// Graphs in graphs: the branch that a known condition takes, and loops whose number of rounds is known, stand in the network as if they
// had been written there.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

namespace {

void readIf(Reader& r) {
  const std::optional<bool> condition = r.has(0) ? r.truthOf(r.argument(0)) : std::nullopt;
  if (!condition) return r.fail("a condition that is known while the file is read", "one that is calculated");
  const Subgraph branch = r.body(*condition ? "then_branch" : "else_branch");
  if (!branch) return r.fail("a branch for the condition", "none");
  const std::vector<Bound> outputs = r.inlined(*branch, {});
  if (!r.failed()) r.results(outputs);
}

constexpr int64_t kMostRounds = 1 << 10;

// One of so many along an axis, without it.
Value part(Reader& r, Value v, int axis, int64_t at) {
  const Value one = r.add("Slice", {{"dim", int64_t(axis)}, {"start", at}, {"end", at + 1}}, {v});
  Shape shape;
  for (int i = 0; i < r.shape(one).rank(); ++i)
    if (i != axis) shape.append(r.shape(one)[i]);
  return r.reshaped(one, shape);
}
// The other way round, for all of them: one after the other along a new axis, which may count from the end.
Value stacked(Reader& r, const std::vector<Value>& values, int64_t axis) {
  if (values.empty()) return r.fail("a loop that goes round", "one that does not"), Value{};
  std::vector<Value> wide;
  for (Value v : values) {
    const Shape& shape = r.shape(v);
    if (r.failed() || axis < -shape.rank() - 1 || axis > shape.rank() || shape.rank() == Shape::kMaxRank) return r.fail("an axis that the results have", Message("{0}", axis)), Value{};
    if (axis < 0) axis += shape.rank() + 1;
    Shape with;
    for (int i = 0; i <= shape.rank(); ++i) {
      if (i == axis) with.append(1);
      if (i < shape.rank()) with.append(shape[i]);
    }
    wide.push_back(r.reshaped(v, with));
  }
  return r.add("Concatenate", {{"dim", axis}}, wide);
}

// The values that go round, and after them what each round leaves behind, stacked.
void readLoop(Reader& r) {
  const Subgraph body = r.body("body");
  const size_t carried = r.node().inputs.size() < 2 ? 0 : r.node().inputs.size() - 2;
  if (!body || body->outputs.size() < carried + 1) return r.fail(Message("a body that gives a condition and {0} values", carried), "another one");
  double rounds = r.number(0, double(kMostRounds) + 1);
  if (r.failed()) return;
  Bound condition{{}, Known{filled({}, Type::boolean, 1), {}}, {}, {}};
  if (r.has(1)) condition = r.argument(1);
  std::vector<Bound> state;
  for (size_t i = 0; i < carried; ++i) state.push_back(r.argument(int(i) + 2));
  std::vector<std::vector<Value>> left(body->outputs.size() - 1 - carried);
  for (int64_t round = 0; double(round) < rounds; ++round) {
    const std::optional<bool> goesOn = r.truthOf(condition);
    if (!goesOn) return r.fail("a condition that is known while the file is read", "one that is calculated");
    if (!*goesOn) break;
    if (round >= kMostRounds) return r.fail(Message("at most {0} rounds", kMostRounds), "more");
    std::vector<Bound> inputs = {{{}, Known{numberOf(round), {}}, {}, {}}, condition};
    inputs.insert(inputs.end(), state.begin(), state.end());
    std::vector<Bound> outputs = r.inlined(*body, inputs);
    if (r.failed()) return;
    condition = outputs[0];
    for (size_t i = 0; i < carried; ++i) state[i] = outputs[i + 1];
    for (size_t i = 0; i < left.size(); ++i) left[i].push_back(r.valueOf(outputs[i + 1 + carried]));
  }
  for (const std::vector<Value>& values : left) state.push_back({stacked(r, values, 0), {}, {}, {}});
  if (!r.failed()) r.results(state);
}

// One walk along the inputs that are scanned, which are all of the same length: the states as they are behind it, and what each round left.
struct Scanned {
  std::vector<Bound> state;
  std::vector<std::vector<Value>> left;
};
struct Scan {
  Subgraph body;
  std::vector<int64_t> inputAxes, inputDirections, outputDirections;
};
Scanned scanned(Reader& r, const Scan& scan, std::vector<Bound> state, const std::vector<Value>& inputs) {
  const auto at = [](const std::vector<int64_t>& all, size_t i) { return i < all.size() ? all[i] : 0; };
  Scanned result;
  const size_t carried = state.size();
  result.left.resize(scan.body->outputs.size() - carried);
  std::vector<int> axes;
  int64_t length = -1;
  for (size_t i = 0; i < inputs.size() && !r.failed(); ++i) {
    const Shape& shape = r.shape(inputs[i]);
    const int64_t axis = at(scan.inputAxes, i) < 0 ? at(scan.inputAxes, i) + shape.rank() : at(scan.inputAxes, i);
    if (axis < 0 || axis >= shape.rank()) r.fail("axes that the inputs have", Message("{0} of {1}", axis, shape));
    else if (shape[int(axis)] < 0 || shape[int(axis)] > kMostRounds || (length >= 0 && length != shape[int(axis)])) r.fail(Message("inputs of one known length of at most {0}", kMostRounds), shape);
    else length = shape[int(axis)];
    axes.push_back(int(axis));
  }
  for (int64_t round = 0; round < length && !r.failed(); ++round) {
    std::vector<Bound> arguments = state;
    for (size_t i = 0; i < inputs.size(); ++i)
      arguments.push_back({part(r, inputs[i], axes[i], at(scan.inputDirections, i) ? length - 1 - round : round), {}, {}, {}});
    if (r.failed()) break;
    const std::vector<Bound> outputs = r.inlined(*scan.body, arguments);
    if (r.failed()) break;
    for (size_t i = 0; i < carried; ++i) state[i] = outputs[i];
    for (size_t i = 0; i < result.left.size(); ++i) {
      std::vector<Value>& left = result.left[i];
      left.insert(at(scan.outputDirections, i) ? left.begin() : left.end(), r.valueOf(outputs[carried + i]));
    }
  }
  result.state = std::move(state);
  return result;
}

void readScan(Reader& r) {
  constexpr int64_t kOpsetWithoutBatch = 9;
  const bool batched = r.opset() < kOpsetWithoutBatch;  // of each sample by itself, and with lengths in front
  Scan scan{r.body("body"), r.integers("scan_input_axes"), r.integers(batched ? "directions" : "scan_input_directions"), r.integers("scan_output_directions")};
  const int64_t first = batched ? 1 : 0, inputs = int64_t(r.node().inputs.size()) - first, walked = r.integer("num_scan_inputs", 0), carried = inputs - walked;
  if (batched && r.has(0)) return r.fail("samples of one length", "lengths");
  if (!scan.body || walked < 1 || carried < 0 || int64_t(scan.body->outputs.size()) < carried || int64_t(scan.body->inputs.size()) != inputs)
    return r.fail(Message("a body for {0} inputs, some of which are scanned", inputs), "another one");
  std::vector<Bound> state;
  std::vector<Value> along;
  for (int i = 0; i < int(inputs); ++i) {
    if (i < carried) state.push_back(r.argument(i + int(first)));
    else along.push_back(r.in(i + int(first)));
  }
  if (r.failed()) return;
  const std::vector<int64_t> outputAxes = r.integers("scan_output_axes");
  const auto axisOf = [&](size_t i) { return i < outputAxes.size() ? outputAxes[i] : int64_t(0); };
  if (!batched) {
    Scanned all = scanned(r, scan, std::move(state), along);
    for (size_t i = 0; i < all.left.size() && !r.failed(); ++i) all.state.push_back({stacked(r, all.left[i], axisOf(i)), {}, {}, {}});
    if (!r.failed()) r.results(all.state);
    return;
  }
  const int64_t samples = r.shape(along[0]).rank() > 0 ? r.shape(along[0])[0] : -1;
  if (samples < 1 || samples > kMostRounds) return r.fail(Message("a batch of a known size of at most {0}", kMostRounds), r.shape(along[0]));
  std::vector<std::vector<Value>> results(scan.body->outputs.size());
  for (int64_t sample = 0; sample < samples && !r.failed(); ++sample) {
    const auto own = [&](Value v) {
      if (v && (r.shape(v).rank() < 1 || r.shape(v)[0] != samples)) r.fail(Message("{0} samples", samples), r.shape(v));
      return r.failed() ? Value{} : part(r, v, 0, sample);
    };
    std::vector<Bound> states;
    std::vector<Value> walk;
    for (const Bound& bound : state) states.push_back({own(r.valueOf(bound)), {}, {}, {}});
    for (Value v : along) walk.push_back(own(v));
    if (r.failed()) return;
    const Scanned one = scanned(r, scan, std::move(states), walk);
    for (size_t i = 0; i < one.state.size() && !r.failed(); ++i) results[i].push_back(r.valueOf(one.state[i]));
    for (size_t i = 0; i < one.left.size() && !r.failed(); ++i) results[one.state.size() + i].push_back(stacked(r, one.left[i], 0));
  }
  std::vector<Value> together;
  for (const std::vector<Value>& values : results)
    if (!r.failed()) together.push_back(stacked(r, values, 0));
  if (!r.failed()) r.results(together);
}

}  // namespace

Family control() {
  return {{}, {{"If", readIf}, {"Loop", readLoop}, {"Scan", readScan}}};
}

}  // namespace engine::formats::onnx
