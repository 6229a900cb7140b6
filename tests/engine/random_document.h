// Random edits for the tests of documents: by a seed, so that a failure can be repeated.
#pragma once
#include <random>
#include <string>

#include "engine/document/transaction.h"

namespace engine::document {

class RandomEdits {
 public:
  explicit RandomEdits(uint64_t seed) : random_(seed) {}

  int64_t below(int64_t n) { return int64_t(random_() % uint64_t(n)); }
  bool chance(int percent) { return below(100) < percent; }
  double number() {
    static const double special[] = {
        0.0, -0.0, 1.0, 1e-8, 0.1, 5e-324, 1.7976931348623157e308, 1.0 / 3, -2.5e17, 9007199254740993.0};
    return chance(50) ? special[below(std::size(special))] : std::uniform_real_distribution<>(-1e3, 1e3)(random_);
  }
  std::string text() {
    static const char* pieces[] = {"a", "Z", "\"",   "\\", "\n", "\t", "é", "漢",
                                   "😀", "/", "\x01", " ",  "{",  "]",  ".", "0"};
    std::string text;
    for (int64_t i = below(6); i-- > 0;) text += pieces[below(std::size(pieces))];
    return text;
  }
  FieldValue value() {
    switch (below(6)) {
      case 0: return chance(50);
      case 1:
        return chance(20)   ? std::numeric_limits<int64_t>::min()
               : chance(20) ? std::numeric_limits<int64_t>::max()
                            : below(1000) - 500;
      case 2: return number();
      case 3: return text();
      case 4: {
        std::vector<int64_t> list;
        for (int64_t i = below(4); i-- > 0;) list.push_back(below(100) - 50);
        return list;
      }
      default: {  // not empty: an empty list in a file is one of whole numbers
        std::vector<double> list{number()};
        for (int64_t i = below(3); i-- > 0;) list.push_back(number());
        return list;
      }
    }
  }
  Fields fields() {
    Fields fields;
    for (int64_t i = below(4); i-- > 0;) assign(fields, "f" + std::to_string(below(5)), value());
    return fields;
  }
  NodeId any(const Document& document) { return document.nodes()[size_t(below(int64_t(document.nodes().size())))]->id; }

  // One to six edits; what they do may be refused as a whole, for a cycle.
  Result<ChangeSet> edit(const Document& document) {
    Transaction transaction(document);
    for (int64_t i = 1 + below(6); i-- > 0;) one(transaction);
    return transaction.finish();
  }

