#include "engine/training/worker.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "engine/formats/safetensors.h"
#include "engine/training/optimizer_op.h"

namespace engine::training {

namespace {
// Of a phase: more than anybody waits for, and sums of them fit.
constexpr int64_t kMostSteps = int64_t(1) << 56;

double secondsNow() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
}  // namespace

void Run::Worker::run() {
  Done done;
  try {
    done = train();
  } catch (const std::exception& error) {  // memory that the machine does not have, most likely
    Problem problem;
    problem.needs = "more memory than there is";
    problem.got = Message("{0}", error.what());
    problem.fix = "make the batch or the network smaller";
    done = tl::unexpected(problem);
  }
  Status status;
  {
    const std::lock_guard lock(shared_.mutex);
    Status& s = shared_.status;
    if (!done) s.state = State::failed, s.problem = done.error();
    else s.state = stopped_ ? State::stopped : State::finished;
    status = s;
  }
  if (session_ && !folder_.path().empty()) {
    Done recorded = folder_.flush();
    if (recorded) recorded = folder_.record(*session_, status, progress_);
    if (!recorded) note(recorded.error());
  }
  const std::lock_guard lock(shared_.mutex);
  shared_.over = true;
  shared_.changed.notify_all();
}

Done Run::Worker::train() {
  if (Done done = prepare(); !done) return done;
  const int64_t phases = int64_t(document_.recipe().phases.size());
  while (progress_.phase < phases && !stopped_) {
    if (Done done = runPhase(); !done) return done;
    if (stopped_ || progress_.phase + 1 == phases) break;
    ++progress_.phase;
    progress_.phaseStep = 0;
    progress_.baseLearningRate.reset();
    session_->store().resetOptimizer();
  }
  return finish();
}

data::Order::Options Run::Worker::orderOf(int64_t index) const {
  const document::Phase& p = document_.recipe().phases[size_t(index)];
  return {p.batch, p.shuffle, p.dropLast, session_->seed() + uint64_t(index)};
}

int64_t Run::Worker::stepsOfPhase(int64_t index, int64_t batchesAnEpoch) const {
  const document::Phase& p = document_.recipe().phases[size_t(index)];
  if (p.steps) return std::min(*p.steps, kMostSteps);
  return p.epochs > kMostSteps / batchesAnEpoch ? kMostSteps : p.epochs * batchesAnEpoch;
}

Done Run::Worker::prepare() {
  const auto checkpointPath = options_.out + "/checkpoint.safetensors";
  SessionOptions options = options_.session;
  std::optional<formats::Safetensors> saved;
  if (options_.resume) {  // by the same ways as before, so that the bits are the same
    Result<formats::Safetensors> file = formats::readSafetensors(checkpointPath);
    if (!file) return tl::unexpected(file.error());
    saved = *std::move(file);
    Result<Checkpoint> loaded = loadCheckpoint(*saved, checkpointPath, nullptr);
    if (!loaded) return tl::unexpected(loaded.error());
    for (const std::string& question : loaded->unknownChoices) noteChoice(checkpointPath, question);
    options.choices = std::move(loaded->choices);
  }
  Result<std::unique_ptr<Session>> session = Session::open(document_, options);
  if (!session) return tl::unexpected(session.error());
  session_ = std::move(*session);
  int64_t steps = 0, epochs = 0;
  for (int64_t p = 0; p < int64_t(document_.recipe().phases.size()); ++p) {
    Result<data::Loader> loader = session_->loader(data::Part::train, orderOf(p));
    if (!loader) return tl::unexpected(loader.error());
    const int64_t batches = loader->order().batches(), inPhase = stepsOfPhase(p, batches);
    steps += inPhase;
    epochs += (inPhase + batches - 1) / batches;
    // All plans before the first step: full batches, the last one of an epoch, and evaluation.
    for (int64_t rows : {loader->order().rowsIn(0), loader->order().rowsIn(batches - 1)})
      if (Result<Plan*> plan = session_->trainPlan(size_t(p), rows); !plan) return tl::unexpected(plan.error());
  }
  // Choices are recorded with the first checkpoint: those of the evaluations to come, too.
  if (session_->choices().measures())
    if (Done done = session_->prepareEvaluation(); !done) return done;
  if (options_.resume) {
    for (const std::string& question : session_->choices().notFollowed()) noteChoice(checkpointPath, question);
    Result<Checkpoint> loaded = loadCheckpoint(*saved, checkpointPath, &session_->store());
    saved.reset();
    if (!loaded) return tl::unexpected(loaded.error());
    if (loaded->progress.phase >= int64_t(document_.recipe().phases.size()))
      return failure(checkpointPath, "a phase of the recipe", Message("phase {0}", loaded->progress.phase), "restore the recipe, or train anew");
    if (loaded->seed != session_->seed())
      return failure(checkpointPath, Message("the run's seed {0}", std::to_string(loaded->seed)), Message("{0}", std::to_string(session_->seed())),
                     "restore the seed, or train anew");
    progress_ = loaded->progress;
    if (!(loaded->origin == thisBuild())) {
      Problem lint;
      lint.severity = Severity::lint;
      lint.place = Place::file(checkpointPath);
      lint.needs = Message("build {0} with {1} for the same bits as the run that was never stopped", loaded->origin.version, loaded->origin.column);
      lint.got = Message("{0} with {1}", thisBuild().version, thisBuild().column);
      note(lint);
    }
  }
  if (!options_.resume)
    for (Problem& lint : session_->lintStart()) note(std::move(lint));
  savedAt_ = options_.resume ? progress_.step : -1;
  if (Done done = folder_.open(options_.out, document_, options_.resume, progress_.step, options_.log); !done) return done;
  const std::lock_guard lock(shared_.mutex);
  shared_.status.steps = steps;
  shared_.status.epochs = epochs;
  shared_.status.step = progress_.step;
  shared_.status.device = session_->deviceName();
  shared_.status.deviceReason = session_->deviceReason();
  return {};
}

// A way that was chosen and is none here: the rules' is taken, and bits may differ from those of the run before.
void Run::Worker::noteChoice(const std::string& path, const std::string& question) {
  Problem lint;
  lint.severity = Severity::lint;
  lint.place = Place::file(path);
  lint.needs = Message("the way that was chosen for {0}, for the same bits as before", question);
  lint.got = "a build that does not have it: the rules' way is taken";
  note(lint);
}

Done Run::Worker::runPhase() {
  const size_t index = size_t(progress_.phase);
  Result<Schedule> schedule = scheduleOf(phase());
  if (!schedule) return tl::unexpected(schedule.error());
  schedule_ = *schedule;
  Result<document::Fields> optimizer = document::completedOptimizer(phase().optimizer);
  if (!optimizer) return tl::unexpected(optimizer.error());
  baseLearningRate_ = progress_.baseLearningRate.value_or(document::number(*optimizer, "lr"));

  Result<data::Loader> loader = session_->loader(data::Part::train, orderOf(progress_.phase));
  if (!loader) return tl::unexpected(loader.error());
  batchesAnEpoch_ = loader->order().batches();
  const int64_t end = stepsOfPhase(progress_.phase, batchesAnEpoch_);
  const int64_t batch = loader->order().rowsIn(0);
  fullBatch_ = batch;
  const data::Position from = loader->order().afterSteps(progress_.phaseStep);
  Result<Plan*> plan = session_->trainPlan(index, batch);
  if (!plan) return tl::unexpected(plan.error());
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.status.plan = (*plan)->report();
  }
  if (progress_.phaseStep >= end) return {};
  Result<std::unique_ptr<data::Prefetch>> batches = data::Prefetch::start(std::move(*loader), from);
  if (!batches) return tl::unexpected(batches.error());

