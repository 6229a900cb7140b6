#include "engine/training/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/document/json.h"
#include "engine/formats/atomic_file.h"
#include "engine/graph/op.h"

namespace engine::training {

namespace fs = std::filesystem;

namespace {

constexpr const char* kProject = "/project.netw";
constexpr const char* kRecord = "/run.json";
constexpr const char* kLog = "/log.jsonl";

nlohmann::ordered_json numberOf(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

nlohmann::ordered_json jsonOf(const Evaluation& evaluation) {
  nlohmann::ordered_json json;
  json["samples"] = evaluation.samples;
  json["loss"] = numberOf(evaluation.loss);
  if (evaluation.accuracy) json["accuracy"] = numberOf(*evaluation.accuracy);
  return json;
}

const char* nameOf(State state) {
  switch (state) {
    case State::preparing: return "preparing";
    case State::running: return "running";
    case State::paused: return "paused";
    case State::finished: return "finished";
    case State::stopped: return "stopped";
    case State::failed: return "failed";
  }
  return "";
}

// The number of the step that a line of the log is about; -1 for what is no such line.
int64_t stepOf(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return -1;
  const auto at = json.find("step");
  return at != json.end() && at->is_number_integer() ? at->get<int64_t>() : -1;
}

}  // namespace

std::string jsonNumber(double value) { return std::isfinite(value) ? fmt::format("{}", value) : fmt::format("\"{}\"", std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"); }

Done RunFolder::openLog(const std::string& path, bool keep, int64_t fromStep, File& file) {
  if (keep && fs::exists(path)) {
    std::ifstream old(path);
    std::string line, kept;
    while (std::getline(old, line))
      if (const int64_t step = stepOf(line); step >= 0 && step <= fromStep) kept += line + "\n";
    if (Done done = formats::writeAtomically(path, kept); !done) return done;
  }
  file.reset(std::fopen(path.c_str(), keep ? "a" : "w"));
  if (!file) return failure(path, "a file that can be written", Message("{0}", std::strerror(errno)), "choose another folder, or make room");
  return {};
}

Done RunFolder::open(const std::string& path, const document::Document& document, bool resume, int64_t fromStep,
                     const std::string& extraLog) {
  path_ = path;
  extraPath_ = extraLog;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failure(path, "a folder for the run", Message("{0}", error.message()), "choose another one with --out");
  if (Done done = document::save(document, path + kProject); !done) return done;
  if (Done done = openLog(path + kLog, resume, fromStep, log_); !done) return done;
  if (!extraLog.empty())
    if (Done done = openLog(extraLog, resume, fromStep, extra_); !done) return done;
  return {};
}

void RunFolder::write(const char* line, size_t size) {
  std::fwrite(line, 1, size, log_.get());
  if (extra_) std::fwrite(line, 1, size, extra_.get());
}

void RunFolder::log(const StepEvent& event) {
  char line[512];
  const auto end = std::isfinite(event.loss)
                       ? fmt::format_to_n(line, sizeof line, "{{\"step\":{},\"epoch\":{},\"loss\":{},\"lr\":{},\"seconds\":{:.6f}}}\n",
                                          event.step, event.epoch, event.loss, event.learningRate, event.seconds)
                       : fmt::format_to_n(line, sizeof line, "{{\"step\":{},\"epoch\":{},\"loss\":\"{}\",\"lr\":{},\"seconds\":{:.6f}}}\n",
                                          event.step, event.epoch, event.loss, event.learningRate, event.seconds);
  write(line, std::min(end.size, sizeof line));
}

void RunFolder::log(const EvaluationEvent& event) {
  const Evaluation& e = event.evaluation;
  std::string line = fmt::format("{{\"step\":{},\"epoch\":{},\"split\":\"{}\",\"loss\":{}", event.step, event.epoch, data::nameOf(e.part), jsonNumber(e.loss));
  if (e.accuracy) line += fmt::format(",\"accuracy\":{}", jsonNumber(*e.accuracy));
  line += "}\n";
  write(line.data(), line.size());
}

Done RunFolder::flush() {
  for (auto [file, path] : {std::pair(log_.get(), path_ + kLog), std::pair(extra_.get(), extraPath_)}) {
    if (!file) continue;
    errno = 0;
    if (std::fflush(file) == 0 && !std::ferror(file)) continue;
    // A line before may have failed; the disk was most likely full then.
    return failure(path, "room for the log", Message("{0}", std::strerror(errno ? errno : ENOSPC)), "make room on the disk, then go on with --resume");
  }
  return {};
}

Done RunFolder::record(const Session& session, const Status& status, const Progress& progress) {
  nlohmann::ordered_json json;
  const Origin origin = thisBuild();
  json["netwright.run"] = 1;
  json["project"] = session.document().name();
  json["state"] = nameOf(status.state);
  json["build"] = origin.version;
  json["column"] = origin.column;
  json["choices"] = nlohmann::ordered_json::object();  // those that are not the rules'
  for (const auto& [question, way] : session.choices().inEffect()) json["choices"][question] = nameOf(way);
  json["threads"] = session.threads();
  json["seed"] = session.seed();
  if (session.source()) {
    json["data"]["source"] = session.source()->name();
    json["data"]["fingerprint"] = fmt::format("{:016x}", session.source()->fingerprint());
    for (data::Part part : data::kParts) json["data"][std::string(data::nameOf(part))] = session.source()->size(part);
  }
  json["steps"] = progress.step;
  json["epochs"] = status.epochsBegun();
  json["seconds"] = status.seconds;
  json["memory"]["plan"] = status.plan.planBytes();
  if (status.train) json["train"] = jsonOf(*status.train);
  if (status.validation) json["validation"] = jsonOf(*status.validation);
  if (status.test) json["test"] = jsonOf(*status.test);
  if (status.problem) json["problem"] = toString(*status.problem);
  return formats::writeAtomically(path_ + kRecord, json.dump(2) + "\n");
}

namespace {
// Folders of runs are numbers: the largest one, 0 when there is none.
int lastNumber(const fs::path& runs) {
  int last = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(runs, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.empty() && name.size() < 9 && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      last = std::max(last, std::stoi(name));
  }
  return last;
}
fs::path beside(const std::string& projectPath, const char* extension) { return fs::path(projectPath).replace_extension(extension); }
}  // namespace

std::string nextRunFolder(const std::string& projectPath) {
  const fs::path runs = beside(projectPath, ".runs");
  return (runs / fmt::format("{:04}", lastNumber(runs) + 1)).string();
}
std::optional<std::string> lastRunFolder(const std::string& projectPath) {
  const fs::path runs = beside(projectPath, ".runs");
  const int last = lastNumber(runs);
  if (last == 0) return std::nullopt;
  return (runs / fmt::format("{:04}", last)).string();
}
std::string weightsPath(const std::string& projectPath) { return beside(projectPath, ".safetensors").string(); }

}  // namespace engine::training
