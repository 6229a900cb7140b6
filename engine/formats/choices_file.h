// What `netw tune` measured on this machine, kept in the user's cache folder: which way convolutions and products go there
// where that is not the rules' (kernels/choices.h). It holds for one processor, one column and one version of the ways.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/problem.h"
#include "kernels/choices.h"

namespace engine::formats {

struct ChoicesFile {
  // Whose they are.
  int version = 0;  // kernels::kChoicesVersion
  std::string column, processor;
  struct Choice {
    std::string question;
    kernels::Way way;
    double seconds = 0, ruleSeconds = 0;  // by that way and by the rules', when it was measured
    bool operator==(const Choice&) const = default;
  };
  std::vector<Choice> choices;

  bool operator==(const ChoicesFile&) const = default;
  bool isOfThisMachine() const;
  kernels::ChoiceTable table() const;
};
// Of this machine and build, without choices.
ChoicesFile choicesOfThisMachine();
std::string nameOfProcessor();

// Where it is: what NETWRIGHT_CHOICES says (none: nowhere), else netwright/choices.json in XDG_CACHE_HOME or ~/.cache; "":
// nowhere.
std::string choicesPath();
Result<ChoicesFile> parseChoices(std::string_view text, const std::string& path);
Result<ChoicesFile> readChoices(const std::string& path);
std::string toText(const ChoicesFile& file);
Done saveChoices(const ChoicesFile& file, const std::string& path);  // makes the folder, too

// A table alone, as runs and checkpoints record it: {"conv2d forward ...": "winograd"}. Ways that this build does not know
// are named in `unknown`.
std::string toText(const kernels::ChoiceTable& table);
Result<kernels::ChoiceTable> parseChoiceTable(std::string_view text, const std::string& path, std::vector<std::string>& unknown);

}  // namespace engine::formats