  set(State::running);
  while (progress_.phaseStep < end) {
    const Next next = obey();
    if (next != Next::go)
      if (Done done = settle(); !done) return done;
    if (next == Next::settle) continue;
    if (next == Next::stop) {
      stopped_ = true;
      return {};
    }
    if (Done done = step(**batches); !done) return done;
    const int64_t given = progress_.phaseStep + waiting_;
    if (given % batchesAnEpoch_ != 0 && given != end) continue;
    if (Done done = settle(); !done) return done;
    if (Done done = endEpoch(); !done) return done;
  }
  return {};
}

Done Run::Worker::step(data::Prefetch& batches) {
  Result<data::Prefetch::Batch> batch = batches.take();
  if (!batch) return tl::unexpected(batch.error());
  Result<Plan*> found = session_->trainPlan(size_t(progress_.phase), batch->rows);
  if (!found) return tl::unexpected(found.error());
  Plan& plan = **found;
  for (size_t i = 0; i < batch->bindings.size(); ++i) plan.setInput(int(i), batch->bindings[i]);

  Given given;
  given.plan = &plan, given.position = batch->position, given.rows = batch->rows;
  const int64_t phaseStep = progress_.phaseStep + waiting_;
  given.state.step = uint64_t(progress_.step + waiting_ + 1);
  given.state.update = uint64_t(phaseStep + 1);
  given.state.seed = session_->seed();
  given.epoch = phaseStep / batchesAnEpoch_;
  given.rate = learningRate(schedule_, baseLearningRate_, given.epoch, phaseStep);
  for (double& groupRate : given.state.learningRate) groupRate = given.rate;
  given.begin = secondsNow();

  if (Profiler* const profiler = profiles_ ? profilerFor(plan, batch->rows) : nullptr) {
    if (Done done = timedStep(*profiler, given); !done) return done;
  } else {
    given.number = plan.step(session_->cpu(), given.state);
    given_[waiting_++] = given;
    while (waiting_ > plan.stepsAhead())
      if (Done done = look(); !done) return done;
  }
  batches.release();  // a device has its own copy
  return {};
}

