#include "ui/run/recipe_fields.h"

#include <QCoreApplication>
#include <algorithm>

#include "engine/data/open.h"
#include "ui/model/text.h"

namespace ui {

using engine::FieldInfo;
using engine::FieldValue;
using engine::document::Data;
using engine::document::Phase;
using engine::document::Rule;
using engine::document::RuleField;
using engine::document::RuleType;
using Target = RecipeField::Target;
using FieldKind = engine::FieldInfo::Kind;

namespace {

constexpr double kLargest = 9e15;  // whole numbers that a double holds exactly

std::string recipeText(const char* text) { return utf8(QCoreApplication::translate("recipe", text)); }

// One sentence for a person who never saw the field; PyTorch's names.
std::string helpOf(std::string_view name) {
  static const std::pair<const char*, const char*> texts[] = {
      {"lr", QT_TRANSLATE_NOOP("recipe", "How far a step goes against the gradient.")},
      {"momentum", QT_TRANSLATE_NOOP("recipe", "How much of the last step goes on: 0.9 remembers about ten steps.")},
      {"dampening", QT_TRANSLATE_NOOP("recipe", "How much less of a new gradient goes into the momentum.")},
      {"nesterov", QT_TRANSLATE_NOOP("recipe", "Looks ahead along the momentum; needs a momentum and no dampening.")},
      {"weight_decay", QT_TRANSLATE_NOOP("recipe", "Pulls the weights towards 0.")},
      {"betas", QT_TRANSLATE_NOOP("recipe", "How slowly the means of the gradient and of its square forget.")},
      {"eps", QT_TRANSLATE_NOOP("recipe", "Keeps a division by almost 0 in bounds.")},
      {"amsgrad", QT_TRANSLATE_NOOP("recipe", "Divides by the largest mean of squares so far.")},
      {"alpha", QT_TRANSLATE_NOOP("recipe", "How slowly the mean of squares forgets.")},
      {"centered", QT_TRANSLATE_NOOP("recipe", "Divides by the deviation instead of the mean of squares.")},
      {"rho", QT_TRANSLATE_NOOP("recipe", "How slowly the means forget.")},
      {"warmup_steps", QT_TRANSLATE_NOOP("recipe", "Steps in which the learning rate rises to its value.")},
      {"step_size", QT_TRANSLATE_NOOP("recipe", "Epochs between two drops of the learning rate.")},
      {"gamma", QT_TRANSLATE_NOOP("recipe", "What the learning rate is multiplied by at each drop.")},
      {"t_max", QT_TRANSLATE_NOOP("recipe", "Epochs to the lowest learning rate; 0: all epochs of the recipe.")},
      {"eta_min", QT_TRANSLATE_NOOP("recipe", "The lowest learning rate.")},
  };
  for (const auto& [known, text] : texts)
    if (name == known) return recipeText(text);
  return {};
}

FieldKind kindOf(const FieldValue& value) {
  if (std::holds_alternative<bool>(value)) return FieldKind::boolean;
  if (std::holds_alternative<int64_t>(value)) return FieldKind::integer;
  if (std::holds_alternative<std::vector<double>>(value)) return FieldKind::reals;
  return FieldKind::real;
}

class Fields {
 public:
  Fields(const engine::document::Document& document, size_t phase) : document_(document), phase_(phase) {}

  std::vector<RecipeField> make() {
    data();
    training();
    rule("optimizer", &Phase::optimizer, engine::document::optimizers());
    rule("schedule", &Phase::schedule, engine::document::schedules());
    numbers();
    return std::move(fields_);
  }

 private:
  const Phase& now() const { return document_.recipe().phases[phase_]; }

  void add(const char* section, FieldInfo info, std::function<FieldValue(const Target&)> get, std::function<void(Target&, const FieldValue&)> set) {
    const FieldValue initial = info.initial;
    fields_.push_back({std::move(info), section, get, [get, initial](const Target& t) { return get(t) == initial; }, set, [set, initial](Target& t) { set(t, initial); }});
  }

