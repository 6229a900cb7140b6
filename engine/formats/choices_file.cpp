#include "engine/formats/choices_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/data/bytes.h"
#include "engine/document/json_text.h"
#include "engine/formats/atomic_file.h"
#include "kernels/column.h"

namespace engine::formats {

namespace fs = std::filesystem;
using document::Json;

namespace {

constexpr const char *kMark = "netwright.choices", *kFormat = "1", *kAgain = "run `netw tune` again, or delete the file";
constexpr int64_t kMostBytes = int64_t(16) << 20;
constexpr size_t kLongestQuestion = 400;
constexpr int kLevels = 4;
constexpr double kMostSeconds = 1e6;

std::string textIn(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}
double secondsIn(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number() ? at->get<double>() : -1;
}

}  // namespace

std::string nameOfProcessor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const size_t at = line.find(": "); at != std::string::npos) return line.substr(at + 2);
  return "unknown";
}

ChoicesFile choicesOfThisMachine() { return {kernels::kChoicesVersion, nameOf(kernels::column()), nameOfProcessor(), {}}; }

bool ChoicesFile::isOfThisMachine() const {
  return version == kernels::kChoicesVersion && column == nameOf(kernels::column()) && processor == nameOfProcessor();
}
kernels::ChoiceTable ChoicesFile::table() const {
  kernels::ChoiceTable table;
  for (const Choice& choice : choices) table[choice.question] = choice.way;
  return table;
}

std::string choicesPath() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const std::string told = variable("NETWRIGHT_CHOICES"); !told.empty()) return told == "none" ? "" : told;
  std::string folder = variable("XDG_CACHE_HOME");  // a path that is not absolute is to be ignored, says its specification
  if (folder.empty() || folder[0] != '/') {
    folder = variable("HOME");
    if (folder.empty()) return "";
    folder += "/.cache";
  }
  return folder + "/netwright/choices.json";
}

Result<ChoicesFile> parseChoices(std::string_view text, const std::string& path) {
  const auto broken = [&](Message got) { return failure(path, "choices that `netw tune` wrote", std::move(got), kAgain); };
  const Result<Json> json = document::readJson(text, path, kLevels);
  if (!json) return tl::unexpected(json.error());
  if (!json->is_object() || textIn(*json, kMark) != kFormat) return broken("a file without its marks");
  ChoicesFile file;
  const auto version = json->find("version");
  constexpr int64_t kMostVersions = 1 << 20;
  if (version == json->end() || !version->is_number_integer() || version->get<int64_t>() < 0 || version->get<int64_t>() > kMostVersions)
    return broken("no version");
  file.version = version->get<int>();
  file.column = textIn(*json, "column");
  file.processor = textIn(*json, "processor");
  const auto list = json->find("choices");
  if (list == json->end() || !list->is_array()) return broken("no list of choices");
  for (const Json& entry : *list) {
    if (!entry.is_object()) return broken("a choice that is none");
    const std::optional<kernels::Way> way = kernels::wayNamed(textIn(entry, "way"));
    ChoicesFile::Choice choice{textIn(entry, "what"), way.value_or(kernels::Way::direct), secondsIn(entry, "seconds"), secondsIn(entry, "rule_seconds")};
    const auto sound = [](double seconds) { return seconds >= 0 && seconds <= kMostSeconds; };
    if (choice.question.empty() || choice.question.size() > kLongestQuestion || !way || !sound(choice.seconds) || !sound(choice.ruleSeconds))
      return broken(Message("a choice that cannot be read: {0}", choice.question.substr(0, kLongestQuestion)));
    file.choices.push_back(std::move(choice));
  }
  return file;
}

Result<ChoicesFile> readChoices(const std::string& path) {
  const Result<std::vector<std::byte>> bytes = data::readFile(path, kMostBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return parseChoices({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

std::string toText(const ChoicesFile& file) {
  Json json{{kMark, kFormat}, {"version", file.version}, {"column", file.column}, {"processor", file.processor}, {"choices", Json::array()}};
  for (const ChoicesFile::Choice& choice : file.choices)
    json["choices"].push_back({{"what", choice.question}, {"way", nameOf(choice.way)}, {"seconds", choice.seconds}, {"rule_seconds", choice.ruleSeconds}});
  return document::writeJson(json);
}

Done saveChoices(const ChoicesFile& file, const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) return failure(folder.string(), "a folder for choices", Message("{0}", error.message()), "set NETWRIGHT_CHOICES to a file that can be written");
  return writeAtomically(path, toText(file));
}

std::string toText(const kernels::ChoiceTable& table) {
  Json json = Json::object();
  for (const auto& [question, way] : table) json[question] = nameOf(way);
  return json.dump();
}

Result<kernels::ChoiceTable> parseChoiceTable(std::string_view text, const std::string& path, std::vector<std::string>& unknown) {
  const Result<Json> json = document::readJson(text, path, kLevels);
  if (!json) return tl::unexpected(json.error());
  if (!json->is_object()) return failure(path, "the choices of a run", "something else", "the file is damaged: use another checkpoint");
  kernels::ChoiceTable table;
  for (const auto& [question, way] : json->items()) {
    if (const auto named = way.is_string() ? kernels::wayNamed(way.get<std::string>()) : std::nullopt) table[question] = *named;
    else unknown.push_back(question);
  }
  return table;
}

}  // namespace engine::formats
