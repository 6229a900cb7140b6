// Fields one after the other out of the text, into columns that grow; then what the columns are.
#include "engine/data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

namespace engine::data {
namespace {

constexpr size_t kMostColumns = 100'000;
constexpr double kMostExact = 9007199254740992;  // 2^53: every whole number below it is a double
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr const char* kFeatures = "features";

std::string column(size_t number) { return "column" + std::to_string(number + 1); }

// The separator that comes most often in the first line, outside of quotes.
char separatorOf(std::string_view text) {
  constexpr std::string_view kSeparators = ",;\t";
  int64_t counts[kSeparators.size()] = {};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    if (const size_t which = kSeparators.find(c); which != std::string_view::npos) ++counts[which];
  }
  return kSeparators[size_t(std::max_element(std::begin(counts), std::end(counts)) - counts)];
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool isMissing(std::string_view field) {
  for (const char* word : {"", "NA", "N/A", "NaN", "nan", "null"})
    if (field == word) return true;
  return false;
}

// Fields out of the text, without a copy but where a quote in quotes has to be taken out.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text), separator_(separatorOf(text)) {}

  int64_t line() const { return line_; }  // where the last row begins, from 1
  char separator() const { return separator_; }

  // The next row that is not empty; false at the end, or where a quote is not closed.
  bool next(std::vector<std::string_view>& row) {
    row.clear();
    unquoted_.clear();
    while (!rest_.empty()) {
      line_ = nextLine_;
      bool ends = false;
      while (!ends) {
        if (row.size() > kMostColumns) return true;  // more than anybody takes: told by who counts
        if (!field(row, ends)) return false;
      }
      if (row.size() > 1 || !row[0].empty()) return true;
      row.clear();
    }
    return false;
  }
  bool isBroken() const { return broken_; }

 private:
  bool field(std::vector<std::string_view>& row, bool& ends) {
    const size_t begin = separator_ == '\t' ? 0 : std::min(rest_.find_first_not_of(' '), rest_.size());
    const bool quoted = begin < rest_.size() && rest_[begin] == '"';
    std::string_view content;
    size_t at = 0;
    if (quoted) {
      if (!closed(begin + 1, content, at)) return false;
    }
    const std::string_view stops = separator_ == ',' ? ",\n" : separator_ == ';' ? ";\n" : "\t\n";
    const size_t end = std::min(rest_.find_first_of(stops, at), rest_.size());
    if (!quoted) content = trimmed(rest_.substr(0, end));
    else if (!trimmed(rest_.substr(at, end - at)).empty()) return broken_ = true, false;  // "a"b
    row.push_back(content);
    ends = end == rest_.size() || rest_[end] == '\n';
    if (ends && end < rest_.size()) ++nextLine_;
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return true;
  }
  // The content of a quoted field that begins at `from`, and the place after its last quote.
  bool closed(size_t from, std::string_view& content, size_t& after) {
    bool doubled = false;
    for (size_t at = from;; ++at) {
      at = rest_.find('"', at);
      if (at == std::string_view::npos) return broken_ = true, false;
      if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
        doubled = true;
        ++at;
        continue;
      }
      content = rest_.substr(from, at - from);
      after = at + 1;
      break;
    }
    nextLine_ += std::count(content.begin(), content.end(), '\n');
    if (doubled) {
      auto text = std::make_unique<std::string>();
      for (size_t i = 0; i < content.size(); ++i) {
        text->push_back(content[i]);
        if (content[i] == '"') ++i;
      }
      unquoted_.push_back(std::move(text));
      content = *unquoted_.back();
    }
    return true;
  }

  std::string_view rest_;
  char separator_;
  int64_t line_ = 0, nextLine_ = 1;
  bool broken_ = false;
  std::vector<std::unique_ptr<std::string>> unquoted_;  // of the row
};

// A number, with a decimal comma where commas separate nothing.
std::optional<double> numberIn(std::string_view field, char separator) {
  if (field.starts_with('+')) field.remove_prefix(1);
  double value = 0;
  const auto parse = [&](std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
  };
  if (parse(field)) return value;
  const size_t comma = separator == ';' ? field.find(',') : std::string_view::npos;
  constexpr size_t kLongest = 64;  // of a number that is written by hand or program
  if (comma == std::string_view::npos || field.size() > kLongest) return std::nullopt;
  std::string text(field);
  text[comma] = '.';
  if (parse(text)) return value;
  return std::nullopt;
}

