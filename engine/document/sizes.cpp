#include "engine/document/sizes.h"

#include "engine/document/expand.h"
#include "engine/document/transaction.h"
#include "engine/passes/axis_names.h"

namespace engine::document {

namespace {

// The Input's size that `key` is, as "x.2".
int64_t* sizeAt(const Node& node, const Op& op, const std::string& key, std::vector<int64_t>& sizes) {
  const size_t first = std::get<bool>(op.fields().at("batched")) ? 1 : 0;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (key == node.name + "." + std::to_string(i + first)) return &sizes[i];
  return nullptr;
}

}  // namespace

Result<ChangeSet> setSizes(const Document& document, const std::map<std::string, int64_t>& sizes) {
  const Graph network = expand(document).network;
  Transaction edit(document);
  std::map<std::string, bool> used;
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    const Op& op = network.nodes[n].op;
    if (!op.is("Input")) continue;
    const std::vector<std::string> names = axisNames(op);
    const auto before = std::get<std::vector<int64_t>>(op.fields().at("shape"));
    std::vector<int64_t> after = before;
    for (size_t i = 0; i < names.size(); ++i)
      if (const auto at = sizes.find(names[i]); !names[i].empty() && at != sizes.end()) after[i] = at->second, used[at->first] = true;
    for (const auto& [key, size] : sizes)
      if (int64_t* own = sizeAt(*document.nodes()[n], op, key, after)) *own = size, used[key] = true;
    if (after != before)
      if (Done done = edit.setField(network.nodes[n].id, "shape", after); !done) return tl::unexpected(done.error());
  }
  std::string known;
  for (const auto& [name, size] : namedSizes(network)) known += (known.empty() ? "" : ", ") + name;
  for (const auto& [name, size] : sizes) {
    if (size < 1) return failure("--size", Message("a size of at least 1 for {0}", name), Message("{0}", size));
    if (!used[name])
      return failure("--size",
                     known.empty() ? Message("the name of an axis (there are none: give one in the field axes of an Input)")
                                   : Message("the name of an axis ({0})", known),
                     Message("{0}", name),
                     "an axis without a name is NAME.AXIS, as x.2 for the third one of x");
  }
  return edit.finish();
}

}  // namespace engine::document