  void data() {
    const Data fresh;
    std::vector<std::string> words{recipeText(QT_TRANSLATE_NOOP("recipe", "none"))};
    for (const std::string& name : engine::data::builtInNames()) words.push_back(name);
    const std::string& source = document_.data().source;
    if (!source.empty() && std::find(words.begin(), words.end(), source) == words.end()) words.push_back(source);
    add("data", {"source", FieldKind::choice, words.front(), {}, {}, words, recipeText(QT_TRANSLATE_NOOP("recipe", "A built-in set, or your own files: IDX, NumPy, or a folder of pictures by class."))},
        [none = words.front()](const Target& t) { return t.data.source.empty() ? none : t.data.source; },
        [none = words.front()](Target& t, const FieldValue& v) {
          const std::string& name = std::get<std::string>(v);
          t.data.source = name == none ? std::string() : name;
        });
    add("data", {"validation", FieldKind::real, fresh.split.validation, engine::between(0, 1), {}, {}, recipeText(QT_TRANSLATE_NOOP("recipe", "The part of the training data that is held out to validate on, where the data have no part of their own; 0: none."))},
        [](const Target& t) { return t.data.split.validation; }, [](Target& t, const FieldValue& v) { t.data.split.validation = std::get<double>(v); });
    add("data", {"split_seed", FieldKind::integer, int64_t(fresh.split.seed), engine::between(0, kLargest), {}, {}, recipeText(QT_TRANSLATE_NOOP("recipe", "Which rows are held out."))},
        [](const Target& t) { return int64_t(t.data.split.seed); }, [](Target& t, const FieldValue& v) { t.data.split.seed = uint64_t(std::get<int64_t>(v)); });
  }

  template <class T>
  void member(const char* section, const char* name, T Phase::*place, engine::Range range, const char* help) {
    const Phase fresh;
    const FieldValue initial = fresh.*place;
    add(section, {name, kindOf(initial), initial, range, {}, {}, recipeText(help)}, [p = phase_, place](const Target& t) { return FieldValue(t.phase(p).*place); },
        [p = phase_, place](Target& t, const FieldValue& v) { t.phase(p).*place = std::get<T>(v); });
  }

  // Where 0 stands for "none", as a field must show something.
  template <class T>
  void optional(const char* section, const char* name, std::optional<T> Phase::*place, const char* help) {
    const FieldValue none = T(0);
    add(section, {name, kindOf(none), none, engine::between(0, kLargest), {}, {}, recipeText(help)}, [p = phase_, place](const Target& t) { return FieldValue((t.phase(p).*place).value_or(T(0))); },
        [p = phase_, place](Target& t, const FieldValue& v) {
          const T value = std::get<T>(v);
          t.phase(p).*place = value > 0 ? std::optional<T>(value) : std::nullopt;
        });
  }

  void training() {
    member("training", "batch", &Phase::batch, engine::between(1, kLargest), QT_TRANSLATE_NOOP("recipe", "Samples in one step."));
    member("training", "epochs", &Phase::epochs, engine::between(0, kLargest), QT_TRANSLATE_NOOP("recipe", "How often all training data are seen."));
    optional("training", "steps", &Phase::steps, QT_TRANSLATE_NOOP("recipe", "Ends after so many steps, whatever the epochs say; 0: the epochs decide."));
    member("training", "shuffle", &Phase::shuffle, {}, QT_TRANSLATE_NOOP("recipe", "Another order of the data in each epoch."));
    member("training", "drop_last", &Phase::dropLast, {}, QT_TRANSLATE_NOOP("recipe", "Leaves out the last batch of an epoch where it is smaller."));
    optional("training", "clip_norm", &Phase::clipNorm, QT_TRANSLATE_NOOP("recipe", "The largest norm of all gradients together; 0: no limit."));
    optional("training", "clip_value", &Phase::clipValue, QT_TRANSLATE_NOOP("recipe", "The largest value of a gradient; 0: no limit."));
  }

