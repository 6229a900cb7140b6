// What the program says: results to stdout, everything else to stderr.
#pragma once
#include <optional>
#include <string>

#include "engine/document/document.h"
#include "engine/document/json_values.h"
#include "engine/graph/problem.h"
#include "engine/passes/unfold.h"

namespace netw {

using engine::document::Json;

class Talk {
 public:
  bool json = false;   // stdout is one JSON document
  bool quiet = false;  // stderr has errors only

  // Whose nodes problems name from now on.
  void about(const engine::document::Document& document) { document_ = document; }

  // A line of the result.
  void result(const std::string& line);
  void result(const char* line) { result(std::string(line)); }
  void result(const Json& document);
  // Talk: not heard when quiet.
  void say(const std::string& line);
  // Drawn over the one before on a terminal; elsewhere a line every few seconds.
  void progress(const std::string& line);
  // Takes the progress line away.
  void clear();

  // As the studio shows it: "conv1, kernel_size: needs …, but got …; fix".
  std::string text(const engine::Problem& problem) const;
  Json toJson(const engine::Problem& problem) const;
  void error(const std::string& line);
  void error(const engine::Problem& problem) { error(text(problem)); }
  // Lints and the like.
  void note(const engine::Problem& problem) { say("note: " + text(problem)); }

 private:
  // The node that a problem is of, also one within a block.
  engine::Whereabouts nodeOf(const engine::Problem& problem) const;
  static std::string placeOf(const engine::Problem& problem, const engine::Whereabouts& node);
  static std::string text(const engine::Problem& problem, const engine::Whereabouts& node);

  std::optional<engine::document::Document> document_;
  bool drawn_ = false;      // a progress line stands on the terminal
  double lastProgress_ = 0;  // seconds
};

// A number of a result: "nan", "inf" and "-inf" are texts, since JSON has no such numbers.
Json numberOf(double value);
// 4 digits after the point, or more where the number is small: 0.0312, 0.00004211.
std::string shortNumber(double value);
// "1.2 MiB".
std::string sizeText(double bytes);
// "1 234 567".
std::string countText(int64_t count);
double secondsNow();

}  // namespace netw
