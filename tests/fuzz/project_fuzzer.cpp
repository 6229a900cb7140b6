// Any bytes as a project file: a problem or a document, never a crash; what is read is printed and read back the same, and its
// blocks unfold or are refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/passes/unfold.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = engine::document::parse(text);
  if (!document) {
    if (toString(document.error()).empty()) std::abort();
    return 0;
  }
  const std::string printed = print(*document);
  const auto again = engine::document::parse(printed);
  if (!again || !(*again == *document) || print(*again) != printed) std::abort();
  const auto expanded = engine::document::expand(*document);
  const auto unfolded = engine::unfold(expanded.network);
  if (unfolded && unfolded->values.size() != document->nodes().size()) std::abort();
  for (const engine::Problem& problem : expanded.problems)
    if (engine::whereIs(expanded.network, problem.node).way.empty() && unfolded) std::abort();
  return 0;
}
