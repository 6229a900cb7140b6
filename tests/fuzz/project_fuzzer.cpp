// Any bytes as a project file: a problem or a document, never a crash; what is read is printed and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/document/json.h"

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
  return 0;
}
