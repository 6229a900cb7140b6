#include "ui/run/memory_forecast.h"

#include <algorithm>

#include "engine/data/bytes.h"
#include "engine/training/batch_fit.h"
#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

using engine::data::Part;
using engine::training::ForecastOptions;
using engine::training::Session;

namespace {
constexpr int kRestMilliseconds = 250;        // a forecast makes whole plans: not for each key
constexpr int kBusyMilliseconds = 2000;       // another window's run has the device
constexpr qint64 kMostWithoutRows = 1 << 16;  // of a batch, where nobody knows how many rows there are
}  // namespace

// All that a forecast depends on, for another thread.
struct MemoryForecast::Question {
  engine::document::Document document;
  engine::DeviceChoice device;
  ForecastOptions options;
  qint64 machine = 0, data = 0, rows = 0;

  // Null where nothing can be trained, or the device is in use.
  std::unique_ptr<Session> open(bool* isBusy) const {
    engine::training::SessionOptions how;
    how.withoutData = true;
    how.threads = 1;
    how.device = device;
    how.onlyLooks = true;
    how.start = std::make_shared<const engine::training::StartValues>();  // their values take no room of their own
    auto session = Session::open(document, how);
    *isBusy = !session && session.error().needs.text() == engine::training::kDeviceInUse;
    if (!session || (*session)->losses(0).empty()) return nullptr;
    return std::move(*session);
  }
  Answer answer() const {
    Answer answer;
    const std::unique_ptr<Session> session = open(&answer.isBusy);
    if (!session) return answer;
    const auto forecast = session->forecastRun(options);
    if (!forecast) return answer;
    if (const auto room = session->roomOnDevice()) answer.facts = Facts{forecast->needed(), 0, *room, qt(session->deviceName())};
    else answer.facts = Facts{forecast->needed() + data, data, machine, {}};
    return answer;
  }
  std::optional<int64_t> largest(const std::function<bool()>& isCancelled) const {
    bool isBusy = false;
    const std::unique_ptr<Session> session = open(&isBusy);
    if (!session) return std::nullopt;
    const int64_t room = session->roomOnDevice().value_or(machine - data);
    return largestBatch(*session, options, {room, document.recipe().phases.front().batch, rows > 0 ? rows : kMostWithoutRows, isCancelled});
  }
};

MemoryForecast::MemoryForecast(Project& project, Training& training, DeviceSetting& devices, QObject* parent)
    : QObject(parent), project_(project), training_(training), devices_(devices), data_(DataSummary::of(project)), machine_(engine::data::memoryOfMachine()),
      newest_(std::make_shared<std::atomic<quint64>>(0)) {
  training_.setMemory(machine_);
  timer_.setSingleShot(true);
  connect(&timer_, &QTimer::timeout, this, &MemoryForecast::find);
  connect(&project_, &Project::changed, this, [this](const engine::document::ChangeSet& changes) {
    // An empty one: of the recipe, or of another network than the one in view.
    if (changes.empty() || concernsNetwork(changes)) ask();
  });
  connect(&project_, &Project::caughtUp, this, &MemoryForecast::ask);
  connect(&project_, &Project::replaced, this, [this] {
    facts_.reset();
    ask();
    emit changed();
  });
  connect(&data_, &DataSummary::changed, this, &MemoryForecast::ask);
  connect(&training_, &Training::deviceChanged, this, &MemoryForecast::ask);
  connect(&training_, &Training::stateChanged, this, [this] {
    if (training_.isActive() && mayUseDevice()) newest_->store(0);  // who looks for the largest makes room
    if (waiting_) find();
    else if (!training_.isActive()) newest_->store(asked_), findLargest();
  });
  ask();
}

MemoryForecast::~MemoryForecast() { newest_->store(0); }

void MemoryForecast::setMachine(qint64 bytes) {
  machine_ = bytes;
  training_.setMemory(bytes);
  ask();
}

void MemoryForecast::setLargestWanted(bool wanted) {
  wanted_ = wanted;
  if (wanted_) data_.want(), findLargest();
}