struct CsvColumn {
  std::string name;
  bool words = false, whole = true;
  std::vector<double> numbers;        // or the number of the word, in the order in which they came
  std::map<std::string, double> known;  // words
};

class CsvSource final : public Source {
 public:
  CsvSource(std::string path, std::vector<Column> columns, std::vector<CsvColumn> values, std::vector<size_t> features, std::vector<size_t> shown)
      : Source(std::move(path), std::move(columns)), values_(std::move(values)), features_(std::move(features)), shown_(std::move(shown)) {}
  void addLint(Problem lint) { lints_.push_back(std::move(lint)); }

  int64_t size(Part part) const override { return part == Part::train ? int64_t(values_[0].numbers.size()) : 0; }

  Done read(Part part, std::span<const int64_t> rows, int column, void* to) const override {
    if (Done checked = check(part, rows, column); !checked) return checked;
    size_t at = size_t(column);
    if (!features_.empty()) {
      if (at == 0) {
        auto* out = static_cast<double*>(to);
        for (const int64_t row : rows)
          for (const size_t c : features_) *out++ = values_[c].numbers[size_t(row)];
        return {};
      }
      --at;
    }
    const std::vector<double>& numbers = values_[shown_[at]].numbers;
    if (columns_[size_t(column)].type == Type::f64) {
      for (size_t i = 0; i < rows.size(); ++i) static_cast<double*>(to)[i] = numbers[size_t(rows[i])];
    } else {
      for (size_t i = 0; i < rows.size(); ++i) static_cast<int64_t*>(to)[i] = int64_t(numbers[size_t(rows[i])]);
    }
    return {};
  }

 private:
  std::vector<CsvColumn> values_;
  std::vector<size_t> features_, shown_;  // indices of values_; the source's columns are the features, then those shown
};

// The names that the first line gives, or none where it has a number.
std::vector<std::string> namesIn(const std::vector<std::string_view>& row, char separator) {
  std::vector<std::string> names;
  for (const std::string_view field : row) {
    if (numberIn(field, separator)) return {};
    names.push_back(field.empty() ? column(names.size()) : std::string(field));
  }
  return names;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& path, int64_t limit)
      : path_(path), limit_(limit), fields_(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text) {}

  Result<std::vector<CsvColumn>> read() {
    std::vector<std::string_view> row;
    if (!fields_.next(row)) return fields_.isBroken() ? broken() : failure(path_, {"rows of numbers or words"}, {"nothing"});
    if (row.size() > kMostColumns) return failure(path_, {"at most {0} columns", int64_t(kMostColumns)}, {"more in line {0}", fields_.line()});
    const std::vector<std::string> names = namesIn(row, fields_.separator());
    columns_.resize(row.size());
    for (size_t c = 0; c < row.size(); ++c) columns_[c].name = names.empty() ? column(c) : names[c];
    if (Done done = checkNames(); !done) return tl::unexpected(done.error());
    if (names.empty())
      if (Done done = add(row); !done) return tl::unexpected(done.error());
    while (fields_.next(row))
      if (Done done = add(row); !done) return tl::unexpected(done.error());
    if (fields_.isBroken()) return broken();
    if (columns_[0].numbers.empty()) return failure(path_, {"rows below the names of the columns"}, {"none"});
    for (CsvColumn& c : columns_) sortWords(c);
    return std::move(columns_);
  }

 private:
  tl::unexpected<Problem> broken() const {
    return failure(path_, {"quotes around whole fields in line {0}", fields_.line()}, {"a quote that is not closed, or text beside one"},
                   {"write a quote inside of quotes twice"});
  }

  Done checkNames() const {
    std::vector<std::string_view> names;
    for (const CsvColumn& c : columns_) names.push_back(c.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return failure(path_, {"another name for each column"}, {"two that are named {0}", *twice}, {"rename one of them"});
    return {};
  }

  Done add(const std::vector<std::string_view>& row) {
    if (row.size() != columns_.size())
      return failure(path_, {"{0} fields in line {1}, as in the first", int64_t(columns_.size()), fields_.line()}, {"{0}", int64_t(row.size())},
                     {"put text that holds the separator in quotes"});
    bytes_ += int64_t(row.size() * sizeof(double));
    for (size_t c = 0; c < row.size(); ++c)
      if (Done done = add(row[c], columns_[c]); !done) return done;
    if (bytes_ > limit_) return failure(path_, {"at most {0} bytes in memory", limit_}, {"more, in line {0}", fields_.line()}, {"take fewer rows or columns"});
    return {};
  }

  Done add(std::string_view field, CsvColumn& c) {
    constexpr size_t kShown = 40;  // letters of a field in a message
    if (isMissing(field))
      return failure(path_, {"a value in line {0}, column {1}", fields_.line(), c.name}, field.empty() ? Message("none") : Message("{0}", field),
                     {"fill it in, or take the row out"});
    const std::optional<double> number = numberIn(field, fields_.separator());
    if (c.numbers.empty()) c.words = !number;
    if (c.words == bool(number))
      return failure(path_, {c.words ? "a word in line {0}, column {1}, as in the lines above" : "a number in line {0}, column {1}, as in the lines above", fields_.line(), c.name},
                     {"\"{0}\"", field.substr(0, kShown)}, {"correct it, or take the row out"});
    if (number) {
      c.whole = c.whole && *number == std::floor(*number) && std::abs(*number) < kMostExact;
      c.numbers.push_back(*number);
      return {};
    }
    const auto [at, isNew] = c.known.try_emplace(std::string(field), double(c.known.size()));
    constexpr size_t kOfNode = 64;  // what a map takes beside the words
    if (isNew) bytes_ += int64_t(field.size() + sizeof(std::pair<std::string, double>) + kOfNode);
    c.numbers.push_back(at->second);
    return {};
  }

  // From the order in which they came to that of their bytes.
  static void sortWords(CsvColumn& c) {
    if (!c.words) return;
    std::vector<double> places(c.known.size());
    double place = 0;
    for (auto& [word, number] : c.known) places[size_t(number)] = place++;
    for (double& number : c.numbers) number = places[size_t(number)];
  }

  const std::string& path_;
  int64_t limit_, bytes_ = 0;
  Fields fields_;
  std::vector<CsvColumn> columns_;
};