Done Run::Worker::timedStep(Profiler& profiler, const Given& given) {
  if (Done done = settle(); !done) return done;
  profiler.run(given.state);
  const StepNumbers numbers = given.plan->numbers();
  if (Done done = isSound(given, numbers); !done) return done;
  profiler.update(given.state);
  tell(given, numbers);
  if (profiler.isDone()) tellProfile();
  return {};
}

Done Run::Worker::settle() {
  while (waiting_ > 0)
    if (Done done = look(); !done) return done;
  return {};
}

Done Run::Worker::look() {
  const Given given = given_[0];
  std::move(given_ + 1, given_ + waiting_, given_);
  --waiting_;
  const StepNumbers numbers = given.plan->numbers(given.number);
  if (Done done = isSound(given, numbers); !done) return done;
  tell(given, numbers);
  return {};
}

// A step that is not has changed nothing, nor have those that were given after it.
Done Run::Worker::isSound(const Given& given, const StepNumbers& numbers) {
  if (Done done = given.plan->answer(); !done) {
    waiting_ = 0;
    // What the device still gives is saved; else the last checkpoint stays as it is.
    if (session_->fetch())
      if (Done saved = checkpoint(); !saved) note(saved.error());
    return done;
  }
  if (numbers.finite) return {};
  waiting_ = 0;
  const Problem problem = notFinite(given, numbers.loss);
  if (Done saved = checkpoint(); !saved) note(saved.error());
  return tl::unexpected(problem);
}

void Run::Worker::tell(const Given& given, const StepNumbers& numbers) {
  const double now = secondsNow(), seconds = now - std::max(given.begin, lookedAt_);
  lookedAt_ = now;
  progress_.lossSum += numbers.loss * double(given.rows);
  progress_.samples += given.rows;
  const bool countsRight = given.plan->keptCount() > 0;
  if (countsRight) progress_.rightSum += rightOf(numbers.kept[0], given.rows);
  ++progress_.step;
  ++progress_.phaseStep;
  const double loss = numbers.loss;
  const StepEvent event{progress_.step, 1, given.epoch, loss, loss, loss, loss, given.rate, numbers.gradientNorm.value_or(0), seconds};
  folder_.log(event);
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.steps.push(event);
    Status& s = shared_.status;
    s.step = progress_.step;
    s.epoch = given.epoch;
    s.learningRate = given.rate;
    s.seconds += seconds;
    s.samples += given.rows;
    if (progress_.phaseStep % batchesAnEpoch_ == 0 || !s.train) {
      s.train = Evaluation{data::Part::train, progress_.samples, 0, {}};
    }
    s.train->samples = progress_.samples;
    s.train->loss = progress_.lossSum / double(progress_.samples);
    if (countsRight) s.train->accuracy = progress_.rightSum / double(progress_.samples);
  }
  if (options_.afterStep) options_.afterStep(progress_.step);
}

