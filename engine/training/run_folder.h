// The folder of a run: the project as it was, the run's record, its log and its last checkpoint.
#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "engine/document/document.h"
#include "engine/training/checkpoint.h"
#include "engine/training/run.h"

namespace engine::training {

class RunFolder {
 public:
  // Makes the folder where it is missing. A run that goes on keeps the log up to `fromStep` and appends; what a killed
  // run wrote past its last checkpoint will come again.
  Done open(const std::string& path, const document::Document& document, bool resume, int64_t fromStep, const std::string& extraLog);

  std::string checkpointPath() const { return path_ + "/checkpoint.safetensors"; }
  std::string weightsPath() const { return path_ + "/weights.safetensors"; }
  const std::string& path() const { return path_; }

  // Lines of netw.md's log. Written through at each evaluation and at the end.
  void log(const StepEvent& event);
  void log(const EvaluationEvent& event);
  Done flush();
  // What a person or program wants to know of the run later.
  Done record(const Session& session, const Status& status, const Progress& progress);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  Done openLog(const std::string& path, bool keep, int64_t fromStep, File& file);
  void write(const char* line, size_t size);

  std::string path_, extraPath_;
  File log_, extra_;
};

// How a double stands in JSON: the number, or "nan", "inf", "-inf".
std::string jsonNumber(double value);

}  // namespace engine::training
