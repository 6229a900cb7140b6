// netw diff: what changed between two projects, node by node.
#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/document/counterparts.h"
#include "engine/document/diff.h"

namespace netw {

using engine::Result;
using engine::document::Difference;

namespace {

class Diff final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("A", a_, "A project (.netw), an ONNX model (.onnx), or the folder of a run.");
    o.argument("B", b_, "The other one.");
    o.flag("--positions", positions_, "Where nodes stand on the canvas counts too.");
  }

  Result<int> run(Talk& talk) override {
    const Result<Model> a = openModel(a_, talk), b = openModel(b_, talk);
    for (const auto* model : {&a, &b})
      if (!*model) return tl::unexpected(model->error());
    const std::vector<Difference> differences = engine::document::diff(a->document, withIdsOf(a->document, b->document), positions_);
    if (talk.json) {
      constexpr const char* kKinds[] = {"added", "removed", "changed"};
      Json list = Json::array();
      for (const Difference& d : differences) {
        Json one{{"kind", kKinds[int(d.kind)]}, {"what", d.what}, {"before", d.before}, {"after", d.after}};
        if (d.node) one["node"] = engine::document::hex(d.node);
        list.push_back(std::move(one));
      }
      talk.result(list);
    } else if (!differences.empty()) {
      std::string text = engine::document::toString(differences);
      while (!text.empty() && text.back() == '\n') text.pop_back();
      talk.result(text);
    } else {
      talk.say("no differences");
    }
    return kDone;
  }

 private:
  std::string a_, b_;
  bool positions_ = false;
};

}  // namespace

std::unique_ptr<Verb> makeDiff() { return std::make_unique<Diff>(); }

}  // namespace netw
