// The ports of a block, where its values come in and go out. passes/unfold wires through them: nothing runs.
#include "engine/graph/op.h"

namespace engine {

struct BlockInput {
  static Info info() {
    return {.name = "BlockInput",
            .group = "Blocks",
            .title = "Block input",
            .about = "Brings a value from outside into the block; its name is that of the block's port.",
            .inputs = {},
            .outputs = {{"y", "what is wired to the port", Takes::anything}}};
  }
  void infer(Shapes& s) const {
    s.require(false, {}, "a place within a block", "the project's own network").fix("put an Input in its place, or use the block in another project");
  }
  void gradient(Backward&) const {}
  static void mistakes(Mistakes<BlockInput>& m) {
    m.add({}, {}, "needs a place within a block, but got the project's own network; put an Input in its place, or use the block in another project");
  }
};

struct BlockOutput {
  static Info info() {
    return {.name = "BlockOutput",
            .group = "Blocks",
            .title = "Block output",
            .about = "Gives a value of the block to the outside; its name is that of the block's port.",
            .inputs = {{"x", "what the port gives", Takes::anything}},
            .outputs = {}};
  }
  void infer(Shapes&) const {}
  void gradient(Backward&) const {}
};

OpFile block_ports_file() { return ops<BlockInput, BlockOutput>(); }

}  // namespace engine
