#include "engine/formats/export.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>

#include "engine/formats/atomic_file.h"
#include "engine/formats/import.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/formats/safetensors.h"
#include "engine/ops/any_type.h"
#include "engine/passes/axis_names.h"
#include "kernels/philox.h"

namespace engine::formats {

namespace {

constexpr int64_t kVerifiedBatch = 16;  // samples, where any number of them will do
constexpr uint64_t kVerifiedSeed = 1;   // of the random numbers where there is no data

struct FormatName {
  ExportFormat format;
  std::string_view name, extension;
};
constexpr FormatName kFormats[] = {{ExportFormat::onnx, "onnx", ".onnx"},
                                   {ExportFormat::safetensors, "safetensors", ".safetensors"}};

Problem problemOf(Message needs, Message got = {}, Message fix = {}) {
  return Problem{0, {}, Severity::problem, std::move(needs), std::move(got), std::move(fix), {}};
}

data::Transform transformOf(training::Session& session, int input) {
  for (const training::BoundInput& bound : session.bindings())
    if (bound.node == input) return bound.transform;
  // Without data, the project still says what its inputs expect.
  const document::Binding* binding = session.document().data().binding(session.network().nodes[size_t(input)].id);
  return binding ? data::Transform{binding->scale.value_or(1), binding->mean, binding->std} : data::Transform{};
}

// In words, for who has to do it outside of the graph.
std::string textOf(const data::Transform& t) {
  nlohmann::json json = {{"scale", t.scale}, {"mean", t.mean}, {"std", t.deviation}};
  return json.dump();
}

// x * factor + offset, as data::Conversion does it.
void normalise(const data::Transform& t, int64_t sampleElements, std::vector<float>& values) {
  if (t.isIdentity() || sampleElements == 0) return;
  const int64_t count = int64_t(std::max({t.mean.size(), t.deviation.size(), size_t(1)})),
                inner = sampleElements / count;
  const auto at = [](const std::vector<double>& all, int64_t i, double otherwise) {
    return all.empty() ? otherwise : all.size() == 1 ? all[0] : all[size_t(i)];
  };
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t channel = std::min(int64_t(i) % sampleElements / std::max<int64_t>(inner, 1), count - 1);
    const double deviation = at(t.deviation, channel, 1);
    values[i] = float(double(values[i]) * (t.scale / deviation) - at(t.mean, channel, 0) / deviation);
  }
}

// A batch for every Input of the network, as the data has it: raw.
struct Batch {
  int64_t samples = 0;
  std::map<int, std::vector<float>> raw;  // by index of the Input
};

int64_t elementsOf(const Graph& network, int input) {
  const FieldMap fields = network.nodes[size_t(input)].op.fields();
  return Shape(std::span<const int64_t>(std::get<std::vector<int64_t>>(fields.at("shape")))).elements();
}

Result<Batch> drawBatch(training::Session& session, const Graph& network, int64_t samples) {
  Batch batch{samples, {}};
  for (int n = 0; n < int(network.nodes.size()); ++n) {
    const engine::Node& node = network.nodes[size_t(n)];
    if (!node.op.is("Input")) continue;
    const int64_t elements = elementsOf(network, n);
    constexpr int64_t kMost = int64_t(1) << 34;
    if (elements > kMost / samples)
      return tl::unexpected(problemOf("inputs that fit into memory", Message("{0} numbers", elements)));
    // Pixels are scaled to 0 to 1; raw ones reach from 0 to what becomes 1.
    // Of class numbers 0 and 1 are always there.
    const bool classes = !isFloating(infoOfSource(node.op).type);
    const double scale = classes ? 0.5 : transformOf(session, n).scale;
    const kernels::RandomStream random(kVerifiedSeed, node.id, 1);
    std::vector<float>& values = batch.raw[n];
    for (int64_t i = 0; i < samples * elements; ++i)
      values.push_back(float(double(random.uniform(i)) / (scale == 0 ? 1 : scale)));
  }
  return batch;
}

// The first samples of the test part (or validation, or training).
Result<Batch> loadBatch(training::Session& session, int64_t samples) {
  const data::SourcePointer& source = session.source();
  if (!source) return drawBatch(session, session.network(), samples);
  for (data::Part part : {data::Part::test, data::Part::validation, data::Part::train}) {
    if (source->size(part) < samples) continue;
    Batch batch{samples, {}};
    std::vector<data::Binding> bindings;
    std::vector<void*> slots;
    for (const training::BoundInput& bound : session.bindings()) {
      if (!session.network().nodes[size_t(bound.node)].op.is("Input")) continue;
      const Result<int> column = data::findColumn(*source, bound.column);
      if (!column) return tl::unexpected(column.error());
      bindings.push_back({*column, {}, Type::f32});
      std::vector<float>& values = batch.raw[bound.node];
      values.resize(size_t(samples * elementsOf(session.network(), bound.node)));
      slots.push_back(values.data());
    }
    Result<data::Loader> loader =
        data::Loader::make(source, part, {.batch = samples, .shuffle = false, .dropLast = false, .seed = 0}, bindings);
    if (!loader) return tl::unexpected(loader.error());
    if (const Result<int64_t> filled = loader->fill({0, 0}, slots); !filled) return tl::unexpected(filled.error());
    return batch;
  }
  return drawBatch(session, session.network(), samples);
}

// What the project's own evaluation plan answers.
Result<std::vector<std::vector<double>>> ownAnswers(training::Session& session, const Graph& network, const Batch& batch) {
  PlanRequest request;
  request.infer = {batch.samples, false, session.precision()};
  request.keep = session.predictions();
  Result<std::unique_ptr<Plan>> plan = makePlan(network, request, session.cpu());
  if (!plan) return tl::unexpected(plan.error());
  Arena arena;
  if (Done done = arena.reserve((*plan)->report().arenaBytes); !done) return tl::unexpected(done.error());
  if (Done done = (*plan)->bind(session.store(), arena.data()); !done) return tl::unexpected(done.error());
  constexpr size_t kAlignment = 64;
  std::vector<std::vector<std::byte>> memory;
  for (int i = 0; i < int((*plan)->inputs().size()); ++i) {
    const Plan::InputSlot& slot = (*plan)->inputs()[size_t(i)];
    const int64_t elements = slot.info.shape.elements();
    memory.emplace_back(size_t(elements * bytesOf(slot.info.type)) + kAlignment);
    void* at = memory.back().data() +
               (kAlignment - reinterpret_cast<uintptr_t>(memory.back().data()) % kAlignment) % kAlignment;
    (*plan)->setInput(i, at);
    int node = -1;
    for (const auto& [index, values] : batch.raw)
      if (network.nodes[size_t(index)].id == slot.node) node = index;
    if (node < 0) continue;  // a target: zeros, which no answer depends on
    std::vector<float> values = batch.raw.at(node);
    normalise(transformOf(session, node), elements / batch.samples, values);
    for (size_t e = 0; e < std::min(values.size(), size_t(elements)); ++e)
      if (slot.info.type == Type::f64) static_cast<double*>(at)[e] = double(values[e]);
      else withType<float>(slot.info.type, [&]<class T>() { static_cast<T*>(at)[e] = T(values[e]); });
  }
  StepState step;
  step.seed = session.seed();
  (*plan)->run(session.cpu(), step);
  std::vector<std::vector<double>> answers;
  for (int k = 0; k < (*plan)->keptCount(); ++k) {
    const Tensor& kept = (*plan)->kept(k);
    std::vector<double>& values = answers.emplace_back(size_t(kept.elements()));
    for (size_t i = 0; i < values.size(); ++i)
      withType<float>(kept.type, [&]<class T>() {
        values[i] = kept.type == Type::f64 ? static_cast<const double*>(kept.data)[i] : double(static_cast<const T*>(kept.data)[i]);
      });
  }
  return answers;
}

// Makes parameters that are missing: those of a project that was never trained come from its seed.
Done makeParameters(training::Session& session) {
  PlanRequest request;
  request.infer = {1, false, session.precision()};
  request.keep = session.predictions();
  Result<std::unique_ptr<Plan>> plan = makePlan(session.network(), request, session.cpu());
  if (!plan) return tl::unexpected(plan.error());
  return session.store().add((*plan)->stored(), session.seed());
}

// What lies on the disk now, compared with what was verified.
Done readBack(const std::string& path, std::string_view written) {
  std::ifstream file(path, std::ios::binary);
  std::string block(1 << 16, '\0');
  size_t at = 0;
  while (file.read(block.data(), std::streamsize(block.size())) || file.gcount() > 0) {
    const auto count = size_t(file.gcount());
    if (at + count > written.size() || std::memcmp(block.data(), written.data() + at, count) != 0) break;
    at += count;
  }
  if (at == written.size()) return {};
  return failure(path, Message("the {0} bytes that were written", written.size()), Message("others after byte {0}", at),
                 "look at the disk");
}

std::string nameOfNetwork(const std::string& path) { return std::filesystem::path(path).stem().string(); }

Result<ExportReport> exportOnnx(training::Session& session, const std::string& path, const ExportOptions& options) {
  ExportReport report{path, ExportFormat::onnx, 0, options.opset, false, 0, kAllowedDifference};
  onnx::WriteOptions write;
  write.opset = options.opset;
  write.batch = options.batch;
  write.name = nameOfNetwork(path);
  bool any = false;
  for (int n = 0; n < int(session.network().nodes.size()); ++n) {
    if (!session.network().nodes[size_t(n)].op.is("Input")) continue;
    const data::Transform transform = transformOf(session, n);
    if (transform.isIdentity()) continue;
    any = true;
    write.metadata["preprocessing." + session.network().nodes[size_t(n)].name] = textOf(transform);
    if (options.preprocessing) write.preprocessing[n] = transform;
  }
  write.metadata["preprocessing"] = !any                    ? "none"
                                    : options.preprocessing ? "in the graph: inputs are raw values"
                                                            : "left out: inputs are (x * scale - mean) / std";
  if (!session.classes().empty())
    write.metadata["classes"] =
        nlohmann::json(session.classes()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);

  write.metadata["netwright.drawing"] = drawingOf(session.document());  // so that it comes back as it was drawn

  write.open = onnx::axesOfAnySize(session.network(), session.predictions(), session.store(), write);
  for (const auto& [name, size] : namedSizes(session.network())) (write.open.contains(name) ? report.open : report.fixed).push_back(name);
  const Result<std::string> bytes = onnx::write(session.network(), session.predictions(), session.store(), write);
  if (!bytes) return tl::unexpected(bytes.error());
  report.bytes = int64_t(bytes->size());
  if (options.verify)
    if (Done done = verifyOnnx(session, *bytes, path, options, report); !done) return tl::unexpected(done.error());
  if (Done done = writeAtomically(path, *bytes); !done) return tl::unexpected(done.error());
  if (options.verify)
    if (Done done = readBack(path, *bytes); !done) {
      std::error_code error;
      std::filesystem::remove(path, error);
      return tl::unexpected(done.error());
    }
  return report;
}

Result<ExportReport> exportSafetensors(training::Session& session, const std::string& path,
                                       const ExportOptions& options) {
  ExportReport report{path, ExportFormat::safetensors, 0, 0, false, 0, 0};
  std::vector<NamedTensor> tensors;
  for (const Store::Entry& entry : session.store().entries())
    if (!entry.ofOptimizer) tensors.push_back({entry.name, entry.tensor.type, entry.tensor.shape, entry.tensor.data});
  if (Done done = writeSafetensors(path, tensors, {{"format", "pt"}}); !done) return tl::unexpected(done.error());
  std::error_code error;
  report.bytes = int64_t(std::filesystem::file_size(path, error));
  if (!options.verify) return report;
  const auto wrong = [&](Message needs, Message got) {
    std::filesystem::remove(path, error);
    return failure(path, std::move(needs), std::move(got), "look at the disk");
  };
  const Result<Safetensors> read = readSafetensors(path);
  if (!read) return wrong("a file that can be read back", messageOf(read.error()));
  for (const NamedTensor& tensor : tensors) {
    const NamedTensor* back = read->find(tensor.name);
    const bool equal = back && back->shape == tensor.shape && back->type == tensor.type &&
                       (tensor.bytes() == 0 || std::memcmp(back->data, tensor.data, size_t(tensor.bytes())) == 0);
    if (!equal) return wrong(Message("the values of {0}", tensor.name), "others");
  }
  report.verified = true;
  return report;
}

}  // namespace

