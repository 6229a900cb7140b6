#include "engine/training/checkpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/formats/choices_file.h"
#include "engine/formats/safetensors.h"
#include "engine/graph/op.h"

namespace engine::training {

namespace {

constexpr const char* kFormat = "1";

std::vector<formats::NamedTensor> tensorsOf(const Store& store, bool withOptimizer) {
  std::vector<formats::NamedTensor> tensors;
  for (const Store::Entry& entry : store.entries())
    if (withOptimizer || !entry.ofOptimizer) tensors.push_back({entry.name, entry.tensor.type, entry.tensor.shape, entry.tensor.data});
  return tensors;
}

Done fill(const std::string& path, const formats::Safetensors& file, Store& store, bool withOptimizer) {
  store.changed();
  // First look at all, then copy: a file that does not fit changes nothing.
  for (const bool copying : {false, true})
    for (const Store::Entry& entry : store.entries()) {
      if (entry.ofOptimizer && !withOptimizer) continue;
      const formats::NamedTensor* tensor = file.find(entry.name);
      if (!tensor)
        return failure(path, Message("the values of {0}", entry.name), "none", "it belongs to another network: train anew, or choose another file");
      const bool converts = tensor->type != entry.tensor.type && isFloating(tensor->type) && isFloating(entry.tensor.type);
      if (!(tensor->shape == entry.tensor.shape) || (tensor->type != entry.tensor.type && !converts))
        return failure(path, Message("{0} with {1} ({2})", entry.name, entry.tensor.shape, entry.tensor.type),
                       Message("{0} ({1})", tensor->shape, tensor->type), "it belongs to another network: train anew, or choose another file");
      if (!copying) continue;
      if (!converts) {
        std::memcpy(entry.tensor.data, tensor->data, size_t(entry.tensor.bytes()));
        continue;
      }
      for (int64_t i = 0; i < entry.tensor.elements(); ++i) {
        if (entry.tensor.type == Type::f32) static_cast<float*>(entry.tensor.data)[i] = float(static_cast<const double*>(tensor->data)[i]);
        else static_cast<double*>(entry.tensor.data)[i] = double(static_cast<const float*>(tensor->data)[i]);
      }
    }
  return {};
}

}  // namespace

Origin thisBuild() { return {NETWRIGHT_VERSION, nameOf(column())}; }

Done saveCheckpoint(const std::string& path, const Store& store, const Checkpoint& checkpoint) {
  const Progress& p = checkpoint.progress;
  std::map<std::string, std::string> metadata = {
      {"netwright.checkpoint", kFormat},
      {"build", checkpoint.origin.version},
      {"column", checkpoint.origin.column},
      {"seed", std::to_string(checkpoint.seed)},
      {"phase", std::to_string(p.phase)},
      {"phase_step", std::to_string(p.phaseStep)},
      {"step", std::to_string(p.step)},
      // fmt prints the shortest text that reads back to the same bits.
      {"epoch_loss_sum", fmt::format("{}", p.lossSum)},
      {"epoch_right_sum", fmt::format("{}", p.rightSum)},
      {"epoch_samples", std::to_string(p.samples)}};
  if (!checkpoint.choices.empty()) metadata["choices"] = formats::toText(checkpoint.choices);
  if (p.baseLearningRate) metadata["learning_rate"] = fmt::format("{}", *p.baseLearningRate);
  return formats::writeSafetensors(path, tensorsOf(store, true), metadata);
}

Result<Checkpoint> loadCheckpoint(const std::string& path, Store& store) {
  Result<formats::Safetensors> file = formats::readSafetensors(path);
  if (!file) return tl::unexpected(file.error());
  return loadCheckpoint(*file, path, &store);
}

Result<Checkpoint> loadCheckpoint(const formats::Safetensors& file, const std::string& path, Store* store) {
  const auto& metadata = file.metadata();
  if (const auto at = metadata.find("netwright.checkpoint"); at == metadata.end() || at->second != kFormat)
    return failure(path, "a checkpoint of a run", at == metadata.end() ? Message("a file without its marks") : Message("format {0}", at->second),
                   at == metadata.end() ? "choose the checkpoint.safetensors of a run" : "use the version of Netwright that wrote it");
  std::string wrong;
  const auto read = [&](const char* key, auto& value) {
    const auto at = metadata.find(key);
    if (at == metadata.end()) return void(wrong = key);
    const std::string& text = at->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) wrong = key;
  };
  Checkpoint checkpoint;
  Progress& p = checkpoint.progress;
  read("seed", checkpoint.seed);
  read("phase", p.phase);
  read("phase_step", p.phaseStep);
  read("step", p.step);
  read("epoch_loss_sum", p.lossSum);
  read("epoch_right_sum", p.rightSum);
  read("epoch_samples", p.samples);
  if (metadata.contains("learning_rate")) read("learning_rate", p.baseLearningRate.emplace());
  if (metadata.contains("build")) checkpoint.origin.version = metadata.at("build");
  if (metadata.contains("column")) checkpoint.origin.column = metadata.at("column");
  constexpr int64_t kMostSteps = int64_t(1) << 60;  // what follows is added to it
  const bool sound = p.phase >= 0 && p.phaseStep >= 0 && p.step >= p.phaseStep && p.step <= kMostSteps && p.samples >= 0 &&
                     p.samples <= kMostSteps && std::isfinite(p.lossSum) && p.rightSum >= 0 && p.rightSum <= double(p.samples) &&
                     (!p.baseLearningRate || (std::isfinite(*p.baseLearningRate) && *p.baseLearningRate >= 0));
  if (!wrong.empty() || !sound)
    return failure(path, "the progress of a run", wrong.empty() ? Message("impossible numbers") : Message("nothing readable in {0}", wrong),
                   "the file is damaged: use another checkpoint");
  if (const auto at = metadata.find("choices"); at != metadata.end()) {
    Result<kernels::ChoiceTable> choices = formats::parseChoiceTable(at->second, path, checkpoint.unknownChoices);
    if (!choices) return tl::unexpected(choices.error());
    checkpoint.choices = *std::move(choices);
  }
  if (!store) return checkpoint;
  if (Done done = fill(path, file, *store, true); !done) return tl::unexpected(done.error());
  return checkpoint;
}

Done saveWeights(const std::string& path, const Store& store, const std::vector<std::string>& classes) {
  std::map<std::string, std::string> metadata = {{"format", "pt"}};  // the key that PyTorch's loaders ask for
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  if (!classes.empty()) metadata["classes"] = nlohmann::json(classes).dump(-1, ' ', false, kReplace);
  return formats::writeSafetensors(path, tensorsOf(store, false), metadata);
}

Done loadWeights(const std::string& path, Store& store) {
  Result<formats::Safetensors> file = formats::readSafetensors(path);
  if (!file) return tl::unexpected(file.error());
  return fill(path, *file, store, false);
}

}  // namespace engine::training
