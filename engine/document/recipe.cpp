// The table of optimizers and schedules with PyTorch's defaults, and rules completed by it.
#include "engine/document/recipe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/document/json_values.h"
#include "engine/document/text.h"

namespace engine::document {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr Bounds kAny{-kInfinite, kInfinite};
constexpr Bounds kNotNegative{0, kInfinite};
constexpr Bounds kPart{0, 1};                // [0, 1]
constexpr Bounds kDecay{0, 1, false, true};  // [0, 1)
constexpr Bounds kAtLeast1{1, kInfinite};

// torch.optim 2.x.
std::vector<RuleType> makeOptimizers() {
  const auto lr = [](double value) { return RuleField{"lr", value, kNotNegative}; };
  const auto weightDecay = [](double value) { return RuleField{"weight_decay", value, kNotNegative}; };
  const auto eps = [](double value) { return RuleField{"eps", value, kNotNegative}; };
  const RuleField momentum{"momentum", 0.0, kNotNegative};
  const RuleField betas{"betas", std::vector<double>{0.9, 0.999}, kDecay};
  const RuleField amsgrad{"amsgrad", false, kAny};
  return {
      {"sgd", {lr(1e-3), momentum, {"dampening", 0.0, kAny}, {"nesterov", false, kAny}, weightDecay(0)}},
      {"adam", {lr(1e-3), betas, eps(1e-8), weightDecay(0), amsgrad}},
      {"adamw", {lr(1e-3), betas, eps(1e-8), weightDecay(1e-2), amsgrad}},
      {"rmsprop",
       {lr(1e-2), {"alpha", 0.99, kNotNegative}, eps(1e-8), weightDecay(0), momentum, {"centered", false, kAny}}},
      {"adadelta", {lr(1.0), {"rho", 0.9, kPart}, eps(1e-6), weightDecay(0)}},
  };
}

// torch.optim.lr_scheduler. step_size, milestones and the gamma of exponential have no default there; the milestones are
// those of the example in its documentation.
std::vector<RuleType> makeSchedules() {
  const RuleField warmup{"warmup_steps", int64_t(0), kNotNegative};
  return {
      {"constant", {warmup}},
      {"step", {{"step_size", int64_t(10), kAtLeast1}, {"gamma", 0.1, kNotNegative}, warmup}},
      {"multistep", {{"milestones", std::vector<int64_t>{30, 80}, kAtLeast1}, {"gamma", 0.1, kNotNegative}, warmup}},
      {"exponential", {{"gamma", 0.95, kNotNegative}, warmup}},
      {"cosine", {{"t_max", int64_t(0), kNotNegative}, {"eta_min", 0.0, kNotNegative}, warmup}},
  };
}

tl::unexpected<Problem> wrong(std::string place, Message needs, Message got, Message fix = {}) {
  return tl::unexpected(Problem{
      0, Place::field(std::move(place)), Severity::problem, std::move(needs), std::move(got), std::move(fix), {}});
}

Message instead(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view meant = nearest(name, candidates);
  return meant.empty() ? Message() : Message("write {0}", meant);
}

Message joined(std::span<const std::string_view> names) {
  std::string text;
  for (size_t i = 0; i + 1 < names.size(); ++i) text += std::string(i ? ", " : "") + std::string(names[i]);
  return names.size() < 2 ? Message("{0}", names.empty() ? "" : names[0]) : Message("{0} or {1}", text, names.back());
}

bool within(const Bounds& bounds, double number) {
  return std::isfinite(number) && (bounds.lowOpen ? number > bounds.low : number >= bounds.low) &&
         (bounds.highOpen ? number < bounds.high : number <= bounds.high);
}

// The value in the default's type: whole numbers may stand for others.
std::optional<FieldValue> as(const FieldValue& value, const FieldValue& wanted) {
  if (value.index() == wanted.index()) return value;
  if (const auto* whole = std::get_if<int64_t>(&value); whole && std::holds_alternative<double>(wanted))
    return double(*whole);
  if (const auto* wholes = std::get_if<std::vector<int64_t>>(&value);
      wholes && std::holds_alternative<std::vector<double>>(wanted))
    return std::vector<double>(wholes->begin(), wholes->end());
  if (const auto* numbers = std::get_if<std::vector<double>>(&value);  // [] has no type of its own
      numbers && numbers->empty() && std::holds_alternative<std::vector<int64_t>>(wanted))
    return std::vector<int64_t>{};
  return std::nullopt;
}

Message wanted(const RuleField& field) {
  if (std::holds_alternative<bool>(field.value)) return "true or false";
  const char* kind = std::holds_alternative<int64_t>(field.value)  ? "a whole number"
                     : std::holds_alternative<double>(field.value) ? "a number"
                     : std::holds_alternative<std::vector<int64_t>>(field.value) ? "whole numbers"
                                                                   : "two numbers";
  const auto& [low, high, lowOpen, highOpen] = field.bounds;
  if (std::isinf(low)) return kind;
  if (std::isinf(high)) return Message("{0} of at least {1}", Message(kind), low);
  return highOpen ? Message("{0} from {1} up to but not {2}", Message(kind), low, high) : Message("{0} from {1} to {2}", Message(kind), low, high);
}

bool fits(const RuleField& field, const FieldValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return within(field.bounds, double(*whole));
  if (const auto* number = std::get_if<double>(&value)) return within(field.bounds, *number);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    for (const double n : *numbers)
      if (!within(field.bounds, n)) return false;
    return numbers->size() == std::get<std::vector<double>>(field.value).size();
  }
  if (const auto* wholes = std::get_if<std::vector<int64_t>>(&value))
    return std::all_of(wholes->begin(), wholes->end(), [&](int64_t n) { return within(field.bounds, double(n)); });
  return true;
}

}  // namespace

