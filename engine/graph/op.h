// What an op is: a plain struct whose members are its fields, with its rules and kernels beside them in one file. This
// header forgets the struct's type and keeps a table of functions. See ops/softmax.cu for a whole one, README.md for the
// list of members that an op may have.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/fields.h"
#include "engine/graph/problem.h"
#include "engine/graph/tensor.h"
#include "kernels/column.h"
#include "kernels/device.h"

namespace engine {

using kernels::Cpu;
using kernels::Cuda;

class Shapes;
class Backward;
class Op;

// Which values may be wired to an input.
enum class Takes : uint8_t { numbers, classes, anything };  // floating; whole; both

struct PortInfo {
  const char* name;
  const char* about;  // what it holds, with its axes: "scores, (..., classes)"
  Takes takes = Takes::numbers;
};

struct Info {
  const char* name;   // PyTorch's name of the module or function; the key in files
  const char* group;  // of the palette; "" for ops that only passes make
  const char* title;
  const char* about;  // one sentence
  std::vector<PortInfo> inputs = {}, outputs = {};
  bool variadic = false;     // the last input may be given any number of times, at least once
  int optionalInputs = 0;    // so many of the last inputs may be left unconnected
  bool elementwise = false;  // each element of the only output follows from those at its place alone, whatever the axes mean
  bool inPlace = false;      // output 0 may lie in the memory of input 0: same shape, element by element
  bool view = false;         // output 0 is input 0 with another shape: its memory is shared, and run() copies when it cannot be
  bool random = false;       // the result depends on the node's key: two such nodes are never one
  std::vector<int> updates = {};  // inputs that the op changes in place; such ops run after all others of the step
};

// What an op wants before its first run. Kernels' primitives are made here, never in a step.
struct Preparation {
  Call call;  // shapes and types; no memory yet
  std::shared_ptr<const void> kept;
  int64_t scratchBytes = 0;  // at most, of memory that only this call uses while it runs
  // Inputs that stay as they are from run to run, as weights do in plans that do not train. What an op makes of them (their
  // order in memory, a transform) it may make in once() instead of in every run(): into so many bytes of its own.
  std::vector<bool> stands;  // by input; empty: none
  int64_t onceBytes = 0;

  bool standing(size_t input) const { return input < stands.size() && stands[input]; }
};

template <class Device>
struct Kernel {
  void (*run)(Device&, const void* op, const Call&) = nullptr;
  void (*prepare)(Device&, const void* op, Preparation&) = nullptr;  // may be null
  void (*once)(Device&, const void* op, const Call&) = nullptr;      // called where prepare() asked for it, and when what stands has changed
};

// How the values of an example's input are drawn for tests.
struct Draw {
  double low = -2, high = 2;
  int64_t classes = 0;    // above 0: whole numbers in [0, classes)
  Type type = Type::i64;  // of these
  bool distinct = false;  // no two values closer than what a difference quotient can tell apart (max pooling, ReLU)
};

// A case for the tests that every op gets for free.
struct Example {
  std::shared_ptr<const void> op;
  std::vector<Shape> inputs;  // data inputs; parameters and state follow from infer
  std::vector<Draw> draws;    // by input; the last one stands for those that follow; none: Draw{}
  double tolerance = 1e-5;    // of f32 against f64, relative to the largest value of the result; another one needs a reason
  bool gradient = true;       // false: not differentiable at such points

