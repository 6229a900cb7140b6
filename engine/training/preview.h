// A look inside while it trains: what flows out of each node for the same few samples, in evaluation mode, taken between
// two steps. Changes nothing of the run: its numbers are those of a run that nobody looked into.
#pragma once
#include <memory>
#include <vector>

#include "engine/training/session.h"

namespace engine::training {

// The first output of a node, for each sample.
struct NodeOutput {
  NodeId node = 0;
  Shape shape;      // of one sample, without the batch axis; what has none (a loss) has one sample
  int samples = 0;
  int64_t kept = 0;           // elements of each sample that are here: all, or the first kMostElements of a larger one
  std::vector<float> values;  // sample by sample, `kept` of each
};

struct Preview {
  static constexpr int kSamples = 2;
  static constexpr int64_t kMostElements = 1 << 16;
  int64_t step = 0;                // after so many
  std::vector<NodeOutput> nodes;  // as Session::previewed(); nodes without numbers to show are left out
  const NodeOutput* of(NodeId node) const;
};

class Previewer {
 public:
  // Of the first rows of the validation part, or of train where there is none.
  static Result<Previewer> open(Session& session);
  // Runs the network forward in the session's arena: between steps only.
  Result<std::shared_ptr<const Preview>> look(int64_t step);

 private:
  explicit Previewer(Session& session) : session_(&session) {}
  Session* session_;
  int64_t rows_ = 0;
  std::vector<std::vector<std::max_align_t>> inputs_;
  std::vector<void*> slots_;
};

}  // namespace engine::training
