// How a network is trained and on what: the recipe's phases and the binding of inputs and targets to columns of data.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document/node.h"
#include "engine/graph/type.h"

namespace engine::document {

// An optimizer ("adam") or a schedule ("cosine") with the fields that were given, by PyTorch's names. Another type
// brings its own defaults for the rest.
struct Rule {
  std::string type;
  Fields fields;
  std::string otherFields;  // as a node's
  bool operator==(const Rule&) const = default;
};

// The smallest value of a field, and whether it may be that itself; likewise the largest.
struct Bounds {
  double low, high;
  bool lowOpen = false, highOpen = false;
};
struct RuleField {
  std::string_view name;
  FieldValue value;  // the default; the given one has the same type (a whole number may stand for a double)
  Bounds bounds;
};
struct RuleType {
  std::string_view name;
  std::vector<RuleField> fields;
};

// sgd, adam, adamw, rmsprop, adadelta with the defaults of torch.optim.
const std::vector<RuleType>& optimizers();
// constant, step (StepLR), multistep (MultiStepLR), exponential (ExponentialLR), cosine (CosineAnnealingLR), counted in epochs; each with `warmup_steps`, a linear rise from
// lr / (warmup_steps + 1) in the first steps. `t_max` 0: the epochs of the phase.
const std::vector<RuleType>& schedules();

// The rule with every field of its type, in the table's order, given or default, in the default's type. A type or field
// that is unknown, of the wrong type or out of bounds is a problem, with the place recipe.WHAT.FIELD.
Result<Fields> completed(const Rule& rule, const std::vector<RuleType>& types, std::string_view what);
inline Result<Fields> completedOptimizer(const Rule& rule) { return completed(rule, optimizers(), "optimizer"); }
inline Result<Fields> completedSchedule(const Rule& rule) { return completed(rule, schedules(), "schedule"); }

// Of completed fields: the field must be there, and of that type.
double number(const Fields& fields, std::string_view name);
int64_t integer(const Fields& fields, std::string_view name);
const std::vector<int64_t>& integers(const Fields& fields, std::string_view name);
bool flag(const Fields& fields, std::string_view name);

// A scalar output that the phase makes small, among others by its weight.
struct Loss {
  NodeId node = 0;
  int output = 0;
  double weight = 1;
  std::string extras;
  bool operator==(const Loss&) const = default;
};

// One stretch of training.
struct Phase {
  std::string name = "train";
  std::vector<Loss> losses;  // none: every loss node of the network, with weight 1
  Rule optimizer{"adam", {}, {}};
  Rule schedule{"constant", {}, {}};
  std::optional<double> clipNorm;   // largest norm of all gradients together, as clip_grad_norm_
  std::optional<double> clipValue;  // largest absolute value of a gradient's element, as clip_grad_value_
  int64_t batch = 32;
  int64_t epochs = 10;
  std::optional<int64_t> steps;  // the phase ends after so many steps, whatever the epochs say
  bool shuffle = true;
  bool dropLast = false;       // leave out the last batch of an epoch where it is smaller
  Type precision = Type::f32;  // f32 or f64
  std::string extras;
  bool operator==(const Phase&) const = default;
};

struct Recipe {
  uint64_t seed = 0;  // of initial values, dropout and the order of the data
  std::string weights;  // a safetensors file or an ONNX model whose values a run begins with, relative to the project's folder; "": drawn from the seed
  std::vector<Phase> phases{Phase{}};
  std::string extras;
  bool operator==(const Recipe&) const = default;
};

// What an Input or Target node reads: a column, as (x * scale - mean) / std, each of mean and std once, or once a
// channel (axis 1).
struct Binding {
  NodeId node = 0;
  std::string column;
  std::optional<double> scale;
  std::vector<double> mean, std;
  std::string extras;
  bool operator==(const Binding&) const = default;
};

struct Split {
  double validation = 0.1;  // the part of train that is held out where the source has no validation part; 0: none
  uint64_t seed = 0;        // of the choice of that part
  std::string extras;
  bool operator==(const Split&) const = default;
};

struct Data {
  std::string source;  // a built-in source ("fashion-mnist") or a path, relative to the project's folder; "": none yet
  Fields options;      // of the source ("noise" of spirals)
  Split split;
  std::vector<Binding> bindings;  // a node at most once
  std::string otherOptions;       // as a node's otherFields
  std::string extras;
  bool operator==(const Data&) const = default;

  const Binding* binding(NodeId node) const;
};

}  // namespace engine::document
