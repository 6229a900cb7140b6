#include "engine/graph/block.h"

#include <algorithm>
#include <mutex>

namespace engine {

namespace {

// A field of an inner op under the name that the block gives it; the op's other fields are not seen.
class Renamed : public FieldVisitor {
 public:
  Renamed(FieldVisitor& visitor, const std::string& inner, const BlockDefinition::Field& field)
      : visitor_(visitor), inner_(inner), field_(field) {}
  void boolean(const char* n, bool& v, const char* h) override { if (mine(n)) visitor_.boolean(name(), v, help(h)); }
  void integer(const char* n, int64_t& v, Range r, const char* h) override { if (mine(n)) visitor_.integer(name(), v, r, help(h)); }
  void real(const char* n, double& v, Range r, const char* h) override { if (mine(n)) visitor_.real(name(), v, r, help(h)); }
  void choice(const char* n, int& v, std::span<const char* const> w, const char* h) override { if (mine(n)) visitor_.choice(name(), v, w, help(h)); }
  void pair(const char* n, Pair& v, Range r, const char* h) override { if (mine(n)) visitor_.pair(name(), v, r, help(h)); }
  void integers(const char* n, std::vector<int64_t>& v, Range r, Length l, const char* h) override { if (mine(n)) visitor_.integers(name(), v, r, l, help(h)); }
  void reals(const char* n, std::vector<double>& v, Range r, Length l, const char* h) override { if (mine(n)) visitor_.reals(name(), v, r, l, help(h)); }
  void text(const char* n, std::string& v, const char* h) override { if (mine(n)) visitor_.text(name(), v, help(h)); }

 private:
  bool mine(const char* n) const { return inner_ == n; }
  const char* name() const { return field_.name.c_str(); }
  const char* help(const char* inner) const { return field_.help.empty() ? inner : field_.help.c_str(); }
  FieldVisitor& visitor_;
  const std::string& inner_;
  const BlockDefinition::Field& field_;
};

struct BlockType : MadeOpType {
  BlockDefinition definition;
  std::vector<int> inputs, outputs;
};

// The struct behind a block's op.
struct Block {
  std::shared_ptr<const BlockType> type;
  std::vector<std::shared_ptr<void>> holders;  // of each field: the struct of the inner op that holds its value
  int64_t repeat = 1;
  bool shareWeights = false;

  mutable std::once_flag once;  // the network is made when somebody asks for it, on whatever thread
  mutable Graph network;

