#include "app/netw/talk.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "engine/document/expand.h"

namespace netw {

using engine::Place;
using engine::Problem;

void Talk::result(const std::string& line) {
  clear();
  std::fputs((line + "\n").c_str(), stdout);
}
void Talk::result(const Json& document) {
  result(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Talk::say(const std::string& line) {
  if (quiet) return;
  clear();
  std::fputs((line + "\n").c_str(), stderr);
}
void Talk::error(const std::string& line) {
  clear();
  std::fputs(("netw: " + line + "\n").c_str(), stderr);
}

void Talk::progress(const std::string& line) {
  if (quiet) return;
  constexpr double kBetweenDrawings = 0.1, kBetweenLines = 5;  // seconds
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const double now = secondsNow();
  if (lastProgress_ == 0 && !terminal) lastProgress_ = now;  // what is over at once needs no such line
  if (now - lastProgress_ < (terminal ? kBetweenDrawings : kBetweenLines)) return;
  lastProgress_ = now;
  if (terminal) std::fputs(("\r" + line + "\x1b[K").c_str(), stderr);
  else std::fputs((line + "\n").c_str(), stderr);
  drawn_ = terminal;
}

void Talk::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

engine::Whereabouts Talk::nodeOf(const Problem& problem) const {
  return document_ && problem.node ? engine::whereIs(engine::document::expand(*document_).network, problem.node) : engine::Whereabouts();
}

// The port by its name, the field, the file.
std::string Talk::placeOf(const Problem& problem, const engine::Whereabouts& node) {
  std::string place = engine::toString(problem.place);
  const bool isPort = problem.place.kind == Place::Kind::input || problem.place.kind == Place::Kind::output;
  if (isPort && node.op) {
    const engine::Info& info = node.op->type().info;
    const bool input = problem.place.kind == Place::Kind::input;
    const auto& ports = input ? info.inputs : info.outputs;
    if (size_t(problem.place.port) < ports.size()) place = fmt::format("{} {}", input ? "input" : "output", ports[size_t(problem.place.port)].name);
  }
  return place;
}

std::string Talk::text(const Problem& problem) const { return text(problem, nodeOf(problem)); }

std::string Talk::text(const Problem& problem, const engine::Whereabouts& node) {
  const std::string place = placeOf(problem, node);
  std::string where = node.name;
  if (!place.empty()) where += (where.empty() ? "" : ", ") + place;
  return (where.empty() ? "" : where + ": ") + engine::toString(problem);
}

Json Talk::toJson(const Problem& problem) const {
  const engine::Whereabouts node = nodeOf(problem);
  Json object;
  object["node"] = node.way.empty() ? Json(nullptr) : Json(node.name);
  if (problem.node) object["id"] = engine::document::hex(problem.node);
  object["place"] = placeOf(problem, node);
  object["severity"] = problem.severity == engine::Severity::lint ? "lint" : "problem";
  object["text"] = text(problem, node);
  object["needs"] = engine::toString(problem.needs);
  object["got"] = engine::toString(problem.got);
  object["fix"] = engine::toString(problem.fix);
  return object;
}

Json numberOf(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

std::string shortNumber(double value) {
  constexpr int kDigits = 4, kMostDigits = 16;
  if (!std::isfinite(value)) return numberOf(value).get<std::string>();
  const double size = std::abs(value);
  const int decimals = size == 0 || size >= 1e-2 ? kDigits : std::min(kMostDigits, kDigits - 1 - int(std::floor(std::log10(size))));
  return fmt::format("{:.{}f}", value, decimals);
}

std::string sizeText(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(kUnits)) bytes /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", int64_t(bytes)) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string countText(int64_t count) {
  std::string text = std::to_string(count);
  for (int64_t at = int64_t(text.size()) - 3; at > (count < 0 ? 1 : 0); at -= 3) text.insert(size_t(at), " ");
  return text;
}

double secondsNow() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace netw