std::string_view nameOf(ExportFormat format) {
  for (const FormatName& f : kFormats)
    if (f.format == format) return f.name;
  return {};
}

Result<ExportFormat> exportFormat(const std::string& path, std::string_view name) {
  const std::string extension = std::filesystem::path(path).extension().string();
  for (const FormatName& f : kFormats)
    if (name.empty() ? f.extension == extension : f.name == name) return f.format;
  return tl::unexpected(problemOf("onnx or safetensors as format",
                                  Message("{0}", name.empty() ? extension : std::string(name)),
                                  "end the file's name in .onnx or .safetensors, or name the format"));
}

namespace {

struct Difference {
  double difference = 0, largest = 1;
};

// The network with its open axes at another size: a shorter one, since a table may have an end, or else a longer one.
std::optional<Graph> atAnotherSize(const training::Session& session, const std::vector<std::string>& open) {
  if (open.empty()) return {};
  for (const bool longer : {false, true}) {
    std::map<std::string, int64_t> sizes = namedSizes(session.network());
    std::erase_if(sizes, [&](const auto& named) { return std::find(open.begin(), open.end(), named.first) == open.end(); });
    for (auto& [name, size] : sizes) size = longer ? size * 2 : std::max<int64_t>(size / 2, 1);
    Graph other = session.network();
    for (const auto& [n, op] : resized(other, sizes)) other.nodes[size_t(n)].op = op;
    if (infer(other, {1, false, session.precision()}).ok()) return other;
  }
  return {};
}

tl::unexpected<Problem> differs(const std::string& path, Message got) {
  return failure(path, "a file that answers as the network does", std::move(got), "this is a mistake of Netwright: please report it");
}

// Of the file's answers from the network's own, on one batch.
Result<Difference> compared(training::Session& session, const Graph& network, const Batch& batch, const onnx::Imported& imported, const std::string& path,
                            const ExportOptions& options) {
  const Result<std::vector<std::vector<double>>> expected = ownAnswers(session, network, batch);
  if (!expected) return tl::unexpected(expected.error());
  std::vector<std::vector<float>> inputs;
  for (Value v : imported.inputs) {
    const std::string& name = imported.network.nodes[size_t(v.node)].name;
    for (const auto& [node, values] : batch.raw) {
      if (network.nodes[size_t(node)].name != name) continue;
      inputs.push_back(values);
      if (!options.preprocessing) normalise(transformOf(session, node), int64_t(values.size()) / batch.samples, inputs.back());
    }
  }
  if (inputs.size() != imported.inputs.size()) return differs(path, "other inputs");
  const Result<std::vector<std::vector<float>>> answers = onnx::run(imported, batch.samples, inputs, session.cpu());
  if (!answers) return tl::unexpected(answers.error());
  if (answers->size() != expected->size()) return differs(path, Message("{0} outputs instead of {1}", answers->size(), expected->size()));
  Difference found;
  for (size_t o = 0; o < expected->size(); ++o) {
    const std::vector<double>& own = (*expected)[o];
    if ((*answers)[o].size() != own.size()) return differs(path, Message("{0} numbers instead of {1}", (*answers)[o].size(), own.size()));
    for (size_t i = 0; i < own.size(); ++i) {
      const double answer = double((*answers)[o][i]);
      if (!std::isfinite(own[i]) || !std::isfinite(answer)) {
        const bool agree = own[i] == answer || (std::isnan(own[i]) && std::isnan(answer));
        if (!agree) return differs(path, "numbers that are not finite");
        continue;
      }
      found.largest = std::max(found.largest, std::fabs(own[i]));
      found.difference = std::max(found.difference, std::fabs(own[i] - answer));
    }
  }
  return found;
}

}  // namespace

