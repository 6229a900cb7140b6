#include "engine/formats/onnx/any_size.h"

#include <algorithm>
#include <set>

#include "engine/formats/onnx/sized_numbers.h"
#include "engine/passes/axis_names.h"
#include "engine/passes/infer.h"

namespace engine::formats::onnx {

namespace {

using AxisSizes = std::vector<int64_t>;

// How to come from a size in the file's nodes to one that is calculated.
class Rewriter {
 public:
  Rewriter(const Model& model, Imported a, const Imported& b, const std::vector<OpenAxis>& axes)
      : model_(model), it_(std::move(a)), other_(b), nodes_(it_.network.nodes), first_(inferred(it_)), second_(inferred(b)) {
    for (const engine::Node& node : nodes_) names_.insert(node.name);
    for (const OpenAxis& axis : axes)
      for (Value v : it_.inputs) {
        const Shape &at = shape(v, 0), &then = shape(v, 1);
        if (nodes_[size_t(v.node)].name == axis.input && axis.axis < at.rank() && at[axis.axis] != then[axis.axis])
          symbols_.push_back({nameFor(axis.key, at[axis.axis], then[axis.axis]), v, axis.axis, at[axis.axis], then[axis.axis], {}, {}});
      }
  }

  AnySize run() {
    std::vector<std::string> held;
    const size_t count = nodes_.size();
    for (size_t n = 0; n < count; ++n) {
      const Op &a = nodes_[n].op, &b = other_.network.nodes[n].op;
      const bool sameValues = equalValue(n);
      if (a.is("Input") || (a == b && sameValues)) continue;
      if (!settle(n)) held.push_back(nodes_[n].name);
    }
    if (held.empty()) nameAxes();
    return {std::move(it_), std::move(held)};
  }

 private:
  struct Symbol {
    std::string name;
    Value input;
    int axis;
    int64_t first, second;       // its size in either reading
    Value places;                // 0, 1, ... along it
    std::map<int, Value> spans;  // truths of its size along the axis that is so many before the last
  };

  static Inference inferred(const Imported& of) { return infer(of.network, {of.batch.value_or(kBatch), false, of.floating}); }
  const Shape& shape(Value v, int which) const {
    static const Shape missing = Shape::missing();
    const auto& nodes = (which == 0 ? first_ : second_).nodes;
    return v && size_t(v.node) < nodes.size() && size_t(v.output) < nodes[size_t(v.node)].outputs.size() ? nodes[size_t(v.node)].outputs[size_t(v.output)].shape : missing;
  }
  static const Tensor* valueOf(const Imported& of, const std::string& name) {
    const auto found = std::find_if(of.values.begin(), of.values.end(), [&](const Tensor& t) { return t.name == name; });
    return found == of.values.end() ? nullptr : &*found;
  }
  // Only sources' numbers follow from sizes: weights of layers would not fit their layer.
  bool equalValue(size_t n) const {
    if (!nodes_[n].op.is("Buffer") && !nodes_[n].op.is("Parameter")) return true;
    const Tensor *a = valueOf(it_, nodes_[n].name + ".value"), *b = valueOf(other_, nodes_[n].name + ".value");
    return a && b ? a->shape == b->shape && a->bytes == b->bytes : a == b;
  }
  // What was only tried with the same sizes cannot be told from one another: it has one name.
  std::string nameFor(const std::string& name, int64_t first, int64_t second) {
    const Symbol* same = symbol(first, second);
    return same ? same->name : name;
  }
  Symbol* symbol(int64_t first, int64_t second) {
    for (Symbol& s : symbols_)
      if (s.first == first && s.second == second) return &s;
    return nullptr;
  }