 private:
  // Only edits that are right by themselves, so that a transaction is refused for cycles and twins alone.
  void one(Transaction& t) {
    static const char* types[] = {"Linear", "ReLU", "Conv2d", "CrossEntropyLoss", "FromTheFuture", "Block", "Block_2"};
    const Document& d = t.view();
    if (chance(15)) return ofBlocks(t);
    if (d.nodes().empty() || (d.nodes().size() < 20 && chance(30))) {
      Node node{.id = 0,
                .type = types[below(std::size(types))],
                .name = "",
                .fields = fields(),
                .position = {},
                .otherFields = {},
                .extras = {}};
      if (chance(10)) node.name = t.freeName("n" + text());
      if (chance(50)) node.position = Position{number(), number()};
      if (chance(10)) node.extras = R"({"color":"red","deep":[1,{"x":null}]})";
      if (chance(10)) node.otherFields = R"({"future":{"a":[1.5,"b"]}})";
      (void)t.addNode(std::move(node));
      return;
    }
    switch (below(16)) {
      case 0: (void)t.removeNode(any(d)); return;
      case 1: {
        const NodeId from = any(d), to = any(d);
        if (from != to) (void)t.connect(from, int(below(2)), to, int(below(3)));
        return;
      }
      case 2:
      case 3: {  // along the order: never a cycle
        const int64_t a = below(int64_t(d.nodes().size())), b = below(int64_t(d.nodes().size()));
        if (a != b)
          (void)t.connect(d.nodes()[size_t(std::min(a, b))]->id, 0, d.nodes()[size_t(std::max(a, b))]->id,
                          int(below(3)));
        return;
      }
      case 4:
        if (!d.wires().empty()) {
          const Wire wire = d.wires()[size_t(below(int64_t(d.wires().size())))];
          (void)t.disconnect(wire.to, wire.input);
        }
        return;
      case 5: (void)t.setField(any(d), "f" + std::to_string(below(5)), value()); return;
      case 6: (void)t.clearField(any(d), "f" + std::to_string(below(5))); return;
      case 7: (void)t.rename(any(d), t.freeName("r" + text())); return;
      case 8: (void)t.move(any(d), chance(20) ? std::nullopt : std::optional(Position{number(), number()})); return;
      case 9: {
        const std::string_view kept[] = {"f0", "f1"};
        (void)t.setType(any(d), types[below(std::size(types))], kept);
        return;
      }
      case 10: {
        Binding binding{.node = any(d), .column = text(), .scale = {}, .mean = {}, .std = {}, .extras = {}};
        if (chance(50)) binding.scale = number();
        if (chance(50)) binding.mean = {number(), number()}, binding.std = {0.25, 1e-3};
        (void)t.setBinding(std::move(binding));
        return;
      }
      case 11: {
        Recipe recipe = d.recipe();
        Phase& phase = recipe.phases[size_t(below(int64_t(recipe.phases.size())))];
        recipe.seed = random_();
        phase.epochs = below(100);
        phase.clipNorm = chance(50) ? std::optional(std::abs(number()) + 0.5) : std::nullopt;
        if (phase.losses.size() == 3) phase.losses.clear();
        phase.losses.push_back({any(d), int(below(2)), number(), {}});
        phase.optimizer = {chance(50) ? "sgd" : "adamw", fields(), {}};
        if (recipe.phases.size() == 3) recipe.phases.pop_back();
        else if (chance(20)) recipe.phases.push_back(phase);
        (void)t.setRecipe(std::move(recipe));
        return;
      }
      case 12: (void)t.setMode(any(d), Mode(below(3))); return;
      case 13:
        if (chance(50)) (void)t.setFrozen(any(d), chance(50));
        else (void)t.swapPlaces(any(d), any(d));
        return;
      case 14: {
        const std::vector<Frame>& frames = d.frames().list;
        if (!frames.empty() && chance(30)) return (void)t.removeFrame(frames[size_t(below(int64_t(frames.size())))].id);
        Frame frame{0, text(), int(below(kFrameColors)), {any(d), any(d), any(d)}, chance(20) ? R"({"x":1})" : ""};
        if (!frames.empty() && chance(30)) frame.id = frames[size_t(below(int64_t(frames.size())))].id;
        (void)t.setFrame(std::move(frame));
        return;
      }
      default: (void)t.setName(text()); return;
    }
  }

  void ofBlocks(Transaction& t) {
    const Document& d = t.view();
    const auto anyBlock = [&]() -> const Document& { return *d.blocks()[size_t(below(int64_t(d.blocks().size())))]; };
    switch (d.blocks().empty() ? 0 : below(7)) {
      case 0:
      case 1: {  // a new one, or another one of that name
        Transaction inner(Document{});
        for (int64_t i = below(4); i-- > 0;) {
          const Result<NodeId> id = inner.addNode({0, chance(10) ? "Block_2" : chance(50) ? "BlockInput" : "Linear", "", fields(), {}, "", ""});
          if (id && chance(50)) {
            Interface interface = inner.view().interface();
            interface.about = text();
            interface.fields.push_back({"field" + std::to_string(interface.fields.size()), text(), {{*id, "out_features"}, {*id, "f1"}}, chance(20) ? R"({"x":1})" : ""});
            (void)inner.setInterface(std::move(interface));
          }
        }
        if (inner.view().nodes().size() > 1) (void)inner.connect(inner.view().nodes()[0]->id, 0, inner.view().nodes()[1]->id, 0);
        (void)inner.setName(chance(50) ? "Block" : t.freeBlockName("Block"));
        (void)t.setBlock(inner.view());
        return;
      }
      case 6:
        if (const Document& block = anyBlock(); !block.interface().fields.empty())
          chance(50) ? (void)t.renameField(std::string(block.name()), block.interface().fields.front().name, "renamed" + std::to_string(below(4)))
                     : (void)t.removeField(std::string(block.name()), block.interface().fields.back().name);
        return;
      case 2: (void)t.renameBlock(anyBlock().name(), t.freeBlockName("Renamed")); return;
      case 3:
        for (const BlockPointer& block : d.blocks())
          if (usesOf(d, block->name()) == 0) return (void)t.removeBlock(std::string(block->name()));
        return;
      case 4:
        for (const NodePointer& node : d.nodes())
          if (d.block(node->type)) return (void)t.detach(node->id);
        return;
      default: (void)t.bringBlock(anyBlock()); return;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace engine::document