// Where the plan has taken other batches since, this one is read again: its place alone says what is in it.
Done Run::Worker::giveAgain(const Given& given) {
  if (given.plan->stepsAhead() == 0) return {};
  Result<data::Loader> loader = session_->loader(data::Part::train, orderOf(progress_.phase));
  if (!loader) return tl::unexpected(loader.error());
  std::vector<Arena> memory(loader->bindings());
  std::vector<void*> slots;
  for (size_t b = 0; b < memory.size(); ++b) {
    if (Done done = memory[b].reserve(loader->bytesOf(b)); !done) return done;
    slots.push_back(memory[b].data());
    given.plan->setInput(int(b), slots[b]);
  }
  if (Result<int64_t> rows = loader->fill(given.position, slots); !rows) return tl::unexpected(rows.error());
  again_ = std::move(memory);
  return {};
}

Problem Run::Worker::notFinite(const Given& given, double loss) {
  // The step has changed nothing: the same numbers come again, and this time each is looked at.
  std::optional<NonFinite> first;
  if (Done done = giveAgain(given)) first = given.plan->findNonFinite(session_->cpu(), given.state);
  else note(done.error());
  std::string op = first ? first->op : "";  // as it is drawn, not as the plan runs it
  if (first)
    for (const Node& node : session_->network().nodes)
      if (node.id == first->node) op = node.op.name();
  Problem problem;
  problem.node = first ? first->node : 0;
  problem.needs = Message("finite numbers in step {0}", progress_.step + 1);
  const Message what = std::isnan(loss) ? Message("nan") : std::isinf(loss) ? Message("infinity") : Message("a gradient that is not finite");
  problem.got = first ? Message("{0} first in {1} ({2})", what, first->name, op) : Message("a loss of {0}", loss);
  problem.fix = Message("lower the learning rate, clip the gradients, or look at the data; the run is saved as it was after step {0}", progress_.step);
  return problem;
}

Done Run::Worker::endEpoch() {
  if (session_->source()->size(data::Part::validation) > 0)
    if (Result<Evaluation> e = evaluate(data::Part::validation); !e) return tl::unexpected(e.error());
  {
    // The means begin anew with the next epoch; what they were stays in the status until then.
    progress_.lossSum = progress_.rightSum = 0;
    progress_.samples = 0;
  }
  return checkpoint();
}

Result<Evaluation> Run::Worker::evaluate(data::Part part) {
  Result<Evaluation> result = session_->evaluate(part);
  if (!result) return result;
  const int64_t epoch = batchesAnEpoch_ > 0 && progress_.phaseStep > 0 ? (progress_.phaseStep - 1) / batchesAnEpoch_ : 0;
  EvaluationEvent event{progress_.step, epoch, *result, {}};
  folder_.log(event);
  const std::lock_guard lock(shared_.mutex);
  event.train = shared_.status.train;
  shared_.evaluations.push_back(event);
  (part == data::Part::validation ? shared_.status.validation : shared_.status.test) = *result;
  return result;
}

Done Run::Worker::checkpoint() {
  // The log first: lines past the last checkpoint are cut off when the run goes on, lines that are missing never come again.
  if (Done done = folder_.flush(); !done || savedAt_ == progress_.step) return done;
  if (Done done = saveCheckpoint(folder_.checkpointPath(), session_->store(), {progress_, thisBuild(), session_->seed(), session_->choices().inEffect()}); !done) return done;
  savedAt_ = progress_.step;
  return {};
}

