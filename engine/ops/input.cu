// Where values enter a network: data (Input, Target), a trained tensor of its own (Parameter), a fixed one (Constant),
// and, in lowered graphs, values of the parameter store (Stored).
#include <algorithm>

#include "engine/ops/any_type.h"
#include "kernels/map.h"

namespace engine {

namespace {
Shape withBatch(int64_t batch, const std::vector<int64_t>& sizes) {
  Shape shape{batch};
  for (int64_t size : sizes) shape.append(size);
  return shape;
}
}  // namespace

// The batch's values come from the data; nothing runs.
struct Input {
  std::vector<int64_t> shape = {1, 28, 28};  // of one sample
  int kind = 0;
  bool batched = true;
  std::string axes;  // names of these sizes: see passes/axis_names.h

  static constexpr const char* kKinds[] = {"values", "class", "int32", "uint8", "bool"};
  static Info info() {
    return {.name = "Input",
            .group = "Data",
            .title = "Input",
            .about = "Brings a column of the data into the network.",
            .inputs = {},
            .outputs = {{"y", "samples, (batch, ...)"}}};
  }
  static void fields(Input& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(0), {0, Shape::kMaxRank}, "Sizes of one sample, without the batch.");
    f.choice("kind", op.kind, kKinds, "values: numbers to calculate with. class: whole numbers that name something, as words or characters, for an Embedding. The others: values of that type.");
    f.boolean("batched", op.batched, "Whether many samples come at once, along a first axis of their own. Off: one tensor of this shape for all of them.");
    f.text("axes", op.axes, "Names of the sizes in shape, with commas between them, as: channels, , width. Inputs that share a name have the same size there; --size sets it, and ONNX files keep the name.");
  }
  void infer(Shapes& s) const {
    const auto names = size_t(std::count(axes.begin(), axes.end(), ',') + (axes.empty() ? 0 : 1));
    s.lint(names <= shape.size(), Place::field("axes"), Message("at most {0} names, one for each size in shape", shape.size()), Message("{0}", names));
    s.out(0, batched ? withBatch(s.batch(), shape) : Shape(std::span<const int64_t>(shape)), typeOfWord(kind, s.floating()));
  }
  void gradient(Backward&) const {}
};

struct Target {
  int kind = 0;
  std::vector<int64_t> shape = {};  // of one sample

  static constexpr const char* kKinds[] = {"class", "values"};
  static Info info() {
    return {.name = "Target",
            .group = "Data",
            .title = "Target",
            .about = "Brings in what the network should answer.",
            .inputs = {},
            .outputs = {{"y", "class numbers or values, (batch, ...)"}}};
  }
  static void fields(Target& op, FieldVisitor& f) {
    f.choice("kind", op.kind, kKinds, "class: whole numbers that name a class. values: numbers to come close to.");
    f.integers("shape", op.shape, atLeast(1), {0, Shape::kMaxRank - 1},
               "Sizes of one sample's target; empty for a single number.");
  }
  void infer(Shapes& s) const { s.out(0, withBatch(s.batch(), shape), kind == 0 ? Type::i64 : s.floating()); }
  void gradient(Backward&) const {}
};

// A trained tensor that is no layer's. Lowering puts the Stored value in its place.
struct Parameter {
  std::vector<int64_t> shape = {1};
  int init = 0;
  double scale = 1;

  static constexpr const char* kInits[] = {"zeros", "constant", "uniform", "normal"};
  static Info info() {
    return {.name = "Parameter",
            .group = "Data",
            .title = "Parameter",
            .about = "A tensor that training changes.",
            .inputs = {},
            .outputs = {{"y", "the tensor"}}};
  }
  static void fields(Parameter& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(1), {0, Shape::kMaxRank}, "Its sizes.");
    f.choice("init", op.init, kInits, "How its first values are drawn.");
    f.real("scale", op.scale, anyNumber(), "The constant, the bound of uniform, or the standard deviation of normal.");
  }
  void infer(Shapes& s) const {
    const Initial initials[] = {Initial::zeros(), Initial::constant(scale), Initial::uniform(scale),
                                Initial::normal(scale)};
    const Shape sizes{std::span<const int64_t>(shape)};
    s.parameter("value", sizes, initials[init]);
    s.out(0, sizes);
  }
  void gradient(Backward&) const {}
};

// Numbers that no training changes, kept with the weights: torch.nn.Module.register_buffer.
struct Buffer {
  std::vector<int64_t> shape = {1};
  int dtype = 0;

  static Info info() {
    return {.name = "Buffer",
            .group = "Data",
            .title = "Buffer",
            .about = "A tensor that is kept with the weights and that training leaves as it is.",
            .inputs = {},
            .outputs = {{"y", "the tensor"}}};
  }
  static void fields(Buffer& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(0), {0, Shape::kMaxRank}, "Its sizes; empty for a single number.");
    f.choice("dtype", op.dtype, kTypeWords, "The type of its numbers; float is what the network computes in.");
  }
  void infer(Shapes& s) const {
    const Shape sizes{std::span<const int64_t>(shape)};
    const Type type = typeOfWord(dtype, s.floating());
    s.state("value", sizes, Initial::zeros(), type);
    s.out(0, sizes, type);
  }
  void gradient(Backward&) const {}
};

struct Constant {
  std::vector<int64_t> shape = {};
  double value = 0;
  bool batched = false;

  static Info info() {
    return {.name = "Constant",
            .group = "Data",
            .title = "Constant",
            .about = "A tensor filled with one number.",
            .inputs = {},
            .outputs = {{"y", "the tensor"}}};
  }
  static void fields(Constant& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(0), {0, Shape::kMaxRank}, "Its sizes; empty for a single number.");
    f.real("value", op.value, anyNumber(), "The number.");
    f.boolean("batched", op.batched, "Whether there is one such tensor for each sample, along a first axis.");
  }
  void infer(Shapes& s) const { s.out(0, batched ? withBatch(s.batch(), shape) : Shape(std::span<const int64_t>(shape))); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    T* y = call.out<T>(0);
    const T v = T(value);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = v; });
  }
  void gradient(Backward&) const {}

  static void examples(Examples<Constant>& e) {
    e.add({}, {});
    e.add({.shape = {3, 2}, .value = 1.5}, {});
    e.add({.shape = {300}, .value = -2}, {});
    e.add({.shape = {0, 2}}, {});
    e.add({.shape = {3}, .value = 2, .batched = true}, {});
  }
};

// A value of the parameter store, in lowered graphs. Its name there is the node's.
struct Stored {
  std::vector<int64_t> shape = {};
  int kind = 0;

  static constexpr const char* kKinds[] = {"parameter", "state"};
  static Info info() {
    return {.name = "Stored",
            .group = "",
            .title = "Stored",
            .about = "A value that lives from step to step.",
            .inputs = {},
            .outputs = {{"y", "the value"}}};
  }
  static void fields(Stored& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(0), {0, Shape::kMaxRank}, "Its sizes.");
    f.choice("kind", op.kind, kKinds, "Trained, or kept by an op.");
  }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(shape))); }
  void gradient(Backward&) const {}
};

// Stands for a node whose type nobody knows here: nothing can be said of what lies behind it.
struct Unknown {
  static Info info() {
    return {.name = "Unknown", .group = "", .title = "Unknown", .about = "A node of a type that this version does not know."};
  }
  void infer(Shapes&) const {}
};

OpFile input_file() { return ops<Input, Target, Parameter, Buffer, Constant, Stored, Unknown>(); }

}  // namespace engine