  Block() = default;
  Block(const Block& other) : type(other.type), repeat(other.repeat), shareWeights(other.shareWeights) {
    for (size_t i = 0; i < other.holders.size(); ++i) holders.push_back(typeOfHolder(i).copy(other.holders[i].get()));
  }
  const Op& inner(size_t field) const {
    return type->definition.network.nodes[size_t(type->definition.fields[field].inners.front().first)].op;
  }
  const OpType& typeOfHolder(size_t field) const { return inner(field).type(); }
};

std::shared_ptr<void> copyBlock(const void* block) { return std::make_shared<Block>(*static_cast<const Block*>(block)); }

void visitFields(void* data, FieldVisitor& visitor) {
  Block& block = *static_cast<Block*>(data);
  const auto& fields = block.type->definition.fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    Renamed renamed(visitor, fields[i].inners.front().second, fields[i]);
    block.typeOfHolder(i).fields(block.holders[i].get(), renamed);
  }
  visitor.integer(kRepeat, block.repeat, between(1, double(kMostRepeats)), "How many of it stand in a row, each behind the one before it.");
  visitor.boolean(kShareWeights, block.shareWeights, "Whether those in a row have the same weights, not weights of their own.");
}

const Block& blockOf(const Op& op) { return *static_cast<const Block*>(op.data()); }

std::shared_ptr<Block> fresh(std::shared_ptr<const BlockType> type) {
  auto block = std::make_shared<Block>();
  block->type = std::move(type);
  for (size_t i = 0; i < block->type->definition.fields.size(); ++i) {
    const Op& inner = block->inner(i);
    block->holders.push_back(inner.type().copy(inner.data()));
  }
  return block;
}

// What gives a value of which only shape and type are known: a BlockInput, seen from within.
struct Given {
  ValueInfo info;
};

const MadeOpType& givenType() {
  static const MadeOpType type = [] {
    MadeOpType t;
    static_cast<OpType&>(t) = *findOp("BlockInput");
    t.name = "BlockInput";
    t.create = [] () -> std::shared_ptr<void> { return std::make_shared<Given>(); };
    t.copy = [](const void* op) -> std::shared_ptr<void> { return std::make_shared<Given>(*static_cast<const Given*>(op)); };
    t.fields = [](void*, FieldVisitor&) {};
    t.infer = [](const void* op, Shapes& s) {
      const ValueInfo& info = static_cast<const Given*>(op)->info;
      s.out(0, info.shape, info.type);
    };
    return t;
  }();
  return type;
}

// Which kinds of values all readers of a port take.
Takes takesOf(const Graph& network, int port, bool& optional) {
  bool numbers = true, classes = true, needed = false, any = false;
  for (const Node& node : network.nodes)
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (!(node.inputs[i] == Value{port, 0})) continue;
      const Info& info = node.op.type().info;
      if (info.inputs.empty()) continue;
      any = true;
      const Takes takes = info.inputs[std::min(i, info.inputs.size() - 1)].takes;
      numbers &= takes == Takes::numbers;
      classes &= takes == Takes::classes;
      needed |= info.variadic || i < info.inputs.size() - size_t(info.optionalInputs);
    }
  optional = any && !needed;
  return !any ? Takes::anything : numbers ? Takes::numbers : classes ? Takes::classes : Takes::anything;
}

// Owned by somebody else, who outlives what is done with it.
template <class T>
std::shared_ptr<const T> borrowed(const T* it) {
  return std::shared_ptr<const T>(std::shared_ptr<const T>(), it);
}

void inferAlone(const void* data, Shapes& shapes) {
  inferBlock(Op::of(*static_cast<const Block*>(data)->type, borrowed(data)), shapes);
}

}  // namespace

Op blockOp(BlockDefinition definition) {
  auto type = std::make_shared<BlockType>();
  type->definition = std::move(definition);
  BlockDefinition& it = type->definition;
  std::erase_if(it.fields, [&](const BlockDefinition::Field& field) {
    const auto [node, name] = field.inners.front();
    const FieldMap has = it.network.nodes[size_t(node)].op.fields();
    return !has.contains(name);
  });
  type->name = it.name;
  Info& info = type->info;
  info.name = type->name.c_str();
  info.group = "Blocks";
  info.title = type->name.c_str();
  info.about = it.about.c_str();
  for (size_t n = 0; n < it.network.nodes.size(); ++n) {
    const Node& node = it.network.nodes[n];
    if (node.op.is("BlockInput")) {
      type->inputs.push_back(int(n));
      bool optional = false;
      const Takes takes = takesOf(it.network, int(n), optional);
      info.optionalInputs = optional ? info.optionalInputs + 1 : 0;  // only the last ones may be
      info.inputs.push_back({node.name.c_str(), "what the block takes in there", takes});
    } else if (node.op.is("BlockOutput")) {
      type->outputs.push_back(int(n));
      info.outputs.push_back({node.name.c_str(), "what the block gives there", Takes::anything});
    }
  }
  type->copy = copyBlock;
  type->fields = visitFields;
  type->infer = inferAlone;
  const BlockType& made = *type;
  return Op::of(made, fresh(std::move(type)));
}

bool isBlock(const OpType& type) { return type.copy == copyBlock; }

std::shared_ptr<void> createBlock(const OpType& type) {
  return fresh(borrowed(static_cast<const BlockType*>(&type)));
}