  Example& range(double low, double high) { return draw({.low = low, .high = high}); }
  Example& distinct() { return draw({.distinct = true}); }
  Example& draw(Draw d) {
    draws.push_back(d);
    return *this;
  }
  Example& within(double relative) {
    tolerance = relative;
    return *this;
  }
  Example& withoutGradient() {
    gradient = false;
    return *this;
  }
};
template <class O>
class Examples {
 public:
  Example& add(O op, std::vector<Shape> inputs) {
    return list.emplace_back(Example{std::make_shared<const O>(std::move(op)), std::move(inputs), {}, 1e-5, true});
  }
  std::vector<Example> list;
};

// A wrong use and the very sentence it gives.
struct Mistake {
  std::shared_ptr<const void> op;
  std::vector<Shape> inputs;
  std::string text;
};
template <class O>
class Mistakes {
 public:
  void add(O op, std::vector<Shape> inputs, std::string text) {
    list.push_back({std::make_shared<const O>(std::move(op)), std::move(inputs), std::move(text)});
  }
  std::vector<Mistake> list;
};

struct InChannelsLast;

// The columns of the table: which instruction set the kernels were compiled for.
using kernels::Column;
using kernels::column;
using kernels::kColumns;
using kernels::nameOf;

// An op with its type forgotten. Both compilers see every member: nothing here stands under #ifdef.
struct OpType {
  Info info;
  std::shared_ptr<void> (*create)() = nullptr;  // with default fields
  std::shared_ptr<void> (*copy)(const void*) = nullptr;
  void (*fields)(void* op, FieldVisitor&) = nullptr;
  void (*infer)(const void* op, Shapes&) = nullptr;
  void (*gradient)(const void* op, Backward&) = nullptr;  // null: not differentiable
  void (*gradientByParts)(const void* op, Backward&) = nullptr;  // a second way, that tests compare with; may be null
  void (*update)(const void* op, Backward&) = nullptr;  // adds the node that changes the op's state after a training step
  Op (*evaluated)(const void* op) = nullptr;              // what stands in its place outside of training; null: itself
  // For passes; null where an op has nothing of the kind.
  std::optional<InChannelsLast> (*channelsLast)(const void* op) = nullptr;  // what stands in its place on channels-last pictures
  std::optional<Op> (*withRelu)(const void* op) = nullptr;                  // itself, with a ReLU after output 0 taken into it
  // Itself, where its pictures of output 0 or of an input (-1: the output) lie in canonical order after all.
  std::optional<Op> (*withCanonical)(const void* op, int input) = nullptr;
  // Itself with the gradient of a ReLU taken into output 0, and which of its inputs the ReLU gave.
  std::optional<std::pair<Op, int>> (*withReluGradient)(const void* op) = nullptr;
  // Itself with the gradient of a ReLU taken into input 0; what the ReLU gave is then its last input.
  std::optional<Op> (*withReluBefore)(const void* op) = nullptr;
  // Of a gradient that finds again from input 0 what the op going forward knew: that op with what it knew as its last output, and
  // the gradient that reads it as input 0. Null where `forward` is another op's. `x` is the shape of input 0 of both.
  std::optional<std::pair<Op, Op>> (*remembering)(const void* op, const Op& forward, const Shape& x) = nullptr;
  std::vector<Example> (*examples)() = nullptr;
  std::vector<Mistake> (*mistakes)() = nullptr;

  Kernel<Cpu> cpu[kColumns];  // f32; a column that was not built holds the baseline's
  Kernel<Cpu> cpuDouble;      // f64, the reference; baseline only
  Kernel<Cuda> cuda;          // f32; filled when the CUDA half is there
};

// The ops of one file.
using OpFile = std::vector<OpType>;

// ------------------------------------------------------------------ op values ----

// An op of some type with its fields set: a value that is cheap to copy and never changes.
class Op {
 public:
  // Of the struct of an op file. The op must be in the table.
  template <class O>
    requires requires { O::info(); }
  Op(O op) : Op(O::info().name, std::make_shared<const O>(std::move(op))) {}
  // Of the struct behind an example or a mistake of that type.
  static Op of(const OpType& type, std::shared_ptr<const void> data) { return Op(&type, std::move(data)); }
  // With default fields; none when there is no such op.
  static std::optional<Op> named(std::string_view name);
  // With some fields set; the name and the fields must be right (for passes and gradients).
  static Op with(std::string_view name, const FieldMap& fields = {});

  const OpType& type() const { return *type_; }
  const std::string& name() const { return *name_; }
  const void* data() const { return data_.get(); }
  // The struct itself, or null when it is another op.
  template <class O>
  const O* as() const {
    return name() == O::info().name ? static_cast<const O*>(data()) : nullptr;
  }
  bool is(std::string_view opName) const { return name() == opName; }

  FieldMap fields() const;
  // The op with one field changed, or what is wrong with the value: an unknown field, a wrong kind, out of range.
  Result<Op> set(const std::string& field, const FieldValue& value) const;

  void infer(Shapes& shapes) const { type_->infer(data(), shapes); }
  // Same type and equal fields.
  bool operator==(const Op& other) const;
  uint64_t hash() const;

