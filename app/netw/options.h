// The options of a verb, and how the command line becomes their values.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace netw {

class Options {
 public:
  Options();
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // Arguments by place: "MODEL". Several: the last one takes all that are left.
  void argument(const std::string& name, std::string& value, const std::string& help, bool required = true);
  void arguments(const std::string& name, std::vector<std::string>& values, const std::string& help, bool required = true);
  // "--epochs", with the word that stands for its value in the help: "N". Without help an option is not shown.
  void flag(const std::string& name, bool& value, const std::string& help);
  void option(const std::string& name, const std::string& word, std::string& value, const std::string& help);
  void option(const std::string& name, const std::string& word, int& value, const std::string& help);
  void option(const std::string& name, const std::string& word, int64_t& value, const std::string& help);
  void option(const std::string& name, const std::string& word, double& value, const std::string& help);
  void option(const std::string& name, const std::string& word, std::optional<std::string>& value, const std::string& help);
  void option(const std::string& name, const std::string& word, std::optional<int64_t>& value, const std::string& help);
  void option(const std::string& name, const std::string& word, std::optional<uint64_t>& value, const std::string& help);
  void option(const std::string& name, const std::string& word, std::optional<double>& value, const std::string& help);
  // May be given any number of times.
  void option(const std::string& name, const std::string& word, std::vector<std::string>& values, const std::string& help);
  // Numbers with commas between them.
  void option(const std::string& name, const std::string& word, std::vector<double>& values, const std::string& help);
  // One of a few words.
  void choice(const std::string& name, std::string& value, const std::vector<std::string>& words, const std::string& help, const std::string& numbered = "");

  // "" or what is wrong with the command line, a sentence without a full stop.
  std::string parse(std::span<const std::string> arguments);
  // "MODEL [OPTIONS]", and a line for each option.
  std::string usage() const;
  std::string help() const;
  std::string man() const;  // the same for a manual page

 private:
  struct Parser;
  struct Line {
    std::string name, word, help;
    bool required = true, several = false;
  };
  template <class T>
  void add(const std::string& name, const std::string& word, T& value, const std::string& help);
  std::string unknownIn(std::span<const std::string> arguments) const;

  std::unique_ptr<Parser> parser_;
  std::vector<Line> arguments_, options_;
};

// The one of `known` that was probably meant, or "".
std::string meant(const std::string& word, const std::vector<std::string>& known);

}  // namespace netw