Done verifyOnnx(training::Session& session, std::string_view bytes, const std::string& path,
                const ExportOptions& options, ExportReport& report) {
  const Result<onnx::Model> model = onnx::parse(bytes, path);
  if (!model) return tl::unexpected(model.error());
  if (Done done = makeParameters(session); !done) return done;
  onnx::ReadOptions read;
  read.sizes = namedSizes(session.network());
  const Result<onnx::Imported> imported = onnx::read(*model, path, read);
  if (!imported) return tl::unexpected(imported.error());
  const Result<Batch> batch = loadBatch(session, options.batch.value_or(kVerifiedBatch));
  if (!batch) return tl::unexpected(batch.error());
  Result<Difference> found = compared(session, session.network(), *batch, *imported, path, options);
  if (!found) return tl::unexpected(found.error());
  if (const std::optional<Graph> other = atAnotherSize(session, report.open)) {
    const std::map<std::string, int64_t> sizes = namedSizes(*other);
    read.sizes = sizes;
    const Result<onnx::Imported> again = onnx::read(*model, path, read);
    if (!again) return tl::unexpected(again.error());
    constexpr int64_t kFew = 2;
    const Result<Batch> drawn = drawBatch(session, *other, options.batch.value_or(kFew));
    if (!drawn) return tl::unexpected(drawn.error());
    const Result<Difference> second = compared(session, *other, *drawn, *again, path, options);
    if (!second) return tl::unexpected(second.error());
    // What is told is the batch that is further from what it may be.
    if (second->difference * found->largest > found->difference * second->largest) found = second;
  }
  report.maxDifference = found->difference;
  report.allowed = kAllowedDifference * found->largest;
  report.verified = true;
  if (report.maxDifference > report.allowed)
    return differs(path, Message("a difference of {0}, of which {1} is allowed", report.maxDifference, report.allowed));
  return {};
}

Result<ExportReport> exportModel(training::Session& session, const std::string& path, ExportFormat format,
                                 const ExportOptions& options) {
  try {
    if (Done done = makeParameters(session); !done) return tl::unexpected(done.error());
    return format == ExportFormat::onnx ? exportOnnx(session, path, options)
                                        : exportSafetensors(session, path, options);
  } catch (const std::bad_alloc&) {
    return failure(path, "memory for the file as a whole", "less", "export it on a machine with more memory");
  }
}

}  // namespace engine::formats
