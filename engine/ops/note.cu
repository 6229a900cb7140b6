// A sentence on the canvas, for whoever reads it: passes/unfold leaves it out.
#include "engine/graph/op.h"

namespace engine {

struct Note {
  std::string text;
  int64_t width = 240;

  static Info info() {
    return {.name = "Note",
            .group = "Structure",
            .title = "Note",
            .about = "A text on the canvas. It computes nothing.",
            .inputs = {},
            .outputs = {}};
  }
  static void fields(Note& op, FieldVisitor& f) {
    f.text("text", op.text, "What the note says; long texts are broken into lines.");
    f.integer("width", op.width, {80, 2000}, "How wide it is on the canvas.");
  }
  void infer(Shapes&) const {}
  void gradient(Backward&) const {}
};

OpFile note_file() { return ops<Note>(); }

}  // namespace engine
