// A verb of the program: `netw VERB ...`. Each has a file of its own, and a line in the table of main.cpp.
#pragma once
#include <memory>

#include "app/netw/options.h"
#include "app/netw/talk.h"

namespace netw {

// What the program exits with.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;        // what was asked failed
inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted = 130;

class Verb {
 public:
  virtual ~Verb() = default;
  // Says which options there are, and where their values go.
  virtual void options(Options& options) = 0;
  // An exit status, or the problem that ends the verb with status 1.
  virtual engine::Result<int> run(Talk& talk) = 0;
};

std::unique_ptr<Verb> makeNew();
std::unique_ptr<Verb> makeCheck();
std::unique_ptr<Verb> makeTrain();
std::unique_ptr<Verb> makeEval();
std::unique_ptr<Verb> makePredict();
std::unique_ptr<Verb> makeExport();
std::unique_ptr<Verb> makeData();
std::unique_ptr<Verb> makeDevices();
std::unique_ptr<Verb> makeBench();
std::unique_ptr<Verb> makeDraw();
std::unique_ptr<Verb> makeTune();
std::unique_ptr<Verb> makeImport();
std::unique_ptr<Verb> makeRun();
std::unique_ptr<Verb> makeGrad();
std::unique_ptr<Verb> makeDiff();

}  // namespace netw
