// A bend of a wire, for the eye alone: passes/unfold wires through it, and nothing runs.
#include "engine/graph/op.h"
#include "kernels/copy.h"

namespace engine {

struct Reroute {
  static Info info() {
    return {.name = "Reroute",
            .group = "Structure",
            .title = "Reroute",
            .about = "A point that a wire passes through, so that it goes where it can be followed. It computes nothing.",
            .inputs = {{"x", "anything", Takes::anything}},
            .outputs = {{"y", "the same"}},
            .view = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0), s.inType(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (call.in(0).data != call.out(0).data) kernels::copyBytes(device, call.in(0).data, call.out(0).data, call.out(0).bytes());
  }
  void gradient(Backward& b) const { b.give(0, b.gradient(0)); }

  static void examples(Examples<Reroute>& e) {
    e.add({}, {{2, 3}});
    e.add({}, {{0, 3}});
  }
};

OpFile reroute_file() { return ops<Reroute>(); }

}  // namespace engine