Done Run::Worker::finish() {
  if (Done done = checkpoint(); !done) return done;
  if (Done done = saveWeights(folder_.weightsPath(), session_->store(), session_->classes()); !done) return done;
  if (stopped_) return {};
  if (!options_.weights.empty())
    if (Done done = saveWeights(options_.weights, session_->store(), session_->classes()); !done) return done;
  if (options_.testAtEnd && session_->source()->size(data::Part::test) > 0)
    if (Result<Evaluation> e = evaluate(data::Part::test); !e) return tl::unexpected(e.error());
  double previews;
  {
    const std::lock_guard lock(shared_.mutex);
    previews = shared_.previewSeconds;
  }
  if (previews > 0) preview(previews, true);
  return folder_.flush();
}

void Run::Worker::preview(double everySeconds, bool atOnce) {
  constexpr double kShare = 50;  // of the time at most one part in so many
  const double begin = secondsNow();
  if (waiting_ > 0 || previewedAt_ == progress_.step || (!atOnce && begin < previewsFrom_)) return;
  previewedAt_ = progress_.step;
  if (!previewer_) {
    Result<Previewer> opened = Previewer::open(*session_);
    if (!opened) return note(opened.error());
    previewer_ = std::move(*opened);
  }
  auto preview = previewer_->look(progress_.step);
  if (!preview) return note(preview.error());
  const double end = secondsNow();
  previewsFrom_ = begin + std::max(everySeconds, (end - begin) * kShare);
  const std::lock_guard lock(shared_.mutex);
  shared_.preview = *std::move(preview);
}

Profiler* Run::Worker::profilerFor(Plan& plan, int64_t rows) {
  // The last batch of an epoch may be a smaller one, with a plan of its own.
  if (rows != fullBatch_ || secondsNow() < profilesFrom_) return nullptr;
  if (!profiler_ || !profiler_->isOf(plan, rows)) profiler_.emplace(*session_, plan, rows);
  return &*profiler_;
}

void Run::Worker::tellProfile() {
  profilesFrom_ = secondsNow() + Profiler::kRest;
  auto profile = profiler_->take(progress_.step);
  const std::lock_guard lock(shared_.mutex);
  shared_.profile = std::move(profile);
}

Run::Worker::Next Run::Worker::obey() {
  std::unique_lock lock(shared_.mutex);
  if (profiles_ && !shared_.profileAsked) profiler_.reset(), profilesFrom_ = 0;
  profiles_ = shared_.profileAsked;
  while (true) {
    if (const double seconds = shared_.previewSeconds; seconds > 0) {
      const bool atOnce = shared_.pauseAsked && shared_.stepsAsked == 0;
      lock.unlock();
      preview(seconds, atOnce);
      lock.lock();
    }
    if (waiting_ > 0 && asksForRest()) return Next::settle;
    if (shared_.learningRateAsked) {
      baseLearningRate_ = *std::exchange(shared_.learningRateAsked, std::nullopt);
      progress_.baseLearningRate = baseLearningRate_;
    }
    if (shared_.stopAsked) return Next::stop;
    if (!shared_.pauseAsked) {
      shared_.stepsAsked = 0;
      shared_.status.state = State::running;
      return Next::go;
    }
    shared_.status.state = State::paused;
    profilesFrom_ = 0;  // the next steps are few
    if (profiler_ && profiler_->steps() > 0 && shared_.stepsAsked == 0) {
      lock.unlock();
      tellProfile();
      lock.lock();
      profilesFrom_ = 0;
      continue;
    }
    if (shared_.stepsAsked > 0) {
      --shared_.stepsAsked;
      return Next::go;
    }
    shared_.changed.wait(lock);
    profiles_ = shared_.profileAsked;
  }
}

// What needs the numbers of the last step. The mailbox is locked.
bool Run::Worker::asksForRest() const {
  return shared_.pauseAsked || shared_.stopAsked || (shared_.previewSeconds > 0 && secondsNow() >= previewsFrom_);
}

void Run::Worker::note(Problem lint) {
  const std::lock_guard lock(shared_.mutex);
  shared_.notes.push_back(std::move(lint));
}

void Run::Worker::set(State state) {
  const std::lock_guard lock(shared_.mutex);
  shared_.status.state = state;
}

}  // namespace engine::training
