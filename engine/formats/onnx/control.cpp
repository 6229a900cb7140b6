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

// The values that go round, and after them what each round leaves behind, stacked.
void readLoop(Reader& r) {
  constexpr double kMostRounds = 1 << 10;
  const Subgraph body = r.body("body");
  const size_t carried = r.node().inputs.size() < 2 ? 0 : r.node().inputs.size() - 2;
  if (!body || body->outputs.size() < carried + 1) return r.fail(Message("a body that gives a condition and {0} values", carried), "another one");
  double rounds = r.number(0, kMostRounds + 1);
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
    if (double(round) >= kMostRounds) return r.fail(Message("at most {0} rounds", int64_t(kMostRounds)), "more");
    std::vector<Bound> inputs = {{{}, Known{numberOf(round), {}}, {}, {}}, condition};
    inputs.insert(inputs.end(), state.begin(), state.end());
    std::vector<Bound> outputs = r.inlined(*body, inputs);
    if (r.failed()) return;
    condition = outputs[0];
    for (size_t i = 0; i < carried; ++i) state[i] = outputs[i + 1];
    for (size_t i = 0; i < left.size(); ++i) {
      const Value v = r.valueOf(outputs[i + 1 + carried]);
      Shape stacked{1};
      for (int64_t size : r.shape(v)) stacked.append(size);
      left[i].push_back(r.reshaped(v, stacked));
    }
  }
  for (std::vector<Value>& values : left) {
    if (values.empty()) return r.fail("a loop that goes round", "one that does not");
    const Value all = r.add("Concatenate", {{"dim", int64_t(0)}}, values);
    state.push_back({all, {}, {}, {}});
  }
  if (!r.failed()) r.results(state);
}

}  // namespace

Family control() {
  return {{}, {{"If", readIf}, {"Loop", readLoop}}};
}

}  // namespace engine::formats::onnx
