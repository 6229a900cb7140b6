#include "engine/training/session.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <system_error>
#include <thread>

#include "engine/data/open.h"
#include "engine/data/split.h"
#include "engine/data/statistics.h"
#include "engine/training/choices.h"
#include "engine/document/expand.h"
#include "engine/passes/unfold.h"
#include "engine/training/optimizer_op.h"

namespace engine::training {

namespace {

Problem problemAt(NodeId node, Message needs, Message got, Message fix = {}) {
  Problem problem;
  problem.node = node;
  problem.needs = std::move(needs);
  problem.got = std::move(got);
  problem.fix = std::move(fix);
  return problem;
}

bool isLoss(const Node& node) { return std::string_view(node.op.type().info.group) == "Loss"; }
bool isBound(const Node& node) { return node.op.is("Input") || node.op.is("Target"); }

// The type in which an input's values are wanted.
Type typeOfInput(const Graph& network, int node, Type floating) {
  return infoOfSource(network.nodes[size_t(node)].op, {.floating = floating}).type;
}

Shape sampleShape(const Graph& network, int node) {
  const FieldMap fields = network.nodes[size_t(node)].op.fields();
  return Shape(std::span<const int64_t>(std::get<std::vector<int64_t>>(fields.at("shape"))));
}

// A single number may stand for a list of one.
bool sameRow(const Shape& column, const Shape& sample) {
  return column == sample || (column.rank() <= 1 && sample.rank() <= 1 && column.elements() == 1 && sample.elements() == 1);
}

int coresOfThisProcess() { return std::max(1, int(std::thread::hardware_concurrency())); }

}  // namespace

double rightOf(double share, int64_t count) {
  constexpr double kRounding = 1e-6;  // of a share in float, and a little more; shares of fewer that count are left alone
  const double right = share * double(count), whole = std::round(right);
  return std::abs(right - whole) <= kRounding * double(count) ? whole : right;
}

Result<std::unique_ptr<Session>> Session::open(const document::Document& document, const SessionOptions& options) {
  kernels::oneThreadForLibraries();
  std::unique_ptr<Session> session(new Session);
  session->document_ = document;
  session->precision_ = document.recipe().phases.front().precision;
  session->memory_ = options.memory;
  if (Done done = session->startThreads(options.threads); !done) return tl::unexpected(done.error());
  session->choices_ = kernels::Choices(options.choices.value_or(measuredChoices()));
  session->cpu_ = {session->pool_.get(), &session->choices_};
  if (Done done = session->openDevice(options); !done) return tl::unexpected(done.error());

  document::Expanded expanded = document::expand(document);
  if (!expanded.problems.empty()) return tl::unexpected(expanded.problems.front());
  Result<Unfolded> unfolded = unfold(expanded.network);
  if (!unfolded) return tl::unexpected(unfolded.error());
  session->network_ = std::move(unfolded->network);
  session->drawn_ = std::move(unfolded->values);
  const Inference inference = infer(session->network_, {kBatch, true, session->precision_});
  for (const Problem& problem : inference.problems)
    if (problem.severity == Severity::problem) return tl::unexpected(problem);

  // The share of right answers, where the loss is one of classes.
  for (const LossTerm& loss : session->losses(0)) {
    const Node node = session->network_.nodes[size_t(loss.value.node)];
    if (!node.op.is("CrossEntropyLoss") && !node.op.is("NLLLoss")) continue;
    session->network_.nodes.push_back({Op::with("Accuracy"), {node.inputs[0], node.inputs[1]}, 0, "accuracy"});
    session->accuracy_ = Value{int(session->network_.nodes.size()) - 1, 0};
    break;
  }
  if (Done done = session->readStart(options); !done) return tl::unexpected(done.error());
  if (!options.withoutData) {
    if (Done done = session->openData(options); !done) return tl::unexpected(done.error());
    if (Done done = session->bindInputs(options); !done) return tl::unexpected(done.error());
  }
  return session;
}

Done Session::startThreads(int threads) {
  constexpr int kMostThreads = 1024;  // of the largest machines that are sold
  const auto problem = [&](Message needs, Message got) {
    Problem p = problemAt(0, std::move(needs), std::move(got), "give fewer, or 0: one for each core");
    p.place = Place::field("threads");
    return tl::unexpected(p);
  };
  if (threads < 0 || threads > kMostThreads) return problem(Message("0 to {0} threads", kMostThreads), Message("{0}", threads));
  try {
    pool_ = std::make_unique<kernels::Pool>(threads > 0 ? threads : coresOfThisProcess());
  } catch (const std::system_error& error) {
    return problem(Message("{0} threads", threads), Message("{0}", error.code().message()));
  }
  return {};
}

Done Session::openData(const SessionOptions& options) {
  const document::Data& data = document_.data();
  const bool fromDocument = !options.data;
  std::string what = options.data.value_or(data.source);
  if (what.empty()) return tl::unexpected(problemAt(0, "data to work on", "none", "bind the project to a source, or give --data"));
  const auto resolved = [&](const std::string& name) {
    const auto& builtIn = data::builtInNames();
    if (std::find(builtIn.begin(), builtIn.end(), name) != builtIn.end() || !fromDocument) return name;
    const std::filesystem::path path(name);
    return path.is_absolute() ? name : (std::filesystem::path(options.folder) / path).string();
  };
  data::OpenOptions how;
  how.target = options.target.value_or("");
  for (const Node& node : network_.nodes)
    if (const document::Binding* binding = node.op.is("Target") && how.target.empty() ? data.binding(node.id) : nullptr) how.target = binding->column;
  Result<data::SourcePointer> source = data::open(resolved(what), how);
  if (!source) return tl::unexpected(source.error());
  if (options.validation) {
    Result<data::SourcePointer> other = data::open(*options.validation, how);
    if (!other) return tl::unexpected(other.error());
    const data::Part part = (*other)->size(data::Part::validation) > 0 ? data::Part::validation : data::Part::train;
    source = data::withPart(*source, data::Part::validation, *other, part);
  } else if (!options.split.empty()) {
    source = data::split(*source, options.split, data.split.seed);
  } else if (fromDocument && data.split.validation > 0 && (*source)->size(data::Part::train) > 1) {
    source = data::holdOut(*source, data.split.validation, data.split.seed);
  }
  if (!source) return tl::unexpected(source.error());
  source_ = *source;
  return {};
}

Done Session::bindInputs(const SessionOptions& options) {
  if (options.target)  // what was asked for by name is not guessed
    if (const Result<int> column = data::findColumn(*source_, *options.target); !column) return tl::unexpected(column.error());
  for (int n = 0; n < int(network_.nodes.size()); ++n)
    if (isBound(network_.nodes[size_t(n)]))
      if (Done done = bindTo(*source_, n); !done) return done;
  return checkClasses(data::Part::train);
}

// By the document's binding, or else by name, or else the only column that fits.
Done Session::bindTo(const data::Source& source, int node) {
  const Node& n = network_.nodes[size_t(node)];
  const Type type = typeOfInput(network_, node, precision_);
  const Shape shape = sampleShape(network_, node);
  const auto fits = [&](const data::Column& c) {
    return sameRow(c.shape, shape) && (isFloating(type) ? !(n.op.is("Input") && !c.classes.empty()) : !isFloating(c.type));
  };
  if (const FieldMap fields = n.op.fields(); fields.contains("batched") && !std::get<bool>(fields.at("batched")))
    return tl::unexpected(problemAt(n.id, "an Input whose samples come in batches, to be read from data", "one tensor for all of them",
                                    "set batched, or put a Constant or a Buffer in its place"));
  BoundInput bound{node, {}, {}};
  int column = -1;
  if (const document::Binding* binding = document_.data().binding(n.id)) {
    column = source.columnNamed(binding->column);
    bound.transform = {binding->scale.value_or(1), binding->mean, binding->std};
    if (column < 0) {
      const Result<int> found = data::findColumn(source, binding->column);
      Problem problem = found.error();
      problem.node = n.id;
      // A project's binding means its own data; with other data a column that fits serves as well.
      // Of several it is the one with named classes, where classes are wanted.
      int fitting = -1, count = 0;
      for (const bool named : {false, true}) {
        if (count == 1 || (named && type != Type::i64)) break;
        count = 0;
        for (int c = 0; c < int(source.columns().size()); ++c)
          if (const data::Column& candidate = source.columns()[size_t(c)]; fits(candidate) && (!named || !candidate.classes.empty())) fitting = c, ++count;
      }
      if (count != 1) return tl::unexpected(problem);
      column = fitting;
    }
  }
  if (column < 0) column = source.columnNamed(n.name);
  // A name that is only usual does not count where the column does not fit and another one does.
  int usual = -1;
  for (const char* name : {n.op.is("Input") ? "x" : "y", n.op.is("Input") ? "image" : "label"}) {
    const int c = column < 0 ? source.columnNamed(name) : -1;
    if (c >= 0 && usual < 0) usual = c;
    if (c >= 0 && fits(source.columns()[size_t(c)])) column = c;
  }
  for (int c = 0; column < 0 && c < int(source.columns().size()); ++c) {
    const bool taken = std::any_of(bindings_.begin(), bindings_.end(), [&](const BoundInput& b) { return b.column == source.columns()[size_t(c)].name; });
    if (!taken && fits(source.columns()[size_t(c)])) column = c;
  }
  if (column < 0) column = usual;
  if (column < 0) {
    std::vector<Message> all;
    for (const data::Column& c : source.columns()) all.emplace_back("{0} ({1})", c.name, c.shape);
    return tl::unexpected(problemAt(n.id, Message("a column of the data with {0}", shape), Message("{0}", all), "bind it to a column, or change its shape"));
  }
  const data::Column& chosen = source.columns()[size_t(column)];
  if (!sameRow(chosen.shape, shape)) {
    Problem problem = problemAt(n.id, Message("samples of {0}", shape), Message("{0} in the column {1}", chosen.shape, chosen.name),
                                "set its shape to that of the column");
    problem.place = Place::field("shape");
    problem.edits = {SetField{n.id, "shape", std::vector<int64_t>(chosen.shape.begin(), chosen.shape.end())}};
    return tl::unexpected(problem);
  }
  if (type == Type::i64 && !chosen.classes.empty()) classes_ = chosen.classes;
  bound.column = chosen.name;
  bindings_.push_back(bound);
  return {};
}

// Every number that is looked up must have its row.
Done Session::checkTable(data::Part part, const Node& embedding) {
  const int64_t rows = std::get<int64_t>(embedding.op.fields().at("num_embeddings"));
  for (const BoundInput& bound : bindings_) {
    if (embedding.inputs.empty() || !(embedding.inputs[0] == Value{bound.node, 0})) continue;
    Result<data::Statistics> statistics = data::statistics(*source_, part, source_->columnNamed(bound.column));
    if (!statistics) return tl::unexpected(statistics.error());
    if (statistics->rows == 0 || (statistics->minimum >= 0 && statistics->maximum < double(rows))) continue;
    if (statistics->minimum < 0)
      return tl::unexpected(problemAt(embedding.id, Message("class numbers from 0 on in {0}", bound.column), Message("{0}", int64_t(statistics->minimum)), "count the classes from 0"));
    Problem problem = problemAt(embedding.id, Message("at least {0} rows, one for each class number of {1}", int64_t(statistics->maximum) + 1, bound.column), Message("{0}", rows), "set num_embeddings to that");
    problem.place = Place::field("num_embeddings");
    problem.edits = {SetField{embedding.id, "num_embeddings", int64_t(statistics->maximum) + 1}};
    return tl::unexpected(problem);
  }
  return {};
}

// Every class number must be one that the network can answer with: a kernel would read past its row.
Done Session::checkClasses(data::Part part) {
  const Inference inference = infer(network_, {kBatch, true, precision_});
  for (const Node& node : network_.nodes) {
    if (node.op.is("Embedding")) {
      if (Done done = checkTable(part, node); !done) return done;
      continue;
    }
    if (!node.op.is("CrossEntropyLoss") && !node.op.is("NLLLoss")) continue;
    const Shape& logits = inference.nodes[size_t(node.inputs[0].node)].outputs[size_t(node.inputs[0].output)].shape;
    const int64_t classes = logits.rank() > 1 ? logits[1] : kUnknown;
    for (const BoundInput& bound : bindings_) {
      if (!(node.inputs[1] == Value{bound.node, 0}) || classes < 0) continue;
      const int column = source_->columnNamed(bound.column);
      Result<data::Statistics> statistics = data::statistics(*source_, part, column);
      if (!statistics) return tl::unexpected(statistics.error());
      if (statistics->rows == 0) continue;
      const int64_t ignored = std::get<int64_t>(node.op.fields().at("ignore_index"));
      if (statistics->minimum < 0 && statistics->minimum != double(ignored))
        return tl::unexpected(problemAt(node.id, Message("class numbers from 0 on in {0}", bound.column), Message("{0}", int64_t(statistics->minimum)),
                                        "count the classes from 0"));
      if (statistics->maximum < double(classes)) continue;
      return tl::unexpected(problemAt(node.id, Message("at least {0} scores, one for each class of {1}", int64_t(statistics->maximum) + 1, bound.column),
                                      Message("{0}", classes), "let the last layer have that many outputs"));
    }
  }
  return {};
}

std::vector<LossTerm> Session::losses(size_t phase) const {
  std::vector<LossTerm> terms;
  const auto& given = document_.recipe().phases[phase].losses;
  for (const document::Loss& loss : given)
    if (const auto index = document_.indexOf(loss.node); index && size_t(loss.output) < drawn_[*index].size())
      if (const Value value = drawn_[*index][size_t(loss.output)]) terms.push_back({value, loss.weight});
  if (!given.empty()) return terms;
  for (int n = 0; n < int(network_.nodes.size()); ++n)
    if (isLoss(network_.nodes[size_t(n)])) terms.push_back({{n, 0}, 1});
  return terms;
}

std::vector<Value> Session::predictions() const {
  std::vector<Value> values;
  for (const LossTerm& loss : losses(0)) {
    const Node& node = network_.nodes[size_t(loss.value.node)];
    if (isLoss(node) && std::find(values.begin(), values.end(), node.inputs[0]) == values.end()) values.push_back(node.inputs[0]);
  }
  if (!values.empty()) return values;
  std::vector<bool> read(network_.nodes.size());
  for (const Node& node : network_.nodes)
    for (Value v : node.inputs)
      if (v) read[size_t(v.node)] = true;
  for (int n = 0; n < int(network_.nodes.size()); ++n)
    if (!read[size_t(n)] && !isBound(network_.nodes[size_t(n)])) values.push_back({n, 0});
  return values;
}

Result<std::unique_ptr<Plan>> Session::makeTrainPlan(size_t phase, int64_t batch) {
  PlanRequest request;
  request.infer = {batch, true, precision_};
  request.losses = losses(phase);
  if (request.losses.empty())
    return tl::unexpected(problemAt(0, "a loss to make small", "none", "add a loss node, or give --loss"));
  Result<Optimization> optimization = optimizationOf(document_.recipe().phases[phase]);
  if (!optimization) return tl::unexpected(optimization.error());
  request.optimization = *optimization;
  if (accuracy_) request.keep.push_back(*accuracy_);
  request.device = device_.get();
  return makePlan(network_, request, cpu_);
}

Result<PlanReport> Session::forecast(size_t phase, int64_t batch) {
  Result<std::unique_ptr<Plan>> plan = makeTrainPlan(phase, batch);
  if (!plan) return tl::unexpected(plan.error());
  return (*plan)->report();
}

Result<Plan*> Session::trainPlan(size_t phase, int64_t batch) {
  std::unique_ptr<Plan>& place = trainPlans_[{phase, batch}];
  if (place) return place.get();
  Result<std::unique_ptr<Plan>> plan = makeTrainPlan(phase, batch);
  if (!plan) return tl::unexpected(plan.error());
  if (beyondMemory(**plan) > 0) return tl::unexpected(tooLarge(**plan, batch, [&](int64_t smaller) { return makeTrainPlan(phase, smaller); }));
  return admit(std::move(*plan), place);
}

Result<RunForecast> Session::forecastRun(const ForecastOptions& options) {
  RunForecast forecast;
  std::map<std::string, int64_t, std::less<>> stored;
  const auto take = [&](Result<std::unique_ptr<Plan>> plan) -> Result<PlanReport> {
    if (!plan) return tl::unexpected(plan.error());
    forecast.plans.push_back(std::move(*plan));
    const Plan& made = *forecast.plans.back();
    for (const StoredValue& value : made.stored()) stored[value.name] = value.info.shape.elements() * bytesOf(value.info.type);
    forecast.arenaBytes = std::max(forecast.arenaBytes, made.report().arenaBytes);
    forecast.onceBytes += made.report().onceBytes;
    if (device_) forecast.deviceBytes += made.ownDeviceBytes();
    return made.report();
  };
  const auto rowsOf = [&](data::Part part) { return options.rows ? (*options.rows)[size_t(part)] : source_ ? source_->size(part) : 0; };
  // Sizes of the batches of a part: full ones, and the last one.
  const auto sizesOf = [&](data::Part part, int64_t batch, bool dropLast) {
    const int64_t rows = rowsOf(part);
    std::set<int64_t, std::greater<>> sizes{batch};
    if (rows > batch && rows % batch > 0 && !dropLast) sizes.insert(rows % batch);
    return sizes;
  };
  const bool trains = !losses(0).empty();
  for (size_t p = 0; p < document_.recipe().phases.size() && trains; ++p)
    for (int64_t batch : sizesOf(data::Part::train, options.batch.value_or(phase(p).batch), phase(p).dropLast)) {
      Result<PlanReport> report = take(makeTrainPlan(p, batch));
      if (!report) return tl::unexpected(report.error());
      if (report->planBytes() > forecast.plan.planBytes()) forecast.plan = *report, forecast.batch = batch;
      forecast.waitingBytes = std::max(forecast.waitingBytes, report->inputBytes);
    }
  std::set<int64_t, std::greater<>> evaluated;
  for (data::Part part : {data::Part::validation, data::Part::test})
    if (const int64_t rows = rowsOf(part); rows > 0) evaluated.merge(sizesOf(part, std::min(rows, kEvaluationBatch), false));
  if (!trains) evaluated.insert(options.batch.value_or(phase(0).batch));
  int64_t evaluatedBytes = 0;
  for (int64_t batch : evaluated) {
    Result<PlanReport> report = take(makeEvaluationPlan(batch));
    if (!report) return tl::unexpected(report.error());
    if (!trains && report->planBytes() > forecast.plan.planBytes()) forecast.plan = *report, forecast.batch = batch;
    evaluatedBytes = std::max(evaluatedBytes, report->inputBytes);
  }
  forecast.waitingBytes += evaluatedBytes;
  for (const auto& [name, bytes] : stored) {
    forecast.storedBytes += bytes;
    if (device_) forecast.deviceBytes += DeviceMemory::padded(bytes);
  }
  if (device_) forecast.deviceBytes += forecast.arenaBytes;
  return forecast;
}

Result<std::unique_ptr<Plan>> Session::makeEvaluationPlan(int64_t batch) {
  PlanRequest request;
  request.infer = {batch, false, precision_};
  request.losses = losses(0);
  if (accuracy_) request.keep.push_back(*accuracy_);
  for (Value v : predictions()) request.keep.push_back(v);
  request.device = device_.get();
  return makePlan(network_, request, cpu_);
}

Done Session::prepareEvaluation() {
  for (data::Part part : {data::Part::validation, data::Part::test}) {
    const int64_t rows = source_ ? source_->size(part) : 0, batch = std::min(rows, kEvaluationBatch);
    for (int64_t size : {batch, batch ? rows % batch : 0})
      if (size > 0)
        if (Result<Plan*> plan = evaluationPlan(size); !plan) return tl::unexpected(plan.error());
  }
  return {};
}

Result<Plan*> Session::evaluationPlan(int64_t batch) {
  std::unique_ptr<Plan>& place = evaluationPlans_[batch];
  if (place) return place.get();
  Result<std::unique_ptr<Plan>> plan = makeEvaluationPlan(batch);
  if (!plan) return tl::unexpected(plan.error());
  return admit(std::move(*plan), place);
}

Result<Plan*> Session::predictionPlan(int64_t batch) {
  std::unique_ptr<Plan>& place = predictionPlans_[batch];
  if (place) return place.get();
  PlanRequest request;
  request.infer = {batch, false, precision_};
  request.keep = predictions();
  request.device = device_.get();
  Result<std::unique_ptr<Plan>> plan = makePlan(network_, request, cpu_);
  if (!plan) return tl::unexpected(plan.error());
  return admit(std::move(*plan), place);
}

Result<Plan*> Session::previewPlan(int64_t batch) {
  std::unique_ptr<Plan>& place = previewPlans_[batch];
  if (place) return place.get();
  previewed_.clear();
  for (size_t i = 0; i < document_.nodes().size(); ++i)
    if (!drawn_[i].empty() && drawn_[i].front() && !network_.nodes[size_t(drawn_[i].front().node)].op.type().info.outputs.empty())
      previewed_.push_back({document_.nodes()[i]->id, drawn_[i].front()});
  size_t within = 0;
  for (size_t n = 0; n < network_.nodes.size() && within < kMostPreviewed; ++n) {
    const Node& node = network_.nodes[n];
    if (node.id == 0 || document_.node(node.id) || node.op.type().info.outputs.empty()) continue;
    previewed_.push_back({node.id, {int(n), 0}});
    ++within;
  }
  PlanRequest request;
  request.infer = {batch, false, precision_};
  for (const Previewed& one : previewed_) request.keep.push_back(one.value);
  request.optimized = false;  // every value is looked at: there is nothing to fuse, and each would be turned over
  request.device = device_.get();
  kernels::Cpu byRules{cpu_.pool};  // what a run looks at is no part of what it records
  Result<std::unique_ptr<Plan>> plan = makePlan(network_, request, byRules);
  if (!plan) return tl::unexpected(plan.error());
  return admit(std::move(*plan), place);
}

// Gives the plan its memory. Plans never run at once: they share one arena of the largest size.
Result<Plan*> Session::admit(std::unique_ptr<Plan> plan, std::unique_ptr<Plan>& place) {
  if (Done done = store_.add(plan->stored(), seed()); !done) return tl::unexpected(done.error());
  if (Done done = begin(*plan); !done) return tl::unexpected(done.error());
  place = std::move(plan);
  const int64_t bytes = place->report().arenaBytes;
  const bool grows = bytes > arenaBytes();
  if (grows && device_) device_->wait(Device::Lane::steps);  // nobody is in the old one
  if (Done done = device_ ? deviceArena_.reserve(*device_, bytes, "a step") : arena_.reserve(bytes); !done) {
    place.reset();
    return tl::unexpected(done.error());
  }
  if (!grows) {
    if (Done done = bindPlan(*place); !done) return tl::unexpected(done.error());
    return place.get();
  }
  for (auto& [key, other] : trainPlans_)
    if (other)
      if (Done done = bindPlan(*other); !done) return tl::unexpected(done.error());
  for (auto* plans : {&evaluationPlans_, &predictionPlans_, &previewPlans_})
    for (auto& [key, other] : *plans)
      if (other)
        if (Done done = bindPlan(*other); !done) return tl::unexpected(done.error());
  return place.get();
}

Done Session::bindPlan(Plan& plan) { return plan.bind(store_, device_ ? deviceArena_.data() : arena_.data(), mirror_.get()); }

Result<data::Loader> Session::loader(data::Part part, const data::Order::Options& order) const {
  std::vector<data::Binding> bindings;
  for (const BoundInput& bound : bindings_) {
    Result<int> column = data::findColumn(*source_, bound.column);
    if (!column) return tl::unexpected(column.error());
    bindings.push_back({*column, bound.transform, typeOfInput(network_, bound.node, precision_)});
  }
  return data::Loader::make(source_, part, order, std::move(bindings));
}

Result<Evaluation> Session::evaluate(data::Part part) {
  return evaluate(part, Visit());
}

Result<Evaluation> Session::evaluate(data::Part part, const Visit& visit) {
  const int64_t rows = source_->size(part);
  if (rows == 0)
    return tl::unexpected(problemAt(0, Message("data with a {0} part", std::string(data::nameOf(part))), "none",
                                    "give data that has one"));
  if (Done done = checkClasses(part); !done) return tl::unexpected(done.error());
  Result<data::Loader> loaded = loader(part, {.batch = std::min(rows, kEvaluationBatch), .shuffle = false, .dropLast = false, .seed = 0});
  if (!loaded) return tl::unexpected(loaded.error());
  std::vector<std::vector<double>> memory;  // double: aligned for every type
  std::vector<void*> slots;
  for (size_t b = 0; b < loaded->bindings(); ++b) {
    memory.emplace_back(size_t(loaded->bytesOf(b)) / sizeof(double) + 9);
    const auto at = reinterpret_cast<uintptr_t>(memory.back().data());
    slots.push_back(reinterpret_cast<void*>((at + 63) / 64 * 64));
  }
  Evaluation evaluation{part, 0, 0, {}};
  double right = 0;
  // Batches that a device was given and whose numbers nobody has looked at yet: the next one is read meanwhile.
  struct Given {
    Plan* plan;
    uint64_t number;
    int64_t rows;
  };
  std::deque<Given> waiting;
  const auto lookUntil = [&](size_t left) -> Done {
    for (; waiting.size() > left; waiting.pop_front()) {
      const Given& given = waiting.front();
      const StepNumbers numbers = given.plan->numbers(given.number);
      if (Done done = given.plan->answer(); !done) return done;
      evaluation.samples += given.rows;
      evaluation.loss += numbers.loss * double(given.rows);
      if (accuracy_) right += rightOf(numbers.kept[0], given.rows);
    }
    return {};
  };
  for (int64_t batch = 0; batch < loaded->order().batches(); ++batch) {
    Result<int64_t> count = loaded->fill({0, batch}, slots);
    if (!count) return tl::unexpected(count.error());
    if (!waiting.empty() && waiting.back().rows != *count)  // another plan may need other memory, for all
      if (Done done = lookUntil(0); !done) return tl::unexpected(done.error());
    Result<Plan*> plan = evaluationPlan(*count);
    if (!plan) return tl::unexpected(plan.error());
    for (size_t i = 0; i < slots.size(); ++i) (*plan)->setInput(int(i), slots[i]);
    StepState step;
    step.seed = seed();
    waiting.push_back({*plan, (*plan)->run(cpu_, step), *count});
    if (Done done = lookUntil(visit ? 0 : size_t((*plan)->stepsAhead())); !done) return tl::unexpected(done.error());
    if (visit)
      if (Done done = visit(**plan, slots, *count); !done) return tl::unexpected(done.error());
  }
  if (Done done = lookUntil(0); !done) return tl::unexpected(done.error());
  evaluation.loss /= double(evaluation.samples);
  if (accuracy_) evaluation.accuracy = right / double(evaluation.samples);
  return evaluation;
}

int64_t Session::dataBytes() const {
  if (!source_) return 0;
  int64_t bytes = 0;
  for (data::Part part : data::kParts)
    for (const data::Column& column : source_->columns()) bytes += source_->size(part) * column.rowBytes();
  return bytes;
}

}  // namespace engine::training
