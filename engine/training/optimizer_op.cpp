#include "engine/training/optimizer_op.h"

namespace engine::training {

Result<Optimization> optimizationOf(const document::Phase& phase) {
  Result<document::Fields> fields = document::completedOptimizer(phase.optimizer);
  if (!fields) return tl::unexpected(fields.error());
  // The recipe's names are those of torch.optim in lower case.
  constexpr std::pair<const char*, const char*> kOps[] = {
      {"sgd", "SGD"}, {"adam", "Adam"}, {"adamw", "AdamW"}, {"rmsprop", "RMSprop"}, {"adadelta", "Adadelta"}};
  const char* name = "SGD";
  for (const auto& [word, op] : kOps)
    if (phase.optimizer.type == word) name = op;
  Op op = Op::with(name);
  const auto set = [&](const std::string& field, const FieldValue& value) -> Done {
    Result<Op> changed = op.set(field, value);
    if (!changed) return tl::unexpected(changed.error());
    op = *changed;
    return {};
  };
  for (const auto& [field, value] : *fields) {
    Done done;
    if (field == "lr") continue;
    if (field == "betas") {
      const auto& betas = std::get<std::vector<double>>(value);
      done = set("beta1", betas[0]);
      if (done) done = set("beta2", betas[1]);
    } else {
      done = set(field, value);
    }
    if (!done) return tl::unexpected(done.error());
  }
  return Optimization{op, phase.clipNorm.value_or(0), phase.clipValue.value_or(0)};
}

}  // namespace engine::training
