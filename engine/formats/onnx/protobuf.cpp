// Between plain models and protobuf bytes; the only file that sees the schema's generated code.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/formats/onnx/model.h"

namespace engine::formats::onnx {

namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie");
static_assert(Shape::kMaxRank == 8, "the message below says so");

using Proto = ::onnx::TensorProto;

struct Known {
  Type type;
  Proto::DataType proto;
};
constexpr Known kKnown[] = {{Type::f32, Proto::FLOAT}, {Type::f64, Proto::DOUBLE}, {Type::i64, Proto::INT64},
                            {Type::i32, Proto::INT32}, {Type::u8, Proto::UINT8},   {Type::boolean, Proto::BOOL}};

Proto::DataType protoOf(Type type) {
  for (const Known& k : kKnown)
    if (k.type == type) return k.proto;
  return Proto::UNDEFINED;
}
// Narrow numbers, and those without a sign, come in as what holds all of them.
struct Narrow {
  Proto::DataType proto;
  size_t bytes;  // in a file
  Type type;
};
constexpr Narrow kNarrow[] = {{Proto::FLOAT16, 2, Type::f32}, {Proto::BFLOAT16, 2, Type::f32}, {Proto::INT8, 1, Type::i32},  {Proto::INT16, 2, Type::i32},
                              {Proto::UINT16, 2, Type::i32},  {Proto::UINT32, 4, Type::i64},   {Proto::UINT64, 8, Type::i64}};
const Narrow* narrow(int32_t proto) {
  for (const Narrow& n : kNarrow)
    if (n.proto == proto) return &n;
  return nullptr;
}
std::optional<Type> typeOf(int32_t proto) {
  for (const Known& k : kKnown)
    if (k.proto == proto) return k.type;
  if (const Narrow* n = narrow(proto)) return n->type;
  return std::nullopt;
}

// IEEE 754's binary16: a sign, 5 bits of an exponent, 10 of a fraction.
float ofHalf(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float size = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent == 0 ? std::ldexp(float(fraction), -24) : std::ldexp(float(1024 + fraction), exponent - 25);
  return bits >> 15 ? -size : size;
}
// The upper half of a float.
float ofBrain(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

// ------------------------------------------------------------------- writing ----

void write(Tensor tensor, Proto& to) {
  to.set_name(tensor.name);
  to.set_data_type(protoOf(tensor.type));
  for (int64_t size : tensor.shape) to.add_dims(size);
  to.set_raw_data(std::move(tensor.bytes));
}

struct WriteAttribute {
  ::onnx::AttributeProto& to;
  void operator()(int64_t i) const { to.set_type(::onnx::AttributeProto::INT), to.set_i(i); }
  void operator()(float f) const { to.set_type(::onnx::AttributeProto::FLOAT), to.set_f(f); }
  void operator()(std::string& s) const { to.set_type(::onnx::AttributeProto::STRING), to.set_s(std::move(s)); }
  void operator()(const std::vector<int64_t>& ints) const {
    to.set_type(::onnx::AttributeProto::INTS);
    for (int64_t i : ints) to.add_ints(i);
  }
  void operator()(const std::vector<float>& floats) const {
    to.set_type(::onnx::AttributeProto::FLOATS);
    for (float f : floats) to.add_floats(f);
  }
  void operator()(const std::vector<std::string>& texts) const {
    to.set_type(::onnx::AttributeProto::STRINGS);
    for (const std::string& text : texts) to.add_strings(text);
  }
  void operator()(Tensor& t) const {
    to.set_type(::onnx::AttributeProto::TENSOR), write(std::move(t), *to.mutable_t());
  }
  void operator()(const Subgraph& graph) const;
  void operator()(const Raw& raw) const {
    const std::string name = to.name();
    to.ParseFromString(raw.bytes);
    to.set_name(name);
  }
};

void write(Model& model, ::onnx::GraphProto& graph);

void write(const Port& port, ::onnx::ValueInfoProto& to) {
  to.set_name(port.name);
  auto& tensor = *to.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(protoOf(port.type));
  if (port.shape.isMissing()) return;
  auto& shape = *tensor.mutable_shape();
  for (int i = 0; i < port.shape.rank(); ++i) {
    auto& axis = *shape.add_dim();
    if (port.shape[i] >= 0) axis.set_dim_value(port.shape[i]);
    else if (port.shape[i] == kBatch) axis.set_dim_param(kBatchName);
    else if (size_t(i) < port.symbols.size() && !port.symbols[size_t(i)].empty()) axis.set_dim_param(port.symbols[size_t(i)]);
  }
}

void write(Model& model, ::onnx::GraphProto& graph) {
  graph.set_name(model.graphName);
  for (Node& node : model.nodes) {
    auto& n = *graph.add_node();
    n.set_op_type(node.domain.empty() ? node.op : node.op.substr(node.domain.size() + 1));
    if (!node.domain.empty()) n.set_domain(node.domain);
    n.set_name(node.name);
    for (const std::string& input : node.inputs) n.add_input(input);
    for (const std::string& output : node.outputs) n.add_output(output);
    for (auto& [name, attribute] : node.attributes) {
      auto& a = *n.add_attribute();
      a.set_name(name);
      std::visit(WriteAttribute{a}, attribute);
    }
  }
  for (Tensor& tensor : model.initializers) write(std::move(tensor), *graph.add_initializer());
  for (const Port& port : model.inputs) write(port, *graph.add_input());
  for (const Port& port : model.outputs) write(port, *graph.add_output());
}
void WriteAttribute::operator()(const Subgraph& graph) const {
  Model copy = *graph;
  to.set_type(::onnx::AttributeProto::GRAPH), write(copy, *to.mutable_g());
}

// ------------------------------------------------------------------- reading ----

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  Result<Model> model(const ::onnx::ModelProto& from) {
    if (!from.has_graph()) return broken("a model with a graph", "one without");
    Model model;
    model.irVersion = from.ir_version();
    model.producer = from.producer_name();
    model.opset = 1;
    for (const auto& set : from.opset_import())
      if (set.domain().empty() || set.domain() == "ai.onnx") model.opset = set.version();
      else model.domains[set.domain()] = set.version();
    for (const auto& entry : from.metadata_props()) model.metadata[entry.key()] = entry.value();
    for (const auto& value : from.graph().value_info()) origin(value, model);
    for (const auto* values : {&from.graph().value_info(), &from.graph().output()})
      for (const auto& value : *values)
        if (const auto known = typeOf(value.type().tensor_type().elem_type())) model.types[value.name()] = *known;
    for (const auto& function : from.functions()) functions_[{function.domain(), function.name()}] = &function;
    if (Done done = graph(from.graph(), 0, model); !done) return tl::unexpected(done.error());
    for (const auto& [ports, to] :
         {std::pair(&from.graph().input(), &model.inputs), std::pair(&from.graph().output(), &model.outputs)})
      for (const auto& port : *ports) {
        Result<Port> read = this->port(port);
        if (!read) return tl::unexpected(read.error());
        to->push_back(std::move(*read));
      }
    return model;
  }

  Result<Tensor> tensor(const Proto& from) const {
    Tensor tensor;
    tensor.name = from.name();
    const Result<Type> known = type(from.data_type(), from.name());
    if (!known) return tl::unexpected(known.error());
    tensor.type = *known;
    if (from.dims_size() > Shape::kMaxRank)
      return broken("tensors of at most 8 axes", Message("{0} for {1}", from.dims_size(), from.name()));
    for (int64_t size : from.dims()) {
      if (size < 0) return broken("sizes that are not below 0", Message("{0} for {1}", size, from.name()));
      tensor.shape.append(size);
    }
    if (from.data_location() == Proto::EXTERNAL || from.external_data_size() > 0) return external(from);
    const int64_t elements = tensor.shape.elements();
    int64_t bytes;
    if (__builtin_mul_overflow(elements, bytesOf(tensor.type), &bytes)) bytes = kTooMany;
    const auto exact = [&](int64_t have, int64_t need) -> Done {
      if (have == need) return {};
      return broken(Message("all values of {0}, {1}", from.name(), tensor.shape),
                    Message("{0} instead of {1}", have, need));
    };
    if (const Narrow* n = narrow(from.data_type())) {
      if (Done done = widen(from, *n, elements, exact, tensor); !done) return tl::unexpected(done.error());
      return tensor;
    }
    if (from.has_raw_data()) {
      if (Done done = exact(int64_t(from.raw_data().size()), bytes); !done) return tl::unexpected(done.error());
      tensor.bytes = from.raw_data();
      return tensor;
    }
    const auto copy = [&]<class T, class Values>(T, const Values& values) -> Done {
      if (Done done = exact(values.size(), elements); !done) return done;
      tensor.bytes.resize(size_t(bytes));
      for (int i = 0; i < values.size(); ++i) {
        const T value = T(values.Get(i));
        std::memcpy(tensor.bytes.data() + size_t(i) * sizeof(T), &value, sizeof(T));
      }
      return {};
    };
    Done done;
    switch (tensor.type) {
      case Type::f32: done = copy(float(), from.float_data()); break;
      case Type::f64: done = copy(double(), from.double_data()); break;
      case Type::i64: done = copy(int64_t(), from.int64_data()); break;
      case Type::i32: done = copy(int32_t(), from.int32_data()); break;
      case Type::u8:
      case Type::boolean: done = copy(uint8_t(), from.int32_data()); break;
    }
    if (!done) return tl::unexpected(done.error());
    return tensor;
  }

 private:
  static constexpr int kDeepestGraph = 16;  // graphs in graphs

  // Entries that newer versions of the schema have (ValueInfoProto.metadata_props) are fields that this one does not know.
  static std::vector<::onnx::StringStringEntryProto> metadata(const google::protobuf::UnknownFieldSet& fields, int number) {
    std::vector<::onnx::StringStringEntryProto> entries;
    for (int i = 0; i < fields.field_count(); ++i) {
      const auto& field = fields.field(i);
      ::onnx::StringStringEntryProto entry;
      if (field.number() == number && field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED && entry.ParseFromString(field.length_delimited())) entries.push_back(std::move(entry));
    }
    return entries;
  }
  // "['fc.weight', 'val_3']"
  static std::vector<std::string> listed(const std::string& list) {
    std::vector<std::string> words;
    for (size_t begin = list.find('\''), end; begin != std::string::npos && (end = list.find('\'', begin + 1)) != std::string::npos; begin = list.find('\'', end + 1))
      words.push_back(list.substr(begin + 1, end - begin - 1));
    return words;
  }
  // Names of modules, each within the one before it, and of the operator.
  static std::string moduleOf(const ::onnx::NodeProto& from) {
    constexpr int kMetadata = 9;
    for (const auto& entry : metadata(from.unknown_fields(), kMetadata))
      if (entry.key() == "pkg.torch.onnx.name_scopes")
        if (const std::vector<std::string> scopes = listed(entry.value()); scopes.size() > 1) return scopes[scopes.size() - 2];
    return {};
  }
  static void origin(const ::onnx::ValueInfoProto& from, Model& to) {
    constexpr int kMetadata = 4;
    for (const auto& entry : metadata(from.unknown_fields(), kMetadata)) {
      if (entry.key() == "pkg.torch.export.graph_signature.InputSpec.kind") to.origins[from.name()].kind = entry.value();
      if (entry.key() == "pkg.onnxscript.optimizer.folded_from") to.origins[from.name()].foldedFrom = listed(entry.value());
    }
  }

  // Its name, initializers and nodes.
  Done graph(const ::onnx::GraphProto& from, int depth, Model& to) const {
    to.graphName = from.name();
    for (const auto& initializer : from.initializer()) {
      Result<Tensor> read = tensor(initializer);
      if (!read) return tl::unexpected(read.error());
      to.initializers.push_back(std::move(*read));
    }
    for (const auto& node : from.node())
      if (Done done = append(node, depth, 0, to.nodes); !done) return done;
    return {};
  }

  template <class Exact>
  Done widen(const Proto& from, const Narrow& narrow, int64_t elements, const Exact& exact, Tensor& to) const {
    const bool wide = narrow.bytes >= 4;  // these have a list of their own
    const int64_t have = from.has_raw_data() ? int64_t(from.raw_data().size()) : wide ? from.uint64_data_size() : from.int32_data_size();
    int64_t need = elements;
    if (from.has_raw_data() && __builtin_mul_overflow(elements, int64_t(narrow.bytes), &need)) need = kTooMany;
    if (Done done = exact(have, need); !done) return done;
    const auto append = [&](auto value) { to.bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    for (int64_t i = 0; i < elements; ++i) {
      uint64_t bits = 0;
      if (from.has_raw_data()) std::memcpy(&bits, from.raw_data().data() + size_t(i) * narrow.bytes, narrow.bytes);
      else bits = wide ? from.uint64_data(int(i)) : uint64_t(from.int32_data(int(i)));
      switch (narrow.proto) {
        case Proto::FLOAT16: append(ofHalf(uint16_t(bits))); break;
        case Proto::BFLOAT16: append(ofBrain(uint16_t(bits))); break;
        case Proto::INT8: append(int32_t(int8_t(bits))); break;
        case Proto::INT16: append(int32_t(int16_t(bits))); break;
        case Proto::UINT16: append(int32_t(uint16_t(bits))); break;
        case Proto::UINT32: append(int64_t(uint32_t(bits))); break;
        default:
          if (bits >> 63) return broken("whole numbers below 2 to the power of 63", Message("a larger one in {0}", from.name()));
          append(int64_t(bits));
      }
    }
    return {};
  }

  tl::unexpected<Problem> broken(Message needs, Message got) const {
    return failure(path_, std::move(needs), std::move(got), "the file is damaged, or more than this version can read");
  }

  Result<Type> type(int32_t proto, const std::string& of) const {
    if (const auto known = typeOf(proto)) return *known;
    const std::string name =
        Proto::DataType_IsValid(proto) ? Proto::DataType_Name(Proto::DataType(proto)) : std::to_string(proto);
    return broken("values of a type that this version knows (numbers, and bool)",
                  Message("{0} for {1}", name, of));
  }

  // Values in a file beside the model, and nowhere else: nothing outside of its folder is opened, whatever the model says.
  Result<Tensor> external(const Proto& from) const {
    namespace fs = std::filesystem;
    std::string location;
    int64_t offset = 0, length = -1;
    for (const auto& entry : from.external_data()) {
      if (entry.key() == "location") location = entry.value();
      int64_t* const number = entry.key() == "offset" ? &offset : entry.key() == "length" ? &length : nullptr;
      if (!number) continue;
      const char* const end = entry.value().data() + entry.value().size();
      if (const auto [rest, error] = std::from_chars(entry.value().data(), end, *number); error != std::errc() || rest != end || *number < 0)
        return broken(Message("a number as {0} of {1}", entry.key(), from.name()), Message("{0}", entry.value()));
    }
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(fs::path(path_).parent_path().empty() ? fs::path(".") : fs::path(path_).parent_path(), error);
    const fs::path file = error || location.empty() ? fs::path() : fs::weakly_canonical(folder / location, error);
    const bool inside = !error && !file.empty() && std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
    if (!inside) return broken(Message("values of {0} in the folder of the model", from.name()), Message("{0}", location));
    const auto size = fs::is_regular_file(file, error) ? fs::file_size(file, error) : uintmax_t(0);
    if (error || !fs::exists(file)) return broken(Message("values of {0} in {1}, beside the model", from.name(), location), "no such file");
    if (length < 0) length = int64_t(size) - offset;
    if (uintmax_t(offset) > size || uintmax_t(length) > size - uintmax_t(offset))
      return broken(Message("{0} bytes for {1} in {2}", length, from.name(), location), Message("a file of {0}", int64_t(size)));
    Proto inner;
    inner.set_name(from.name());
    inner.set_data_type(from.data_type());
    *inner.mutable_dims() = from.dims();
    std::ifstream stream(file, std::ios::binary);
    std::string& bytes = *inner.mutable_raw_data();
    bytes.resize(size_t(length));
    stream.seekg(offset);
    if (!stream.read(bytes.data(), length) && length > 0) return broken(Message("values of {0} in {1}", from.name(), location), "a file that cannot be read");
    return tensor(inner);
  }

  // The node, or, where it calls a function of the model, the function's nodes with the call's names and attributes in them. Graphs in
  // these are left alone: their names are the function's.
  Done append(const ::onnx::NodeProto& node, int graphDepth, int depth, std::vector<Node>& to) const {
    constexpr int kDeepest = 32;
    constexpr size_t kMostNodes = size_t(1) << 20;
    const auto function = functions_.find({node.domain(), node.op_type()});
    if (function == functions_.end()) {
      Result<Node> read = this->node(node, depth > 0 ? kDeepestGraph : graphDepth);
      if (!read) return tl::unexpected(read.error());
      to.push_back(std::move(*read));
      return {};
    }
    const ::onnx::FunctionProto& body = *function->second;
    if (depth == kDeepest || to.size() > kMostNodes)
      return broken("functions that do not call themselves, and a million nodes at most", Message("{0}", node.op_type()));
    const std::string own = (node.name().empty() ? node.op_type() + std::to_string(to.size()) : node.name()) + "/";
    std::map<std::string, std::string> names{{"", ""}};
    for (int i = 0; i < body.input_size(); ++i) names[body.input(i)] = i < node.input_size() ? node.input(i) : "";
    for (int i = 0; i < body.output_size(); ++i)
      if (i < node.output_size() && !node.output(i).empty()) names[body.output(i)] = node.output(i);
    const auto named = [&](const std::string& name) { return names.emplace(name, own + name).first->second; };
    for (const auto& inner : body.node()) {
      ::onnx::NodeProto call = inner;
      call.set_name(own + inner.name());
      for (std::string& input : *call.mutable_input()) input = named(input);
      for (std::string& output : *call.mutable_output()) output = named(output);
      call.clear_attribute();
      for (const auto& attribute : inner.attribute()) {
        if (attribute.ref_attr_name().empty()) {
          *call.add_attribute() = attribute;
          continue;
        }
        const auto is = [&](const auto& a) { return a.name() == attribute.ref_attr_name(); };
        const auto given = std::find_if(node.attribute().begin(), node.attribute().end(), is);
        if (given == node.attribute().end()) continue;  // not given: the operator's own default
        *call.add_attribute() = *given;
        call.mutable_attribute(call.attribute_size() - 1)->set_name(attribute.name());
      }
      if (Done done = append(call, graphDepth, depth + 1, to); !done) return done;
    }
    return {};
  }

  Result<Attribute> attribute(const ::onnx::AttributeProto& from, int depth) const {
    using Kind = ::onnx::AttributeProto;
    switch (from.type()) {
      case Kind::INT: return Attribute(int64_t(from.i()));
      case Kind::FLOAT: return Attribute(from.f());
      case Kind::STRING: return Attribute(from.s());
      case Kind::INTS: return Attribute(std::vector<int64_t>(from.ints().begin(), from.ints().end()));
      case Kind::FLOATS: return Attribute(std::vector<float>(from.floats().begin(), from.floats().end()));
      case Kind::STRINGS: return Attribute(std::vector<std::string>(from.strings().begin(), from.strings().end()));
      case Kind::TENSOR: {
        Result<Tensor> read = tensor(from.t());
        if (!read) return tl::unexpected(read.error());
        return Attribute(std::move(*read));
      }
      default: {  // graphs, lists of tensors: kept as they are in the file
        std::string bytes = from.SerializePartialAsString();
        if (from.type() == Kind::GRAPH && depth < kDeepestGraph)
          if (std::optional<Attribute> graph = subgraph(from.g(), depth + 1, bytes)) return *std::move(graph);
        return Attribute(Raw{std::move(bytes), from.type() == Kind::GRAPH || from.type() == Kind::GRAPHS});
      }
    }
  }

  // None where something in it cannot be read.
  std::optional<Attribute> subgraph(const ::onnx::GraphProto& from, int depth, const std::string& bytes) const {
    Model inner;
    inner.bytes = bytes;
    if (!graph(from, depth, inner)) return {};
    // Their types follow from what is put in, and may be lists.
    for (const auto& port : from.input()) inner.inputs.push_back({port.name(), Type::f32, Shape::missing()});
    for (const auto& port : from.output()) inner.outputs.push_back({port.name(), Type::f32, Shape::missing()});
    return Attribute(std::make_shared<const Model>(std::move(inner)));
  }

  Result<Node> node(const ::onnx::NodeProto& from, int depth) const {
    // Operators of others keep the name of who made them: "com.microsoft.FusedMatMul".
    const bool own = from.domain().empty() || from.domain() == "ai.onnx";
    Node node{own ? from.op_type() : from.domain() + "." + from.op_type(),
              from.name(),
              {from.input().begin(), from.input().end()},
              {from.output().begin(), from.output().end()},
              {},
              own ? std::string() : from.domain()};
    node.module = moduleOf(from);
    for (const auto& a : from.attribute()) {
      Result<Attribute> read = attribute(a, depth);
      if (!read) return tl::unexpected(read.error());
      node.attributes.insert_or_assign(a.name(), std::move(*read));
    }
    return node;
  }

  Result<Port> port(const ::onnx::ValueInfoProto& from) const {
    if (!from.type().has_tensor_type())
      return broken("tensors as inputs and outputs", Message("something else for {0}", from.name()));
    const auto& tensor = from.type().tensor_type();
    const Result<Type> known = type(tensor.elem_type(), from.name());
    if (!known) return tl::unexpected(known.error());
    Port port{from.name(), *known, Shape::missing()};
    if (!tensor.has_shape()) return port;
    if (tensor.shape().dim_size() > Shape::kMaxRank)
      return broken("tensors of at most 8 axes", Message("{0} for {1}", tensor.shape().dim_size(), from.name()));
    port.shape = Shape();
    for (const auto& axis : tensor.shape().dim()) {
      if (axis.has_dim_value() && axis.dim_value() < 0)
        return broken("sizes that are not below 0", Message("{0} for {1}", int64_t(axis.dim_value()), from.name()));
      port.symbols.push_back(axis.has_dim_value() ? "" : axis.dim_param());
      port.shape.append(axis.has_dim_value() ? axis.dim_value() : axis.dim_param() == kBatchName ? kBatch : kUnknown);
    }
    return port;
  }

  std::string path_;
  std::map<std::pair<std::string, std::string>, const ::onnx::FunctionProto*> functions_;  // of the model, by domain and name
};

}  // namespace

Result<std::string> serialize(Model model) {
  ::onnx::ModelProto to;
  to.set_ir_version(model.irVersion);
  to.set_producer_name(kProducer);
  auto& set = *to.add_opset_import();
  set.set_domain("");
  set.set_version(model.opset);
  for (const auto& [domain, version] : model.domains) {
    auto& other = *to.add_opset_import();
    other.set_domain(domain);
    other.set_version(version);
  }
  for (auto& [key, value] : model.metadata) {
    auto& entry = *to.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  write(model, *to.mutable_graph());

  Problem problem;
  problem.needs = "a model below 2 GiB, which is all that an ONNX file can hold";
  problem.got = Message("{0} MiB", int64_t(to.ByteSizeLong() >> 20));
  problem.fix = "export it as safetensors";
  std::string bytes;
  if (to.ByteSizeLong() > size_t(std::numeric_limits<int32_t>::max()) || !to.SerializeToString(&bytes))
    return tl::unexpected(problem);
  return bytes;
}

Result<Model> parse(std::string_view bytes, const std::string& path) {
  ::onnx::ModelProto proto;
  if (bytes.size() > size_t(std::numeric_limits<int32_t>::max()))
    return failure(path, "an ONNX file below 2 GiB", Message("{0} MiB", int64_t(bytes.size() >> 20)));
  if (!proto.ParseFromArray(bytes.data(), int(bytes.size())))
    return failure(path, "an ONNX model", "something else, or only a part of one",
                   "the file is damaged or no ONNX file");
  return Reader(path).model(proto);
}

Result<Tensor> parseTensor(std::string_view bytes, const std::string& path) {
  Proto proto;
  if (bytes.size() > size_t(std::numeric_limits<int32_t>::max()) || !proto.ParseFromArray(bytes.data(), int(bytes.size())))
    return failure(path, "a tensor of ONNX", "something else, or only a part of one");
  return Reader(path).tensor(proto);
}

}  // namespace engine::formats::onnx