  void rule(const char* section, Rule Phase::*place, const std::vector<RuleType>& types) {
    std::vector<std::string> words;
    for (const RuleType& type : types) words.emplace_back(type.name);
    const Phase fresh;
    const std::string initial = (fresh.*place).type;
    const size_t p = phase_;
    add(section, {"type", FieldKind::choice, initial, {}, {}, words, section == std::string("optimizer") ? recipeText(QT_TRANSLATE_NOOP("recipe", "How the weights follow from the gradients.")) : recipeText(QT_TRANSLATE_NOOP("recipe", "How the learning rate changes from epoch to epoch."))},
        [p, place](const Target& t) { return (t.phase(p).*place).type; },
        [p, place](Target& t, const FieldValue& v) {  // another type begins with its own defaults
          if ((t.phase(p).*place).type != std::get<std::string>(v)) t.phase(p).*place = Rule{std::get<std::string>(v), {}, {}};
        });
    const auto type = std::find_if(types.begin(), types.end(), [&](const RuleType& t) { return t.name == (now().*place).type; });
    if (type == types.end()) return;
    for (const RuleField& field : type->fields) {
      const std::string name(field.name);
      FieldInfo info{name, kindOf(field.value), field.value, {field.bounds.low, field.bounds.high, field.bounds.lowOpen}, {2, 2}, {}, helpOf(name)};
      fields_.push_back({std::move(info), section,
                         [p, place, name, initialValue = field.value](const Target& t) {
                           const auto* given = engine::document::find((t.phase(p).*place).fields, name);
                           if (!given) return initialValue;
                           const auto* whole = std::get_if<int64_t>(given);  // may stand for a real
                           return whole && std::holds_alternative<double>(initialValue) ? FieldValue(double(*whole)) : *given;
                         },
                         [p, place, name](const Target& t) { return !engine::document::find((t.phase(p).*place).fields, name); },
                         [p, place, name](Target& t, const FieldValue& v) { engine::document::assign((t.phase(p).*place).fields, name, v); },
                         [p, place, name](Target& t) { std::erase_if((t.phase(p).*place).fields, [&](const auto& f) { return f.first == name; }); }});
    }
  }

  void numbers() {
    const engine::document::Recipe fresh;
    add("numbers", {"seed", FieldKind::integer, int64_t(fresh.seed), engine::between(0, kLargest), {}, {}, recipeText(QT_TRANSLATE_NOOP("recipe", "Of initial values, dropout and the order of the data: the same seed gives the same bits."))},
        [](const Target& t) { return int64_t(t.recipe.seed); }, [](Target& t, const FieldValue& v) { t.recipe.seed = uint64_t(std::get<int64_t>(v)); });
    add("numbers", {"precision", FieldKind::choice, std::string("float32"), {}, {}, {"float32", "float64"}, recipeText(QT_TRANSLATE_NOOP("recipe", "float64 is for checking, and several times as slow."))},
        [p = phase_](const Target& t) { return std::string(t.phase(p).precision == engine::Type::f64 ? "float64" : "float32"); },
        [](Target& t, const FieldValue& v) {
          for (Phase& phase : t.recipe.phases) phase.precision = std::get<std::string>(v) == "float64" ? engine::Type::f64 : engine::Type::f32;
        });
  }

  const engine::document::Document& document_;
  size_t phase_;
  std::vector<RecipeField> fields_;
};

}  // namespace

std::vector<RecipeField> recipeFields(const engine::document::Document& document, size_t phase) { return Fields(document, phase).make(); }

std::optional<engine::Problem> problemOfRule(const Phase& phase, const std::string& section) {
  const auto fields = section == "optimizer" ? engine::document::completedOptimizer(phase.optimizer) : engine::document::completedSchedule(phase.schedule);
  if (fields) return std::nullopt;
  engine::Problem problem = fields.error();
  const size_t dot = problem.place.name.rfind('.');
  if (dot != std::string::npos) problem.place.name = problem.place.name.substr(dot + 1);
  return problem;
}

}  // namespace ui
