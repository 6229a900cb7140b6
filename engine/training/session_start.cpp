// What a session's parameters begin with: a file that the recipe names, or values that came with a model; else what the seed draws.
#include <cstring>
#include <filesystem>

#include "engine/formats/import.h"
#include "engine/formats/match_weights.h"
#include "engine/formats/safetensors.h"
#include "engine/training/start_values.h"

namespace engine::training {

Result<std::shared_ptr<const StartValues>> readStartValues(const std::string& path) {
  if (formats::canImport(path)) {
    const Result<formats::ImportedModel> model = formats::importModel(path);
    if (!model) return tl::unexpected(model.error());
    return model->weights;
  }
  const Result<formats::Safetensors> read = formats::readSafetensors(path);
  if (!read) return tl::unexpected(read.error());
  auto values = std::make_shared<StartValues>();
  for (const formats::NamedTensor& tensor : read->tensors()) {
    data::Array& array = (*values)[tensor.name];
    array.shape = tensor.shape, array.type = tensor.type;
    const auto* from = static_cast<const std::byte*>(tensor.data);
    array.bytes.assign(from, from + tensor.bytes());
  }
  return values;
}

Done Session::readStart(const SessionOptions& options) {
  const std::string& file = document_.recipe().weights;
  if (options.start || file.empty()) {
    start_ = options.start;
    return {};
  }
  Result<std::shared_ptr<const StartValues>> values = readStartValues((std::filesystem::path(options.folder) / file).string());  // an absolute one stays as it is
  if (!values) {
    Problem problem = values.error();
    problem.fix = "put the file back, or empty recipe.weights to begin with what the seed draws";
    return tl::unexpected(problem);
  }
  start_ = *values;
  startsFromFile_ = true;
  return {};
}

Problems Session::lintStart() const {
  if (!startsFromFile_) return {};
  const formats::NetworkValues values = formats::valuesOf(network_, infer(network_, {engine::kBatch, true, precision_}));
  return formats::lintStart(values, formats::listed(*start_), document_.recipe().weights);
}

// The first plan that has a value gives it its beginning; later ones find what training made of it.
Done Session::begin(const Plan& plan) {
  if (!start_) return {};
  for (const StoredValue& value : plan.stored()) {
    if (value.ofOptimizer || !begun_.insert(value.name).second) continue;
    const auto given = start_->find(value.name);
    if (given == start_->end()) continue;
    const data::Array& from = given->second;
    Store::Entry* entry = store_.find(value.name);
    const Tensor& to = entry->tensor;
    const formats::NetworkValue wanted{value.name, value.node, to.shape, to.type};
    if (!formats::canBegin(wanted, from.shape, from.type)) return tl::unexpected(formats::otherSize(wanted, from.shape, from.type));
    if (from.type == to.type) std::memcpy(to.data, from.bytes.data(), size_t(to.bytes()));
    else
      for (int64_t i = 0; i < to.elements(); ++i) {
        if (to.type == Type::f32) static_cast<float*>(to.data)[i] = float(from.as<double>()[i]);
        else static_cast<double*>(to.data)[i] = double(from.as<float>()[i]);
      }
  }
  return {};
}

}  // namespace engine::training
