// Any bytes as the file of measured choices: a problem, or choices that print and read back the same; and as the table that a
// checkpoint records.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/formats/choices_file.h"

using namespace engine::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto file = parseChoices(text, "choices.json")) {
    const auto again = parseChoices(toText(*file), "choices.json");
    if (!again || !(*again == *file)) std::abort();
    if (file->table().size() > file->choices.size()) std::abort();
  } else if (toString(file.error()).empty()) {
    std::abort();
  }
  std::vector<std::string> unknown, none;
  if (const auto table = parseChoiceTable(text, "checkpoint.safetensors", unknown)) {
    const auto again = parseChoiceTable(toText(*table), "checkpoint.safetensors", none);
    if (!again || *again != *table || !none.empty()) std::abort();
  } else if (toString(table.error()).empty()) {
    std::abort();
  }
  return 0;
}