  // ---- new nodes, behind all others ----
  std::string unique(const std::string& name) {
    std::string free = name;
    for (int i = 2; !names_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
    return free;
  }
  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs, const std::string& name) {
    nodes_.push_back({Op::with(op, fields), std::move(inputs), nodes_.size() + 1, unique(name)});
    return {int(nodes_.size()) - 1, 0};
  }
  Value buffer(Tensor tensor, const std::string& name) {
    const Value v = add("Buffer", {{"shape", AxisSizes(tensor.shape.begin(), tensor.shape.end())}, {"dtype", std::string(wordOfType(tensor.type))}}, {}, name);
    tensor.name = nodes_.back().name + ".value";
    it_.values.push_back(std::move(tensor));
    return v;
  }
  Value places(Symbol& s) {
    if (!s.places) s.places = add("Arange", {{"dim", int64_t(s.axis)}}, {s.input}, s.name + "_places");
    return s.places;
  }
  // (size, 1, ..., 1), so many ones
  static AxisSizes upright(int before) {
    AxisSizes sizes(size_t(before) + 1, 1);
    sizes[0] = -1;
    return sizes;
  }
  Value upright(Symbol& s, int before, Value v) { return before == 0 ? v : add("Reshape", {{"shape", upright(before)}}, {v}, s.name + "_upright"); }
  Value spans(Symbol& s, int before) {
    Value& v = s.spans[before];
    if (!v) v = upright(s, before, add("Equal", {}, {places(s), places(s)}, s.name + "_span"));
    return v;
  }
  void become(size_t n, const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    nodes_[n].op = Op::with(op, fields);
    nodes_[n].inputs = std::move(inputs);
    std::erase_if(it_.values, [&](const Tensor& t) { return t.name == nodes_[n].name + ".value"; });
  }
  // The node is `v`, as large as the symbols say along these axes, from the last one on; of size 1 there so far.
  void stretched(size_t n, Value v, const std::vector<std::pair<int, Symbol*>>& axes) {
    for (size_t i = 0; i + 1 < axes.size(); ++i) v = add("Where", {}, {spans(*axes[i].second, axes[i].first), v, v}, nodes_[n].name + "_wide");
    become(n, "Where", {}, {spans(*axes.back().second, axes.back().first), v, v});
  }
  // Whoever reads the node broadcasts it, and has another input that is as large.
  bool spanAnyway(size_t n, const std::vector<std::pair<int, Symbol*>>& axes) {
    const auto wide = [&](Value v, int before) {
      if (narrow_.contains(v.node)) return false;
      const Shape &a = shape(v, 0), &b = shape(v, 1), &own = shape({int(n), 0}, 0), &then = shape({int(n), 0}, 1);
      return a.rank() > before && b.rank() > before && a[-1 - before] == own[-1 - before] && b[-1 - before] == then[-1 - before];
    };
    bool read = false;
    for (const engine::Node& node : nodes_) {
      if (std::find(node.inputs.begin(), node.inputs.end(), Value{int(n), 0}) == node.inputs.end()) continue;
      read = true;
      if (!node.op.type().info.elementwise) return false;
      for (const auto& [before, s] : axes)
        if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](Value v) { return v && v.node != int(n) && wide(v, before); })) return false;
    }
    const bool is = read && std::none_of(it_.outputs.begin(), it_.outputs.end(), [&](Value v) { return v.node == int(n); });
    if (is) narrow_.insert(int(n));
    return is;
  }

  // ---- nodes that hold sizes ----
  bool settle(size_t n) {
    const Op &op = nodes_[n].op, &other = other_.network.nodes[n].op;
    if (op.is("Reshape")) return reshape(n, other);
    if (op.is("Expand")) return expand(n, other);
    if (op.is("Slice")) return slice(n, other);
    if (op.is("Upsample")) return upsample(n);
    if (op.is("Constant") || op.is("Buffer") || op.is("Parameter")) return source(n, other);
    return false;
  }
  static AxisSizes sizes(const Op& op, const char* field = "shape") { return std::get<AxisSizes>(op.fields().at(field)); }

  // A 0 where the size is the input's, -1 for one that follows from the others.
  bool reshape(size_t n, const Op& other) {
    const AxisSizes a = sizes(nodes_[n].op), b = sizes(other);
    const bool zeros = std::get<bool>(nodes_[n].op.fields().at("allowzero"));
    const Value x = nodes_[n].inputs[0];
    if (a.size() != b.size() || zeros || std::get<bool>(other.fields().at("allowzero"))) return false;
    AxisSizes to = a;
    bool rest = false;
    for (size_t i = 0; i < a.size(); ++i) {
      if ((a[i] == -1) != (b[i] == -1) || (a[i] == 0) != (b[i] == 0)) return false;
      rest = rest || a[i] == -1;
    }
    bool all = true;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] == b[i]) continue;
      const bool copied = int(i) < shape(x, 0).rank() && int(i) < shape(x, 1).rank() && shape(x, 0)[int(i)] == a[i] && shape(x, 1)[int(i)] == b[i];
      all = all && (copied || !rest);
      to[i] = copied ? 0 : -1;
      rest = rest || !copied;
    }
    if (all) {
      become(n, "Reshape", {{"shape", to}}, {x});
      return true;
    }
    return joins(n) || splits(n);
  }
  bool agree(Value x, int i, Value y, int k) const { return shape(x, 0)[i] == shape(y, 0)[k] && shape(x, 1)[i] == shape(y, 1)[k]; }
  // How many axes at the beginning, and at the end, are those of both.
  std::pair<int, int> ends(Value x, Value y) const {
    const int ranks[] = {shape(x, 0).rank(), shape(y, 0).rank()}, least = std::min(ranks[0], ranks[1]);
    int before = 0, behind = 0;
    while (behind < least - 1 && agree(x, ranks[0] - 1 - behind, y, ranks[1] - 1 - behind)) ++behind;
    while (before < least - 1 - behind && agree(x, before, y, before)) ++before;
    return {before, behind};
  }
  // Axes beside one another that become one.
  bool joins(size_t n) {
    const Value x = nodes_[n].inputs[0], y{int(n), 0};
    const int from = shape(x, 0).rank(), to = shape(y, 0).rank();
    if (from <= to || to == 0) return false;
    const auto [before, behind] = ends(x, y);
    if (before + behind != to - 1) return false;
    become(n, "Flatten", {{"start_dim", int64_t(before)}, {"end_dim", int64_t(from - 1 - behind)}}, {x});
    return true;
  }
  // One axis that becomes several: it is the last one for the time of that, so that the others keep their places.
  bool splits(size_t n) {
    const Value x = nodes_[n].inputs[0], y{int(n), 0};
    const int from = shape(x, 0).rank(), to = shape(y, 0).rank();
    if (from >= to || from == 0) return false;
    const auto [before, behind] = ends(x, y);
    if (before + behind != from - 1) return false;
    AxisSizes turn, parts(size_t(from) - 1, 0), back;
    for (int axis = 0; axis < from; ++axis)
      if (axis != before) turn.push_back(axis);
    turn.push_back(before);
    int open = 0;
    for (int axis = before; axis < to - behind; ++axis) {
      const bool stays = agree(y, axis, y, axis) && shape(y, 0)[axis] == shape(y, 1)[axis] && shape(y, 0)[axis] >= 0;
      parts.push_back(stays ? shape(y, 0)[axis] : -1);
      if (!stays) ++open;
    }
    if (open > 1) return false;
    const std::string name = nodes_[n].name;
    const Value last = add("Permute", {{"dims", turn}}, {x}, name + "_turned");
    const Value apart = add("Reshape", {{"shape", parts}}, {last}, name + "_apart");
    for (int axis = 0; axis < to; ++axis) back.push_back(axis < before ? axis : axis < to - behind ? from - 1 + axis - before : axis - (to - from) - 1);
    become(n, "Permute", {{"dims", back}}, {apart});
    return true;
  }

  bool expand(size_t n, const Op& other) {
    AxisSizes a = sizes(nodes_[n].op);
    const AxisSizes b = sizes(other);
    const Value x = nodes_[n].inputs[0];
    const FieldMap fields = nodes_[n].op.fields();
    if (a.size() != b.size() || !(fields.at("batched") == other.fields().at("batched"))) return false;
    const int rank = int(a.size()), extra = rank - shape(x, 0).rank();
    std::vector<std::pair<int, Symbol*>> wide;
    for (int i = 0; i < rank; ++i) {
      if (a[size_t(i)] == b[size_t(i)]) continue;
      const bool stays = i >= extra && shape(x, 0)[i - extra] == a[size_t(i)] && shape(x, 1)[i - extra] == b[size_t(i)];
      Symbol* const s = stays ? nullptr : symbol(a[size_t(i)], b[size_t(i)]);
      if (!stays && !s) return false;
      a[size_t(i)] = stays ? -1 : 1;
      if (s) wide.emplace_back(rank - 1 - i, s);
    }
    const FieldMap to = {{"shape", a}, {"batched", fields.at("batched")}};
    if (wide.empty()) become(n, "Expand", to, {x});
    else stretched(n, add("Expand", to, {x}, nodes_[n].name + "_samples"), wide);
    return true;
  }

  // From the end on, where that is what stays; of what does not follow from a size, so many elements as it says.
  bool slice(size_t n, const Op& other) {
    FieldMap a = nodes_[n].op.fields(), b = other.fields();
    const Value x = nodes_[n].inputs[0];
    if (!(a.at("dim") == b.at("dim")) || !(a.at("step") == b.at("step")) || shape(x, 0).rank() == 0) return false;
    const int axis = int(std::get<int64_t>(a.at("dim")));
    if (axis < -shape(x, 0).rank() || axis >= shape(x, 0).rank()) return false;
    const int64_t sizeA = shape(x, 0)[axis], sizeB = shape(x, 1)[axis];
    FieldMap to = a;
    bool fits = true;
    for (const char* field : {"start", "end"}) {
      const int64_t va = std::get<int64_t>(a.at(field)), vb = std::get<int64_t>(b.at(field));
      if (va == vb) continue;
      fits = fits && va - sizeA == vb - sizeB && va - sizeA <= 0 && va >= 0 && vb >= 0 && !(va == sizeA && field == std::string("start"));
      constexpr int64_t kToTheEnd = std::numeric_limits<int32_t>::max();
      to[field] = va == sizeA ? kToTheEnd : va - sizeA;
    }
    if (fits) {
      become(n, "Slice", to, {x});
      return true;
    }
    Symbol* const s = symbol(std::get<int64_t>(a.at("end")), std::get<int64_t>(b.at("end")));
    const bool first = s && sizeA == sizeB && sizeA > 0 && std::get<int64_t>(a.at("start")) == 0 && std::get<int64_t>(b.at("start")) == 0 && std::get<int64_t>(a.at("step")) == 1;
    if (first) become(n, "IndexSelect", {{"dim", int64_t(axis)}}, {x, places(*s)});
    return first;
  }

  // By what it makes them larger, where that is the same for both.
  bool upsample(size_t n) {
    const Value x = nodes_[n].inputs[0], y{int(n), 0};
    std::vector<double> factors;
    for (int axis = 2; axis < shape(x, 0).rank(); ++axis) {
      const int64_t in = shape(x, 0)[axis], out = shape(y, 0)[axis], inB = shape(x, 1)[axis], outB = shape(y, 1)[axis];
      if (in < 1 || inB < 1 || out * inB != outB * in || (out % in != 0 && in % out != 0)) return false;
      factors.push_back(double(out) / double(in));
    }
    FieldMap fields = nodes_[n].op.fields();
    fields["size"] = AxisSizes(), fields["scale_factor"] = factors;
    become(n, "Upsample", fields, {x});
    return true;
  }

  // Numbers as many as a size says.
  bool source(size_t n, const Op& other) {
    const AxisSizes a = sizes(nodes_[n].op), b = sizes(other);
    if (a.size() != b.size()) return false;
    std::vector<std::pair<int, Symbol*>> axes;  // from the last one on
    for (size_t i = a.size(); i-- > 0;) {
      if (a[i] == b[i]) continue;
      Symbol* const s = symbol(a[i], b[i]);
      if (!s) return false;
      axes.emplace_back(int(a.size() - 1 - i), s);
    }
    const std::string name = nodes_[n].name;
    if (nodes_[n].op.is("Constant")) {
      AxisSizes to = a;
      for (const auto& [before, s] : axes) to[a.size() - 1 - size_t(before)] = 1;
      FieldMap fields = nodes_[n].op.fields();
      if (!(fields.at("value") == other.fields().at("value"))) return false;
      fields["shape"] = to;
      if (spanAnyway(n, axes)) become(n, "Constant", fields, {});
      else stretched(n, add("Constant", fields, {}, name + "_one"), axes);
      return true;
    }
    const Tensor *mine = valueOf(it_, name + ".value"), *theirs = valueOf(other_, name + ".value");
    if (!mine || !theirs || axes.empty() || mine->shape.rank() != int(a.size())) return false;
    Tensor one = *mine, two = *theirs;
    if (nodes_[n].op.is("Buffer")) {
      std::vector<std::pair<int, Symbol*>> wide, left;
      for (const auto& [before, s] : axes) (takeRepeated(one, two, int(a.size()) - 1 - before) ? wide : left).emplace_back(before, s);
      if (left.empty()) {
        if (one.bytes != two.bytes) return false;
        if (!spanAnyway(n, wide)) return stretched(n, buffer(std::move(one), name + "_one"), wide), true;
        become(n, "Buffer", {{"shape", AxisSizes(one.shape.begin(), one.shape.end())}, {"dtype", std::string(wordOfType(one.type))}}, {});
        it_.values.push_back(std::move(one));
        return true;
      }
      if (wide.empty() && left.size() == 1 && counted(n, one, two, left[0].first, *left[0].second)) return true;
      if (wide.empty() && left.size() == 2 && left[0].first == 0 && left[1].first == 1 && left[0].second == left[1].second && triangle(n, one, two, *left[0].second)) return true;
    }
    return axes.size() == 1 && beginOfTable(n, *mine, *theirs, int(a.size()) - 1 - axes[0].first, *axes[0].second);
  }
  Value typed(Value v, Type type, const std::string& name) { return type == Type::i64 ? v : add("Cast", {{"dtype", std::string(wordOfType(type))}}, {v}, name + "_cast"); }
  // 0, 1, 2, ... times a step, from a begin on.
  bool counted(size_t n, const Tensor& a, const Tensor& b, int before, Symbol& s) {
    const auto one = countOf(a), two = countOf(b);
    if (!one || !two || !(*one == *two)) return false;
    const std::string name = nodes_[n].name;
    Value v = places(s);
    if (one->step != 1) v = add("Multiply", {}, {v, buffer(numberOf(one->step), name + "_step")}, name + "_steps");
    if (one->begin != 0) v = add("Add", {}, {v, buffer(numberOf(one->begin), name + "_begin")}, name + "_from");
    v = typed(v, a.type, name);
    AxisSizes sizes(size_t(a.shape.rank()), 1);
    sizes[size_t(a.shape.rank() - 1 - before)] = -1;
    become(n, "Reshape", {{"shape", sizes}}, {v});
    return true;
  }
  // One number up to the diagonal, another one above it.
  bool triangle(size_t n, const Tensor& a, const Tensor& b, Symbol& s) {
    const auto one = triangleOf(a), two = triangleOf(b);
    if (!one || !two || !(*one == *two)) return false;
    const std::string name = nodes_[n].name;
    Value rows = places(s);
    if (one->diagonal != 0) rows = add("Add", {}, {rows, buffer(numberOf(one->diagonal), name + "_diagonal")}, name + "_rows");
    rows = upright(s, 1, rows);
    AxisSizes sizes(size_t(a.shape.rank()), 1);
    sizes[sizes.size() - 1] = -1;
    const Value columns = sizes.size() > 2 ? add("Reshape", {{"shape", sizes}}, {places(s)}, name + "_columns") : places(s);
    if (a.type == Type::boolean) {
      become(n, one->below != 0 ? "LessEqual" : "Greater", {}, {columns, rows});
      return true;
    }
    const Value below = add("LessEqual", {}, {columns, rows}, name + "_below");
    const auto number = [&](double value, const char* what) { return buffer(filled({}, a.type, value), name + what); };
    const Value yes = number(one->below, "_yes"), no = number(one->above, "_no");
    become(n, "Where", {}, {below, yes, no});
    return true;
  }
  // The first rows of a table of the file, of which as many were kept as the size said; with axes of size 1 in front.
  bool beginOfTable(size_t n, const Tensor& a, const Tensor& b, int axis, Symbol& s) {
    const auto without = [](const Tensor& whole, int front) {
      Tensor rest = whole;
      rest.shape = Shape();
      for (int i = front; i < whole.shape.rank(); ++i) rest.shape.append(whole.shape[i]);
      return rest;
    };
    const Shape shape = a.shape;  // `a` may be a value of this network, which gets more
    int extra = 0;
    const Tensor* found = nullptr;
    for (; !found && extra <= axis; ++extra) {
      if (extra > 0 && a.shape[extra - 1] != 1) return false;
      const Tensor one = without(a, extra), two = without(b, extra);
      for (const Tensor& table : model_.initializers)
        if (beginsWith(table, one, axis - extra) && beginsWith(table, two, axis - extra) && (!found || table.shape[axis - extra] > found->shape[axis - extra])) found = &table;
      if (found) break;
    }
    if (!found) return false;
    const std::string name = nodes_[n].name;
    const int dim = axis - extra;
    const bool embeds = nodes_[n].op.is("Parameter") && found->shape.rank() == 2 && dim == 0;
    const std::string own = extra > 0 ? unique(name + "_table") : name;
    FieldMap fields = {{"dim", int64_t(dim)}};
    std::vector<Value> inputs;
    if (embeds) {
      fields = {{"num_embeddings", found->shape[0]}, {"embedding_dim", found->shape[1]}};
      inputs = {places(s)};
    } else if (nodes_[n].op.is("Parameter")) {
      inputs = {add("Parameter", {{"shape", AxisSizes(found->shape.begin(), found->shape.end())}}, {}, name + "_whole"), places(s)};
      keep(*found, nodes_[size_t(inputs[0].node)].name + ".value");
    } else {
      inputs = {buffer(*found, name + "_whole"), places(s)};
    }
    const char* const op = embeds ? "Embedding" : "IndexSelect";
    if (extra == 0) become(n, op, fields, std::move(inputs));
    if (extra > 0) {
      nodes_.push_back({Op::with(op, fields), std::move(inputs), nodes_.size() + 1, own});
      AxisSizes sizes(shape.begin(), shape.end());
      sizes[size_t(axis)] = -1;
      become(n, "Reshape", {{"shape", sizes}}, {{int(nodes_.size()) - 1, 0}});
    }
    if (embeds) keep(*found, own + ".weight");
    return true;
  }
  void keep(Tensor tensor, const std::string& name) {
    tensor.name = name;
    it_.values.push_back(std::move(tensor));
  }

  void nameAxes() {
    for (const Value v : it_.inputs) {
      engine::Node& node = nodes_[size_t(v.node)];
      const FieldMap fields = node.op.fields();
      std::vector<std::string> names(std::get<AxisSizes>(fields.at("shape")).size());
      const int first = std::get<bool>(fields.at("batched")) ? 1 : 0;
      for (const Symbol& s : symbols_)
        if (s.input == v && s.axis >= first) names[size_t(s.axis - first)] = s.name;
      if (const Result<Op> named = node.op.set("axes", axesText(names))) node.op = *named;
    }
  }

  const Model& model_;
  Imported it_;
  const Imported& other_;
  std::vector<engine::Node>& nodes_;
  const Inference first_, second_;
  std::set<std::string> names_;
  std::vector<Symbol> symbols_;
  std::set<int> narrow_;  // nodes that leave their size to whom they are broadcast with
};

}  // namespace

AnySize rewritten(const Model& model, Imported a, const Imported& b, const std::vector<OpenAxis>& axes) { return Rewriter(model, std::move(a), b, axes).run(); }

}  // namespace engine::formats::onnx
