// What the next step depends on, in one safetensors file: parameters, running statistics, moments of the optimizer, and
// the progress of the run. The bytes depend on the run alone, not on threads, time or folder.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/store.h"
#include "kernels/choices.h"

namespace engine::formats {
class Safetensors;
}

namespace engine::training {

struct Progress {
  int64_t phase = 0;
  int64_t phaseStep = 0;  // steps done in this phase: the place in the data and in the schedule follow from it
  int64_t step = 0;       // steps done in all
  std::optional<double> baseLearningRate;  // set by hand during the run
  // Sums over the epoch so far, so that its means are those of the run that was never stopped.
  double lossSum = 0, rightSum = 0;
  int64_t samples = 0;
  bool operator==(const Progress&) const = default;
};

// Who wrote a checkpoint: the bits of the steps after it are the same for the same build and column only.
struct Origin {
  std::string version, column;
  bool operator==(const Origin&) const = default;
};
Origin thisBuild();

struct Checkpoint {
  Progress progress;
  Origin origin;
  uint64_t seed = 0;
  kernels::ChoiceTable choices = {};  // those that are not the rules'
  std::vector<std::string> unknownChoices = {};  // questions with a way that this build does not know
};

Done saveCheckpoint(const std::string& path, const Store& store, const Checkpoint& checkpoint);
// Fills the store, which must hold the same values under the same names; after a problem it is as it was.
Result<Checkpoint> loadCheckpoint(const std::string& path, Store& store);
// The same out of what was read already; `path` is for messages. Where there is no store only what stands beside the values is
// read: a run that goes on needs its choices before it can make the store.
Result<Checkpoint> loadCheckpoint(const formats::Safetensors& file, const std::string& path, Store* store);

// Parameters and running statistics alone, by PyTorch's names. What the classes are called, where there are some, stands in
// the metadata as a list in JSON, under "classes".
Done saveWeights(const std::string& path, const Store& store, const std::vector<std::string>& classes = {});
// A value that is missing in the file, or has another shape there, is a problem; more in the file is none.
Done loadWeights(const std::string& path, Store& store);

}  // namespace engine::training