 private:
  Op(const char* name, std::shared_ptr<const void> data);
  Op(const OpType* type, std::shared_ptr<const void> data);
  const OpType* type_;
  const std::string* name_;
  std::shared_ptr<const void> data_;
};

// An op that takes and gives pictures as (batch, height, width, channels), in the place of one that has them as (batch,
// channels, height, width).
struct InChannelsLast {
  Op op;
  static constexpr int kAll = -1;    // alone in `inputs`: all of them
  std::vector<int> inputs, outputs;  // which of them are pictures; the others stay as they are
  bool gains = false;                // worth a reorder of what comes in; otherwise it follows its inputs
};

// All ops by name, with the columns that this build has.
const OpType* findOp(std::string_view name);
const std::vector<const OpType*>& allOps();  // in the order of their files; the table's own, so that it may be looked at in place
std::vector<FieldInfo> fieldInfos(const OpType& type);
// Fills the table's CUDA kernels from a column of the CUDA half (module or stand-in): see column.cpp.in.
void takeCudaColumn(void (*column)(void (*take)(void*, const OpFile&), void*));

// ------------------------------------------------------- how a struct gets there ----

template <class O, class T, class Device>
Kernel<Device> makeKernel() {
  Kernel<Device> kernel;
  if constexpr (requires(const O& o, Device& d, const Call& c) { o.template run<T>(d, c); })
    kernel.run = [](Device& d, const void* op, const Call& c) { static_cast<const O*>(op)->template run<T>(d, c); };
  if constexpr (requires(const O& o, Device& d, Preparation& p) { o.template prepare<T>(d, p); })
    kernel.prepare = [](Device& d, const void* op, Preparation& p) { static_cast<const O*>(op)->template prepare<T>(d, p); };
  if constexpr (requires(const O& o, Device& d, const Call& c) { o.template once<T>(d, c); })
    kernel.once = [](Device& d, const void* op, const Call& c) { static_cast<const O*>(op)->template once<T>(d, c); };
  return kernel;
}

template <class O>
OpType makeOpType() {
  OpType t{};
  t.info = O::info();
#if defined(NETWRIGHT_CUDA_HALF) || defined(__CUDACC__)
  t.cuda = makeKernel<O, float, Cuda>();
#else
  t.cpu[0] = makeKernel<O, float, Cpu>();
#endif
#ifndef NETWRIGHT_KERNELS_ONLY
  t.cpuDouble = makeKernel<O, double, Cpu>();
  t.create = []() -> std::shared_ptr<void> { return std::make_shared<O>(); };
  t.copy = [](const void* op) -> std::shared_ptr<void> { return std::make_shared<O>(*static_cast<const O*>(op)); };
  t.fields = [](void* op, FieldVisitor& visitor) {
    if constexpr (requires(O& o) { O::fields(o, visitor); }) O::fields(*static_cast<O*>(op), visitor);
    else (void)op, (void)visitor;
  };
  t.infer = [](const void* op, Shapes& shapes) { static_cast<const O*>(op)->infer(shapes); };
  if constexpr (requires(const O& o, Backward& b) { o.gradient(b); })
    t.gradient = [](const void* op, Backward& b) { static_cast<const O*>(op)->gradient(b); };
  if constexpr (requires(const O& o, Backward& b) { o.gradientByParts(b); })
    t.gradientByParts = [](const void* op, Backward& b) { static_cast<const O*>(op)->gradientByParts(b); };
  if constexpr (requires(const O& o, Backward& b) { o.update(b); })
    t.update = [](const void* op, Backward& b) { static_cast<const O*>(op)->update(b); };
  if constexpr (requires(const O& o) { o.evaluated(); })
    t.evaluated = [](const void* op) -> Op { return static_cast<const O*>(op)->evaluated(); };
  if constexpr (requires(const O& o) { o.channelsLast(); })
    t.channelsLast = [](const void* op) -> std::optional<InChannelsLast> { return static_cast<const O*>(op)->channelsLast(); };
  if constexpr (requires(const O& o) { o.withRelu(); })
    t.withRelu = [](const void* op) -> std::optional<Op> { return static_cast<const O*>(op)->withRelu(); };
  if constexpr (requires(const O& o) { o.withCanonical(0); })
    t.withCanonical = [](const void* op, int input) -> std::optional<Op> { return static_cast<const O*>(op)->withCanonical(input); };
  if constexpr (requires(const O& o) { o.withReluGradient(); })
    t.withReluGradient = [](const void* op) -> std::optional<std::pair<Op, int>> { return static_cast<const O*>(op)->withReluGradient(); };
  if constexpr (requires(const O& o) { o.withReluBefore(); })
    t.withReluBefore = [](const void* op) -> std::optional<Op> { return static_cast<const O*>(op)->withReluBefore(); };
  if constexpr (requires(const O& o, const Op& forward, const Shape& x) { o.remembering(forward, x); })
    t.remembering = [](const void* op, const Op& forward, const Shape& x) -> std::optional<std::pair<Op, Op>> {
      return static_cast<const O*>(op)->remembering(forward, x);
    };
  if constexpr (requires(Examples<O>& e) { O::examples(e); })
    t.examples = [] {
      Examples<O> e;
      O::examples(e);
      return e.list;
    };
  if constexpr (requires(Mistakes<O>& m) { O::mistakes(m); })
    t.mistakes = [] {
      Mistakes<O> m;
      O::mistakes(m);
      return m.list;
    };
#endif
  return t;
}

template <class... O>
OpFile ops() {
  return {makeOpType<O>()...};
}

}  // namespace engine

#include "engine/graph/backward.h"
#include "engine/graph/shapes.h"
