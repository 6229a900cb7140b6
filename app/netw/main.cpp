// The table of verbs, and the manners that all share: help, versions, mistakes in the command line, exit status.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "app/man.h"
#include "app/netw/verb.h"
#include "engine/device/devices.h"
#include "engine/graph/op.h"
#include "engine/training/choices.h"

namespace netw {
namespace {

struct Entry {
  const char* name;
  const char* about;
  const char* example;
  std::unique_ptr<Verb> (*make)();
  bool plans = false;  // compiles networks, by the ways that were measured on this machine
};

constexpr Entry kVerbs[] = {
    {"new", "lists the shipped projects, or copies one", "netw new fashion-mlp my.netw", makeNew},
    {"check", "every shape, parameter count, memory forecast, cost, problem and lint", "netw check my.netw --batch 64", makeCheck, true},
    {"train", "trains, and prints the result of the last evaluation", "netw train my.netw --epochs 5 --lr 1e-3 --log log.jsonl", makeTrain, true},
    {"eval", "loss and metrics of the trained model", "netw eval my.netw --data photos/", makeEval, true},
    {"predict", "labels with probabilities, or values, for pictures, rows and arrays", "netw predict my.netw boot.png --top 3", makePredict, true},
    {"export", "the trained network as ONNX or safetensors, verified", "netw export my.netw my.onnx", makeExport, true},
    {"data", "shape, classes, counts, ranges, problems and fingerprint of data", "netw data fashion-mnist", makeData},
    {"devices", "what there is to compute on, what is used, and why", "netw devices --json", makeDevices, true},
    {"bench", "step times of the reference networks on this machine", "netw bench b c --threads 1,2", makeBench, true},
    {"tune", "measures which way convolutions and products are fastest here, and keeps it", "netw tune my.netw --threads 2", makeTune},
    {"import", "a model of others as a project", "netw import resnet.onnx resnet.netw", makeImport},
    {"run", "raw arrays in, raw arrays out", "netw run resnet.onnx --input image=x.npy --output answers", makeRun, true},
    {"grad", "the loss of one step and each parameter's gradient", "netw grad resnet.onnx --input x.npy --target y.npy --loss cross_entropy --output gradients", makeGrad, true},
    {"diff", "what changed between two projects, node by node", "netw diff old.netw new.netw", makeDiff},
    {"draw", "the graph as a picture, laid out if it has no positions", "netw draw my.netw my.svg", makeDraw},
};

// Verbs of the contract that this version does not have: no misspelling of another one.
constexpr const char* kNotYet[] = {"runs"};

constexpr const char* kWords =
    "MODEL is a project (.netw), an ONNX model (.onnx) or the folder of a run. DATA is a folder of pictures by class, .npz, .npy, .csv, IDX\n"
    "files (.gz or not), or a built-in name: fashion-mnist, spirals, moons, xor, circles, blobs.\n";
constexpr const char* kManners =
    "Results go to stdout, talk to stderr. Status: 0 done, 1 what was asked failed, 2 wrong usage, 130 interrupted.\n";

std::string overview() {
  std::string text = "usage: netw VERB [WHAT] [OPTIONS]\n\n";
  for (const Entry& verb : kVerbs) text += fmt::format("  {:8}  {}\n", verb.name, verb.about);
  text += fmt::format("  {:8}  {}\n", "help", "what a verb takes, with an example: netw help train");
  return text + "\n  --version, --man (all of this as a manual page), and of every verb: --json, --quiet, --help\n\n" + kWords + kManners;
}

void addManners(Options& options, Talk& talk) {
  options.flag("--json", talk.json, "The result as JSON.");
  options.flag("--quiet", talk.quiet, "Nothing on stderr but errors.");
}

int help(const Entry& entry) {
  Talk talk;
  Options options;
  const std::unique_ptr<Verb> verb = entry.make();
  verb->options(options);
  addManners(options, talk);
  talk.result(fmt::format("usage: netw {}{}\n\n{}: {}\n\n{}\nexample: {}", entry.name, options.usage(), entry.name, entry.about, options.help(), entry.example));
  return kDone;
}

std::string manPage() {
  using namespace app;
  std::string page = manHead("netw", NETWRIGHT_VERSION, "neural networks from the command line: check, train, evaluate, convert");
  page += manSection("SYNOPSIS") + manParagraph("netw VERB [WHAT] [OPTIONS]");
  page += manSection("DESCRIPTION") + manParagraph("Does to a project what the studio, netwright(1), does, without a window.") + manParagraph(kWords);
  page += manSection("VERBS");
  Talk talk;
  for (const Entry& entry : kVerbs) {
    Options options;
    const std::unique_ptr<Verb> verb = entry.make();
    verb->options(options);
    page += manPart(fmt::format("netw {}{}", entry.name, options.usage()));
    page += manParagraph(entry.about) + options.man() + manCode(entry.example);
  }
  page += manPart("netw help [VERB]") + manParagraph("What a verb takes, with an example.");
  Options options;
  addManners(options, talk);
  page += manSection("OPTIONS OF EVERY VERB") + options.man() + manItem("--help", {}, "What the verb takes.");
  page += manSection("OPTIONS WITHOUT A VERB") + manItem("--version", {}, "Version, instruction set, CUDA.") + manItem("--man", {}, "This page: netw --man | man -l -");
  return page + manSection("EXIT STATUS") + manParagraph(kManners) + manSection("SEE ALSO") + manParagraph("netwright(1)");
}

int version() {
  Talk talk;
  std::string columns;
  talk.result(fmt::format("netw {}\ninstruction set: {}\nCUDA: {}", NETWRIGHT_VERSION, engine::nameOf(engine::column()), engine::Devices::hasModule() ? "a module is there, `netw devices` tells more" : "none, this build has no CUDA module"));
  return kDone;
}

const Entry* entryOf(const std::string& name) {
  for (const Entry& verb : kVerbs)
    if (name == verb.name) return &verb;
  return nullptr;
}

int unknownVerb(const std::string& name) {
  for (const char* later : kNotYet)
    if (name == later) {
      Talk().error(fmt::format("this version does not have the verb {} yet; `netw help` lists those that there are", name));
      return kWrongUsage;
    }
  std::vector<std::string> names{"help"};
  for (const Entry& verb : kVerbs) names.push_back(verb.name);
  const std::string near = meant(name, names);
  Talk().error(fmt::format("there is no verb {}{}", name, near.empty() ? "; `netw help` lists them" : "; did you mean " + near + "?"));
  return kWrongUsage;
}

int run(const Entry& entry, std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument == "--help" || argument == "-h") return help(entry);
  }
  Talk talk;
  Options options;
  const std::unique_ptr<Verb> verb = entry.make();
  verb->options(options);
  addManners(options, talk);
  if (const std::string wrong = options.parse(arguments); !wrong.empty()) {
    talk.error(fmt::format("{}: {}; `netw help {}` shows how", entry.name, wrong, entry.name));
    return kWrongUsage;
  }
  if (entry.plans)
    if (const auto lint = engine::training::useMeasuredChoices()) talk.note(*lint);
  const engine::Result<int> status = verb->run(talk);
  if (!status) {
    talk.error(status.error());
    if (talk.json) talk.result(Json{{"problem", talk.toJson(status.error())}});
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    talk.error("the result could not be written to stdout");
    return kFailed;
  }
  return status.value_or(kFailed);
}

int main(std::vector<std::string> words) {
  if (words.empty()) {
    std::fputs(overview().c_str(), stderr);
    return kWrongUsage;
  }
  const std::string first = words[0];
  if (first == "--version" || first == "-V") return version();
  if (first == "--man") {
    Talk().result(manPage());
    return kDone;
  }
  const bool helps = first == "help" || first == "--help" || first == "-h";
  if (helps && words.size() == 1) {
    Talk().result(overview());
    return kDone;
  }
  const std::string& name = helps ? words[1] : first;
  if (helps && name == "help") {
    Talk().result(overview());
    return kDone;
  }
  const Entry* entry = entryOf(name);
  if (!entry) return unknownVerb(name);
  return helps ? help(*entry) : run(*entry, std::span(words).subspan(1));
}

}  // namespace
}  // namespace netw

int main(int count, char** words) {
  try {
    return netw::main(std::vector<std::string>(words + 1, words + count));
  } catch (const std::exception& error) {  // memory that is not there, most likely
    std::fprintf(stderr, "netw: %s\n", error.what());
    return netw::kFailed;
  }
}
