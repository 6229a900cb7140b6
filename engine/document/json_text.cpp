// Builds the tree from the library's events instead of its own tree builder, which knows neither depth nor twins.
#include "engine/document/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <new>
#include <unordered_set>

namespace engine::document {
namespace {

constexpr size_t kFewMembers = 16;   // that are searched one by one
constexpr size_t kLineLength = 100;  // of lists and objects on one line, without their indent

std::string lineAndColumn(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  const auto upTo = text.substr(0, at);
  const size_t line = size_t(std::count(upTo.begin(), upTo.end(), '\n')) + 1;
  const size_t lineStart = upTo.rfind('\n') == std::string_view::npos ? 0 : upTo.rfind('\n') + 1;
  return fmt::format("line {}, column {}", line, at - lineStart + 1);
}

class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(std::string_view text, std::string path, int maxDepth)
      : text_(text), path_(std::move(path)), maxDepth_(size_t(maxDepth)) {}

  Result<Json> take(bool complete) {
    if (problem_) return tl::unexpected(std::move(*problem_));
    if (!complete) return refuse("JSON", whatEnded());
    return std::move(root_);
  }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") == std::string::npos)
      return fail("whole numbers below 2^64", Message("{0}", shortened(text)));
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // no such thing in text
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    const auto& members = level.json->get_ref<const Json::object_t&>();
    bool twice = false;
    if (members.size() < kFewMembers) {
      twice = std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.first == name; });
    } else {
      if (level.names.empty())
        for (const auto& member : members) level.names.insert(member.first);
      twice = !level.names.insert(name).second;
    }
    if (twice) return fail("each member of an object once", Message("{0} twice", shortened(name)));
    append(*level.json, name, nullptr);
    return true;
  }

  bool parse_error(size_t position, const std::string& read, const nlohmann::detail::exception& error) override {
    // What was read last, of the text's last line; the library writes line breaks so.
    constexpr std::string_view kBreak = "<U+000A>";
    const size_t line = read.rfind(kBreak);
    std::string token = line == std::string::npos ? read : read.substr(line + kBreak.size());
    token.erase(0, std::min(token.find_first_not_of(' '), token.size()));
    // What the library says of a number that is too large has the id 406.
    if (error.id == 406)
      problem_ = problemAt(position, "numbers that fit in a double", Message("{0}", shortened(token)));
    else if (position > text_.size()) problem_ = problemAt(position, "JSON", whatEnded());
    else problem_ = problemAt(position, "JSON", token.empty() ? Message() : Message("{0}", shortened(token)));
    return false;
  }

 private:
  // Why there is no more to read.
  Message whatEnded() const { return text_.find_first_not_of(" \t\r\n") == std::string_view::npos ? "an empty file" : "a text that breaks off"; }

  struct Level {
    Json* json;
    std::unordered_set<std::string> names;  // of the members, where they are many
  };

  static std::string shortened(const std::string& text) {
    constexpr size_t kShown = 40;
    std::string shown;
    for (const char c : text.substr(0, kShown)) shown += c >= 0x20 && c < 0x7f ? c : '?';
    return text.size() > kShown ? shown + "…" : shown;
  }

  // The library tells positions only with its own errors, so for ours the text is searched to where it has come.
  Problem problemAt(std::optional<size_t> position, Message needs, Message got) const {
    if (position)
      needs = Message("{0} at {1}", needs, lineAndColumn(text_, *position == 0 ? 0 : *position - 1));
    return Problem{0, Place::file(path_), Severity::problem, std::move(needs), std::move(got), {}, {}};
  }
  tl::unexpected<Problem> refuse(Message needs, Message got) {
    return tl::unexpected(problemAt({}, std::move(needs), std::move(got)));
  }
  bool fail(Message needs, Message got) {
    problem_ = problemAt({}, where().empty() ? std::move(needs) : Message("{0} at {1}", needs, where()), std::move(got));
    return false;
  }

  // The JSON path of the value that is being built.
  std::string where() const {
    std::string path;
    for (const Level& level : levels_) {
      // An element that is open is in its list already, one that is read now is not.
      if (level.json->is_array()) path += fmt::format("[{}]", level.json->size() - (&level == &levels_.back() ? 0 : 1));
      else if (!level.json->empty())
        path += fmt::format("{}{}", path.empty() ? "" : ".",
                            shortened(level.json->get_ref<const Json::object_t&>().back().first));
    }
    return path;
  }

  bool add(Json value) { return place(std::move(value)) != nullptr; }

  Json* place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *levels_.back().json;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& member = parent.get_ref<Json::object_t&>().back().second;
    member = std::move(value);
    return &member;
  }

  bool open(Json empty) {
    if (levels_.size() == maxDepth_)
      return fail(Message("at most {0} lists and objects within each other", int64_t(maxDepth_)), "more");
    levels_.push_back({place(std::move(empty)), {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string path_;
  size_t maxDepth_;
  Json root_;
  std::vector<Level> levels_;
  std::optional<Problem> problem_;
};

bool isFlatList(const Json& json) {
  return json.is_array() &&
         std::none_of(json.begin(), json.end(), [](const Json& element) { return element.is_structured(); });
}

// Single values and lists of them.
bool holdsLittle(const Json& json) {
  return std::all_of(json.begin(), json.end(),
                     [](const Json& e) { return !e.is_structured() || e.empty() || isFlatList(e); });
}

void writeText(const std::string& value, std::string& text) {
  const auto isPlain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(value.begin(), value.end(), isPlain)) {
    text += '"';
    text += value;
    text += '"';
  } else {
    text += toText(Json(value));
  }
}

// The library's own writer prepares itself anew for each value; for small ones that is most of the time.
void writeScalar(const Json& json, std::string& text) {
  char digits[32];
  const auto number = [&](auto value) { text.append(digits, std::to_chars(digits, std::end(digits), value).ptr); };
  if (json.is_string()) return writeText(json.get_ref<const std::string&>(), text);
  if (json.is_number_unsigned()) return number(json.get<uint64_t>());
  if (json.is_number_integer()) return number(json.get<int64_t>());
  if (json.is_number_float() && std::isfinite(json.get<double>())) {
    const size_t start = text.size();
    number(json.get<double>());
    // A number stays one with a point, so that it is read back as such and not as a whole one.
    if (text.find_first_of(".e", start) == std::string::npos) text += ".0";
    return;
  }
  text += toText(json);
}

void writeOnOneLine(const Json& json, std::string& text) {
  if (!json.is_structured() || json.empty()) return writeScalar(json, text);
  text += json.is_object() ? '{' : '[';
  for (auto element = json.begin(); element != json.end(); ++element) {
    if (element != json.begin()) text += ", ";
    if (json.is_object()) {
      writeText(element.key(), text);
      text += ": ";
    }
    writeOnOneLine(*element, text);
  }
  text += json.is_object() ? '}' : ']';
}

void write(const Json& json, size_t indent, std::string& text) {
  if (!json.is_structured() || json.empty()) return writeScalar(json, text);
  if (holdsLittle(json)) {
    const size_t start = text.size();
    writeOnOneLine(json, text);
    if (text.size() - start <= kLineLength) return;
    text.resize(start);
  }
  text += json.is_object() ? '{' : '[';
  for (auto element = json.begin(); element != json.end(); ++element) {
    text += element == json.begin() ? "\n" : ",\n";
    text.append(indent + 2, ' ');
    if (json.is_object()) {
      writeText(element.key(), text);
      text += ": ";
    }
    write(*element, indent + 2, text);
  }
  text += '\n';
  text.append(indent, ' ');
  text += json.is_object() ? '}' : ']';
}

}  // namespace

Result<Json> readJson(std::string_view text, const std::string& path, int maxDepth) {
  try {
    TreeBuilder builder(text, path, maxDepth);
    const bool complete = Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take(complete);
  } catch (const std::bad_alloc&) {
    return failure(path, "enough memory for the file", Message("{0} bytes of text", int64_t(text.size())));
  }
}

std::string writeJson(const Json& json) {
  std::string text;
  write(json, 0, text);
  return text + "\n";
}

}  // namespace engine::document