void MemoryForecast::ask() {
  ++asked_;
  newest_->store(asked_);
  behind_ = true;
  largest_.reset();
  timer_.start(kRestMilliseconds);
}

MemoryForecast::Question MemoryForecast::question() const {
  Question question{project_.document(), training_.device(), {}, machine_, 0, std::max<qint64>(data_.trainRows(), 0)};
  if (question.rows == 0) return question;
  question.options.rows.emplace();
  (*question.options.rows)[size_t(Part::train)] = data_.trainRows();
  (*question.options.rows)[size_t(Part::validation)] = data_.validationRows();
  (*question.options.rows)[size_t(Part::test)] = data_.rows(Part::test);
  for (const Part part : engine::data::kParts)
    for (const auto& column : data_.columns()) question.data += data_.rows(part) * column.rowBytes();
  return question;
}

void MemoryForecast::find() {
  if (finding_) return;  // what is found is looked at again when it is there
  if (project_.document().nodes().empty() || project_.hasProblems()) return take({});
  // A run has the device, and its memory.
  waiting_ = training_.isActive() && !training_.isOnProcessor() && mayUseDevice();
  if (waiting_) return;
  data_.want();
  finding_ = true;
  inBackground(this, [question = question()] { return question.answer(); }, [this, asked = asked_](const Answer& answer) {
    finding_ = false;
    if (asked != asked_ || answer.isBusy) return timer_.start(answer.isBusy ? kBusyMilliseconds : kRestMilliseconds);
    take(answer.facts);
  }, pool());
}

void MemoryForecast::take(std::optional<Facts> facts) {
  behind_ = false;
  facts_ = std::move(facts);
  rows_ = std::max<qint64>(data_.trainRows(), 0);
  emit changed();
  findLargest();
}

void MemoryForecast::findLargest() {
  if (looking_ || behind_ || largest_ || !facts_ || (!wanted_ && facts_->fits())) return;
  if (training_.isActive() && !facts_->device.isEmpty()) return;
  looking_ = true;
  const auto look = [question = question(), newest = newest_, asked = asked_] { return question.largest([&] { return newest->load() != asked; }); };
  inBackground(this, look, [this, asked = asked_](std::optional<int64_t> largest) {
    looking_ = false;
    if (asked != asked_) return findLargest();
    if (!largest) return;  // of a run that took the device; asked again when it is over
    largest_ = *largest;
    emit changed();
  }, pool());
}

QString MemoryForecast::whyNot() const {
  if (!facts_) return {};
  int64_t batch = 0;
  for (const auto& phase : project_.document().recipe().phases) batch = std::max(batch, phase.batch);
  const QString needs = bytesText(double(facts_->needs)), room = bytesText(double(facts_->room)), at = countText(double(batch));
  return facts_->device.isEmpty() ? tr("Training at batch %1 needs %2 of memory, and this machine has %3").arg(at, needs, room)
                                  : tr("Training at batch %1 needs %2 of memory, and %3 are free on %4").arg(at, needs, room, facts_->device);
}

engine::Problems MemoryForecast::problems() const {
  if (!isTooMuch()) return {};
  engine::Problem problem;
  problem.severity = facts_->device.isEmpty() ? engine::Severity::lint : engine::Severity::problem;  // a device refuses
  problem.place = engine::Place::field(engine::training::kBatchOfRecipe);
  problem.needs = engine::Message("{0} of memory", utf8(bytesText(double(facts_->needs))));
  problem.got = facts_->device.isEmpty() ? engine::Message("{0} that this machine has", utf8(bytesText(double(facts_->room))))
                                         : engine::Message("{0} that are free on {1}", utf8(bytesText(double(facts_->room))), utf8(facts_->device));
  if (largest_ == 0) problem.fix = "make the network smaller: not even a single sample fits";
  if (largest_.value_or(0) > 0) {
    problem.fix = engine::Message("use batch {0}, the largest that fits", int64_t(*largest_));
    problem.edits = {engine::SetField{0, engine::training::kBatchOfRecipe, int64_t(*largest_)}};
  }
  return {problem};
}

}  // namespace ui