// The column of that name; else the only one of words; else the last.
size_t targetOf(const std::vector<CsvColumn>& columns, const std::string& name) {
  size_t words = columns.size(), count = 0;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].name == name) return c;
    if (columns[c].words) words = c, ++count;
  }
  return count == 1 ? words : columns.size() - 1;
}

Result<SourcePointer> sourceOf(const std::string& path, std::vector<CsvColumn> values, const std::string& targetName) {
  const size_t target = targetOf(values, targetName);
  std::vector<size_t> features, shown{target};
  Problems lints;
  for (size_t c = 0; c < values.size(); ++c) {
    if (c == target) continue;
    shown.push_back(c);
    if (!values[c].words) features.push_back(c);
    else
      lints.push_back({0, Place::file(path + ", column " + values[c].name), Severity::lint, {"numbers"}, {"words"}, {"it is left out of the features"}, {}});
  }
  std::vector<Column> columns;
  const bool taken = std::any_of(values.begin(), values.end(), [](const CsvColumn& c) { return c.name == kFeatures; });
  if (!features.empty()) columns.push_back({taken ? std::string("all ") + kFeatures : kFeatures, Type::f64, {int64_t(features.size())}, {}});
  for (const size_t c : shown) {
    Column column{values[c].name, values[c].words || values[c].whole ? Type::i64 : Type::f64, {}, {}};
    for (const auto& [word, number] : values[c].known) column.classes.push_back(word);
    values[c].known.clear();
    columns.push_back(std::move(column));
  }
  auto source = std::make_shared<CsvSource>(path, std::move(columns), std::move(values), std::move(features), std::move(shown));
  for (Problem& lint : lints) source->addLint(std::move(lint));
  return source;
}

}  // namespace

bool isCsvName(std::string_view path) { return path.ends_with(".csv") || path.ends_with(".tsv"); }

Result<SourcePointer> parseCsv(std::span<const std::byte> file, const std::string& path, const std::string& target, int64_t limit) {
  return guardMemory(path, [&]() -> Result<SourcePointer> {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    Result<std::vector<CsvColumn>> values = Reader(text, path, limit).read();
    if (!values) return tl::unexpected(values.error());
    return sourceOf(path, *std::move(values), target);
  });
}

Result<SourcePointer> openCsv(const std::string& path, const std::string& target, int64_t limit) {
  const auto bytes = readFile(path, limit);
  if (!bytes) return tl::unexpected(bytes.error());
  return parseCsv(*bytes, path, target, limit - int64_t(bytes->size()));
}

}  // namespace engine::data