Op freshBlock(const Op& block) { return Op::of(block.type(), fresh(blockOf(block).type)); }

const BlockDefinition& definitionOf(const Op& block) { return blockOf(block).type->definition; }
const std::vector<int>& inputsOf(const Op& block) { return blockOf(block).type->inputs; }
const std::vector<int>& outputsOf(const Op& block) { return blockOf(block).type->outputs; }
int64_t repeatsOf(const Op& block) { return blockOf(block).repeat; }
bool sharesWeights(const Op& block) { return blockOf(block).shareWeights; }

const Graph& networkOf(const Op& op) {
  const Block& block = blockOf(op);
  std::call_once(block.once, [&] {
    block.network = block.type->definition.network;
    const auto& fields = block.type->definition.fields;
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto& [first, name] = fields[i].inners.front();
      const FieldValue value = Op::of(block.typeOfHolder(i), block.holders[i]).fields().at(name);
      for (const auto& [node, field] : fields[i].inners) {
        Op& inner = block.network.nodes[size_t(node)].op;
        if (const Result<Op> changed = inner.set(field, value)) inner = *changed;
      }
    }
  });
  return block.network;
}

bool usesBlock(const Op& op, std::string_view name) {
  if (!isBlock(op)) return false;
  const auto& nodes = definitionOf(op).network.nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) { return isBlock(node.op) && (node.op.name() == name || usesBlock(node.op, name)); });
}

namespace {

// `looks` bounds the walk: blocks that each use another one twice are few to write down and too many to count.
int64_t sizeOf(const Op& op, int64_t& looks) {
  if (--looks < 0) return kTooMany;
  if (op.is("BlockInput") || op.is("BlockOutput")) return 0;
  if (!isBlock(op)) return 1;
  int64_t nodes = 0;
  for (const Node& node : networkOf(op).nodes)
    if (__builtin_add_overflow(nodes, sizeOf(node.op, looks), &nodes) || looks < 0) return kTooMany;
  return __builtin_mul_overflow(nodes, repeatsOf(op), &nodes) ? kTooMany : nodes;
}

}  // namespace

int64_t unfoldedSize(const Op& op) {
  int64_t looks = 2 * kMostUnfolded;  // ports are looked at, and not counted
  return sizeOf(op, looks);
}

NodeId insideOf(NodeId block, int64_t repetition, NodeId node) {
  // Rounds of the finalizer of MurmurHash3 (Appleby, public domain), one for each part of the path.
  const auto mixed = [](uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
    return x ^ (x >> 33);
  };
  const uint64_t id = mixed(mixed(mixed(block) + uint64_t(repetition) + 0x9e3779b97f4a7c15u) ^ node);
  return id == 0 ? 1 : id;
}

std::string prefixOf(const std::string& block, const Op& op, int64_t repetition) {
  return repeatsOf(op) > 1 && !sharesWeights(op) ? block + "." + std::to_string(repetition) + "." : block + ".";
}

Graph networkWithin(const Node& block, int64_t repetition) {
  Graph network = networkOf(block.op);
  const std::string prefix = prefixOf(block.name, block.op, repetition);
  for (Node& node : network.nodes) {
    node.id = insideOf(block.id, repetition, node.id);
    node.name = prefix + node.name;
  }
  return network;
}

Graph inside(const Node& block, int64_t repetition, std::span<const ValueInfo> inputs) {
  Graph network = networkWithin(block, repetition);
  const std::vector<int>& ports = inputsOf(block.op);
  for (size_t i = 0; i < ports.size(); ++i) {
    const ValueInfo info = i < inputs.size() ? inputs[i] : ValueInfo{};
    network.nodes[size_t(ports[i])].op = Op::of(givenType(), std::make_shared<const Given>(Given{info}));
    if (!info.shape.isMissing()) continue;
    for (Node& node : network.nodes)
      for (Value& v : node.inputs)
        if (v.node == ports[i]) v = {};
  }
  return network;
}

}  // namespace engine
