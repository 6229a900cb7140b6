// Whether something fits, before it is done: an op with given inputs, a wire between two ports. Looks at one node only,
// so that it is cheap while a hand drags; the edit itself is judged by the whole network's inference.
#pragma once
#include <optional>
#include <unordered_set>

#include "ui/model/project.h"

namespace ui {

struct PortRef {
  engine::NodeId node = 0;
  bool input = false;
  int index = 0;
  explicit operator bool() const { return node != 0; }
  bool operator==(const PortRef&) const = default;
};

// What an op makes of its inputs; a missing shape stands for a port without a wire.
struct Trial {
  bool complete = false;  // everything that it needs was there
  std::vector<engine::ValueInfo> outputs;
  int64_t parameters = 0;
  std::optional<engine::Problem> problem, hint;
};
Trial tryOp(const engine::Op& op, const std::vector<engine::ValueInfo>& inputs, engine::Type floating,
            engine::NodeId id = 0);
// Whether a value of this type may go there at all.
bool takes(const engine::OpType& type, int input, engine::Type value);

struct Verdict {
  enum class Kind {
    fits,
    mismatched,  // it can be wired, and shows a problem then
    refused      // it cannot: the network would have a loop
  };
  Kind kind = Kind::fits;
  engine::Problem problem;                     // of what does not fit
  std::optional<engine::InsertBefore> insert;  // a node that makes it fit, put between by letting go
};

// The nodes at which a wire that starts here must not end, for it would close a loop: the node itself, and all that an
// output's node reads from, or that an input's node feeds.
std::unordered_set<engine::NodeId> loopsFrom(const engine::document::Document& document, PortRef start);

// Of a wire from an output to an input; `loop`: it would close one.
Verdict verdictOf(const Project& project, PortRef output, PortRef input, bool loop);

// What the output of a node carries; missing where that is unknown.
engine::ValueInfo valueAt(const Project& project, PortRef output);
engine::Type floatingOf(const Project& project);

}  // namespace ui