const std::vector<RuleType>& optimizers() {
  static const std::vector<RuleType> table = makeOptimizers();
  return table;
}

const std::vector<RuleType>& schedules() {
  static const std::vector<RuleType> table = makeSchedules();
  return table;
}

Result<Fields> completed(const Rule& rule, const std::vector<RuleType>& types, std::string_view what) {
  const std::string place(what);
  std::vector<std::string_view> names;
  const RuleType* type = nullptr;
  for (const RuleType& candidate : types) {
    names.push_back(candidate.name);
    if (candidate.name == rule.type) type = &candidate;
  }
  if (!type)
    return wrong(place + ".type", joined(names), Message("{0}", rule.type), instead(rule.type, names));

  Fields fields;
  names.clear();
  for (const RuleField& field : type->fields) {
    names.push_back(field.name);
    fields.emplace_back(field.name, field.value);
  }
  if (!rule.otherFields.empty())
    return wrong(place, Message("numbers or true and false for {0}", joined(names)), Message("{0}", rule.otherFields));
  for (const auto& [name, value] : rule.fields) {
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end())
      return wrong(place + "." + name, Message("one of the fields of {0}: {1}", rule.type, joined(names)),
                   Message("{0}", name), instead(name, names));
    const RuleField& field = type->fields[size_t(known - names.begin())];
    const auto converted = as(value, field.value);
    if (!converted || !fits(field, *converted))
      return wrong(place + "." + name, wanted(field), Message("{0}", toText(value)));
    assign(fields, name, *converted);
  }
  // Nesterov's step is defined by these two (Sutskever et al. 2013), and PyTorch refuses the same.
  const FieldValue* nesterov = find(fields, "nesterov");
  if (nesterov && std::get<bool>(*nesterov) && (number(fields, "momentum") <= 0 || number(fields, "dampening") != 0))
    return wrong(place + ".nesterov", "a momentum above 0 and no dampening",
                 Message("momentum {0}, dampening {1}", number(fields, "momentum"), number(fields, "dampening")),
                 "set momentum, to 0.9 for example");
  return fields;
}

double number(const Fields& fields, std::string_view name) { return std::get<double>(*find(fields, name)); }
int64_t integer(const Fields& fields, std::string_view name) { return std::get<int64_t>(*find(fields, name)); }
const std::vector<int64_t>& integers(const Fields& fields, std::string_view name) { return std::get<std::vector<int64_t>>(*find(fields, name)); }
bool flag(const Fields& fields, std::string_view name) { return std::get<bool>(*find(fields, name)); }

const Binding* Data::binding(NodeId node) const {
  for (const Binding& binding : bindings)
    if (binding.node == node) return &binding;
  return nullptr;
}

}  // namespace engine::document
