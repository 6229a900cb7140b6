// A document made ready to work: its network compiled, its data opened, its parameters in place. Training, evaluation,
// prediction and export are done to a session; the studio and netw are its callers. One thread at a time.
#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/data/loader.h"
#include "engine/data/table.h"
#include "engine/device/devices.h"
#include "engine/document/document.h"
#include "engine/plan/plan.h"
#include "kernels/choices.h"
#include "kernels/pool.h"

namespace engine::training {

// Values of parameters and state by their names in the store.
using StartValues = std::map<std::string, data::Array, std::less<>>;

struct SessionOptions {
  std::string folder = ".";           // that paths in the document are relative to
  int threads = 0;                    // 0: one for each core that this process may use
  std::optional<std::string> data;    // instead of the document's source
  std::optional<std::string> validation;  // a source whose train rows (or validation rows, if it has some) validate
  std::optional<std::string> target = {};  // the column of the data that the first Target reads, which must be there
  std::vector<double> split;          // fractions, instead of the document's
  bool withoutData = false;           // for prediction and export: no source is opened
  DeviceChoice device = {DeviceChoice::Kind::cpu, 0};
  // Which way convolutions and products go, where that is not the rules'; none: as measured on this machine (choices.h).
  std::optional<kernels::ChoiceTable> choices = {};
  std::shared_ptr<const StartValues> start = {};  // what a run begins with, instead of the recipe's weights
  // Of the machine, in bytes: steps on the processor that take more are refused, as those are that a device has no room for. None:
  // nobody looks.
  std::optional<int64_t> memory = {};
  bool onlyLooks = false;  // at what would fit: it has a CUDA device only while nobody else does, and others wait for its end
};

// What an Input or Target of the network reads.
struct BoundInput {
  int node = 0;  // index in the network
  std::string column;
  data::Transform transform;
};

// How many of `count` answers were right, from their share as a kernel gives it: the rounding of a float is taken back.
double rightOf(double share, int64_t count);

struct Evaluation {
  data::Part part = data::Part::test;
  int64_t samples = 0;
  double loss = 0;
  std::optional<double> accuracy;
};

// The plans that a run makes, told before it begins. Memory is taken for none of them.
struct RunForecast {
  PlanReport plan;           // of the phase that takes most; of the evaluation, where nothing is trained
  int64_t batch = 1;         // of that plan
  int64_t storedBytes = 0;   // parameters and state of all phases together
  int64_t arenaBytes = 0;    // that all plans share
  int64_t onceBytes = 0;     // what plans calculate once, of all of them
  int64_t waitingBytes = 0;  // batches beside the plan's own: the next one, and the one that is evaluated
  int64_t deviceBytes = 0;   // what a CUDA device is asked for, of all plans; 0: they run on the processor
  std::vector<std::shared_ptr<const Plan>> plans;  // what preparing them took is taken as long as they are here

