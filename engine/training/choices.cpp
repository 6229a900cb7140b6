#include "engine/training/choices.h"

#include <filesystem>

#include "engine/formats/choices_file.h"

namespace engine::training {

namespace {
kernels::ChoiceTable& inUse() {
  static kernels::ChoiceTable table;
  return table;
}
}  // namespace

std::optional<Problem> useMeasuredChoices() {
  inUse().clear();
  const std::string path = formats::choicesPath();
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return std::nullopt;
  const Result<formats::ChoicesFile> file = formats::readChoices(path);
  Problem lint;
  if (!file) {
    lint = file.error();
  } else if (!file->isOfThisMachine()) {
    const formats::ChoicesFile here = formats::choicesOfThisMachine();
    lint.place = Place::file(path);
    lint.needs = Message("choices measured on {0} with {1}, version {2}", here.processor, here.column, here.version);
    lint.got = Message("{0} with {1}, version {2}", file->processor, file->column, file->version);
    lint.fix = "the rules are used; `netw tune` measures here";
  } else {
    inUse() = file->table();
    return std::nullopt;
  }
  lint.severity = Severity::lint;
  return lint;
}

const kernels::ChoiceTable& measuredChoices() { return inUse(); }

}  // namespace engine::training