  // All of it.
  int64_t bytes() const { return storedBytes + plan.inputBytes + waitingBytes + onceBytes + arenaBytes; }
  // Of the memory that it computes in.
  int64_t needed() const { return deviceBytes > 0 ? deviceBytes : bytes(); }
};

// What a forecast supposes instead of what the session has.
struct ForecastOptions {
  std::optional<int64_t> batch = {};                       // of all phases
  std::optional<std::array<int64_t, data::kPartCount>> rows = {};  // of each part, as a session without data does not know them
};

// What is said where a session that only looks finds a device in use.
inline constexpr const char* kDeviceInUse = "a device that nobody computes on";
inline constexpr const char* kProcessor = "the processor";  // as Session::deviceName

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const document::Document& document, const SessionOptions& options);

  const document::Document& document() const { return document_; }
  const Graph& network() const { return network_; }  // the document's nodes, blocks unfolded; then metrics
  const document::Phase& phase(size_t i) const { return document_.recipe().phases[i]; }
  Type precision() const { return precision_; }
  uint64_t seed() const { return document_.recipe().seed; }
  const std::vector<BoundInput>& bindings() const { return bindings_; }
  const data::SourcePointer& source() const { return source_; }  // with its validation part held out; null without data
  Store& store() { return store_; }
  kernels::Cpu& cpu() { return cpu_; }
  int threads() const { return pool_->threads(); }
  Device* device() { return device_.get(); }  // that plans run on; null: the processor
  std::string deviceName() const;  // kProcessor, or "NVIDIA H200", or "NVIDIA H200, TF32"
  const Message& deviceReason() const { return deviceReason_; }  // why it is what it is
  Done fetch();  // the newest parameters are in store(); fails when the device does not give them
  // What the plans made so far asked, and what they were told.
  // What the file that the recipe begins with leaves to the seed, or has no place for.
  Problems lintStart() const;
  const kernels::Choices& choices() const { return choices_; }

  // What the phase minimises: its losses, or else every loss node of the network.
  std::vector<LossTerm> losses(size_t phase) const;
  // What the network answers with: the values that feed the losses' first inputs, or else every output that nobody reads.
  std::vector<Value> predictions() const;
  // The classes that the answer's numbers stand for, where they stand for classes.
  const std::vector<std::string>& classes() const { return classes_; }

  // Plans, made once for each size. Pointers stay until the next call that makes one needs a larger arena; then all are
  // bound anew. Makes missing parameters.
  Result<Plan*> trainPlan(size_t phase, int64_t batch);
  Done prepareEvaluation();  // makes the plans of all evaluations that a run will make
  Result<Plan*> evaluationPlan(int64_t batch);  // keeps losses, then accuracy if there is one, then predictions
  Result<Plan*> predictionPlan(int64_t batch);  // keeps predictions(), and calculates nothing else
  // Keeps previewed(): the first output of each of the document's nodes that has one, in evaluation mode; then those of nodes within
  // blocks, by the ids of their paths, the first kMostPreviewed of them.
  Result<Plan*> previewPlan(int64_t batch);
  static constexpr size_t kMostPreviewed = 1000;
  struct Previewed {
    NodeId node;
    Value value;
  };
  const std::vector<Previewed>& previewed() const { return previewed_; }
  // What a train plan will take, without memory for it.
  Result<PlanReport> forecast(size_t phase, int64_t batch);
  // What a whole run of the recipe will take.
  Result<RunForecast> forecastRun(const ForecastOptions& options = {});
  // What it can have on the session's device now; none where that is the processor.
  std::optional<int64_t> roomOnDevice() const;
  static constexpr int64_t kEvaluationBatch = 256;  // of evaluate(), where there are as many rows

  // Loss and metrics over a part, in evaluation mode. The source must have the part.
  Result<Evaluation> evaluate(data::Part part);
  // The same, with a visit after each batch: the plan with what it keeps, the batch's inputs by binding, and its rows.
  // A visit that fails ends it.
  using Visit = std::function<Done(Plan& plan, std::span<void* const> inputs, int64_t rows)>;
  Result<Evaluation> evaluate(data::Part part, const Visit& visit);
  // Whether an evaluation plan keeps the accuracy before the predictions.
  bool hasAccuracy() const { return accuracy_.has_value(); }
  // The loader's bindings for the plan's inputs, in their order.
  Result<data::Loader> loader(data::Part part, const data::Order::Options& order) const;

  int64_t arenaBytes() const { return device_ ? deviceArena_.bytes() : arena_.bytes(); }
  int64_t dataBytes() const;  // what the source keeps in memory

 private:
  Session() = default;
  Done startThreads(int threads);
  Done openDevice(const SessionOptions& options);
  Done chooseDevice(const DeviceChoice& choice, bool onlyLooks);
  // session_device.cpp. Of the plan, in bytes. The problem names the largest batch that fits.
  int64_t missingOnDevice(const Plan& plan) const;
  int64_t freeOnDevice(const Plan& plan) const;
  int64_t beyondMemory(const Plan& plan) const;  // in bytes, of a device or of the machine; 0 or less: it fits
  Problem tooLarge(const Plan& plan, int64_t batch, const std::function<Result<std::unique_ptr<Plan>>(int64_t)>& make) const;
  Done bindPlan(Plan& plan);
  Done bindInputs(const SessionOptions& options);
  Done bindTo(const data::Source& source, int node);
  Done checkClasses(data::Part part);
  Done checkTable(data::Part part, const Node& embedding);
  Done openData(const SessionOptions& options);
  Done readStart(const SessionOptions& options);  // session_start.cpp
  Done begin(const Plan& plan);
  Result<Plan*> admit(std::unique_ptr<Plan> plan, std::unique_ptr<Plan>& place);
  Result<std::unique_ptr<Plan>> makeTrainPlan(size_t phase, int64_t batch);
  Result<std::unique_ptr<Plan>> makeEvaluationPlan(int64_t batch);

  document::Document document_;
  Graph network_;
  std::vector<std::vector<Value>> drawn_;  // by node of the document and output: where it is in network_
  Type precision_ = Type::f32;
  std::vector<BoundInput> bindings_;
  data::SourcePointer source_;
  std::vector<std::string> classes_;
  std::optional<Value> accuracy_;
  std::unique_ptr<kernels::Pool> pool_;
  kernels::Choices choices_;
  kernels::Cpu cpu_;
  DeviceUse use_;  // of the device
  std::unique_ptr<Device> device_;
  Message deviceReason_;
  bool computesInTf32_ = false;
  std::optional<int64_t> memory_;  // of the machine, where somebody looks
  bool startsFromFile_ = false;  // that the recipe names
  std::shared_ptr<const StartValues> start_;  // null: all is drawn from the seed
  std::set<std::string, std::less<>> begun_;  // what has its first value
  Store store_;
  std::unique_ptr<StoreMirror> mirror_;
  Arena arena_;
  DeviceMemory deviceArena_;
  std::map<std::pair<size_t, int64_t>, std::unique_ptr<Plan>> trainPlans_;
  std::map<int64_t, std::unique_ptr<Plan>> evaluationPlans_, predictionPlans_, previewPlans_;
  std::vector<Previewed> previewed_;
};

}  // namespace engine::training
