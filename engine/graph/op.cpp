// Ops as values: fields read, set, compared and hashed through the one visitor function of each op.
#include "engine/graph/op.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/graph/block.h"

namespace engine {

namespace {

std::vector<int64_t> listOf(const Pair& pair) { return {pair.height, pair.width}; }

class ReadFields : public FieldVisitor {
 public:
  FieldMap map;
  void boolean(const char* name, bool& v, const char*) override { map[name] = v; }
  void integer(const char* name, int64_t& v, Range, const char*) override { map[name] = v; }
  void real(const char* name, double& v, Range, const char*) override { map[name] = v; }
  void choice(const char* name, int& v, std::span<const char* const> words, const char*) override {
    map[name] = std::string(words[size_t(v)]);
  }
  void pair(const char* name, Pair& v, Range, const char*) override { map[name] = listOf(v); }
  void integers(const char* name, std::vector<int64_t>& v, Range, Length, const char*) override { map[name] = v; }
  void reals(const char* name, std::vector<double>& v, Range, Length, const char*) override { map[name] = v; }
  void text(const char* name, std::string& v, const char*) override { map[name] = v; }
};

class DescribeFields : public FieldVisitor {
 public:
  using Kind = FieldInfo::Kind;
  std::vector<FieldInfo> infos;
  void boolean(const char* n, bool& v, const char* h) override { infos.push_back({n, Kind::boolean, v, {}, {}, {}, h}); }
  void integer(const char* n, int64_t& v, Range r, const char* h) override { infos.push_back({n, Kind::integer, v, r, {}, {}, h}); }
  void real(const char* n, double& v, Range r, const char* h) override { infos.push_back({n, Kind::real, v, r, {}, {}, h}); }
  void choice(const char* n, int& v, std::span<const char* const> w, const char* h) override {
    infos.push_back({n, Kind::choice, std::string(w[size_t(v)]), {}, {}, {w.begin(), w.end()}, h});
  }
  void pair(const char* n, Pair& v, Range r, const char* h) override {
    infos.push_back({n, Kind::pair, listOf(v), r, {2, 2}, {}, h});
  }
  void integers(const char* n, std::vector<int64_t>& v, Range r, Length l, const char* h) override {
    infos.push_back({n, Kind::integers, v, r, l, {}, h});
  }
  void reals(const char* n, std::vector<double>& v, Range r, Length l, const char* h) override {
    infos.push_back({n, Kind::reals, v, r, l, {}, h});
  }
  void text(const char* n, std::string& v, const char* h) override { infos.push_back({n, Kind::text, v, {}, {}, {}, h}); }
};

Message rangeText(const Range& range) {
  if (std::isfinite(range.least) && std::isfinite(range.most)) return Message("from {0} to {1}", range.least, range.most);
  if (std::isfinite(range.least)) return range.open ? Message("above {0}", range.least) : Message("of at least {0}", range.least);
  if (std::isfinite(range.most)) return Message("of at most {0}", range.most);
  return {};
}

bool fits(double v, const Range& range) {
  if (std::isnan(v)) return false;
  return range.open ? v > range.least && v < range.most : v >= range.least && v <= range.most;
}

// A value as messages show it.
std::string textOf(const FieldValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, bool>) return v ? "true" : "false";
        else if constexpr (std::is_same_v<V, std::string>) return "\"" + v + "\"";
        else if constexpr (std::is_arithmetic_v<V>) return toString(Message("{0}", v));
        else {
          std::string list;
          for (const auto& item : v) list += (list.empty() ? "" : ", ") + toString(Message("{0}", item));
          return "[" + list + "]";
        }
      },
      value);
}

// Sets one field, by name, when the value fits.
class WriteField : public FieldVisitor {
 public:
  WriteField(const std::string& name, const FieldValue& value) : name_(name), value_(value) {}
  bool found = false;
  std::optional<Message> needs;  // what a value of this field must be, when the value is not

  void boolean(const char* name, bool& v, const char*) override {
    if (!mine(name)) return;
    if (const bool* given = std::get_if<bool>(&value_)) v = *given;
    else needs = Message("true or false");
  }
  void integer(const char* name, int64_t& v, Range range, const char*) override {
    if (!mine(name)) return;
    const auto given = whole();
    if (given && fits(double(*given), range)) v = *given;
    else needs = Message("a whole number {0}", rangeText(range));
  }
  void real(const char* name, double& v, Range range, const char*) override {
    if (!mine(name)) return;
    const double* real = std::get_if<double>(&value_);
    const int64_t* integer = std::get_if<int64_t>(&value_);
    const double given = real ? *real : integer ? double(*integer) : std::nan("");
    if (fits(given, range)) v = given;
    else needs = Message("a number {0}", rangeText(range));
  }
  void choice(const char* name, int& v, std::span<const char* const> words, const char*) override {
    if (!mine(name)) return;
    std::string all;
    for (size_t i = 0; i < words.size(); ++i) {
      if (const std::string* given = std::get_if<std::string>(&value_); given && *given == words[i]) {
        v = int(i);
        return;
      }
      if (i + 1 < words.size()) all += std::string(i ? ", " : "") + words[i];
    }
    needs = all.empty() ? Message("one of {0}", words.empty() ? "" : words.back()) : Message("one of {0} or {1}", all, words.back());
  }
  void pair(const char* name, Pair& v, Range range, const char*) override {
    if (!mine(name)) return;
    if (const auto one = whole(); one && fits(double(*one), range)) {
      v = {*one, *one};
      return;
    }
    const auto* list = std::get_if<std::vector<int64_t>>(&value_);
    if (list && list->size() == 2 && fits(double((*list)[0]), range) && fits(double((*list)[1]), range))
      v = {(*list)[0], (*list)[1]};
    else needs = Message("one or two whole numbers {0}", rangeText(range));
  }
  void integers(const char* name, std::vector<int64_t>& v, Range range, Length length, const char*) override {
    if (!mine(name)) return;
    std::vector<int64_t> given;
    bool ok = true;
    if (const auto one = whole()) given = {*one};
    else if (const auto* list = std::get_if<std::vector<int64_t>>(&value_)) given = *list;
    else if (const auto* none = std::get_if<std::vector<double>>(&value_)) ok = none->empty();
    else ok = false;
    for (int64_t item : given) ok = ok && fits(double(item), range);
    if (ok && int(given.size()) >= length.least && int(given.size()) <= length.most) v = given;
    else needs = Message("{0} to {1} whole numbers {2}", length.least, length.most, rangeText(range));
  }
  void reals(const char* name, std::vector<double>& v, Range range, Length length, const char*) override {
    if (!mine(name)) return;
    std::vector<double> given;
    bool ok = true;
    if (const auto* reals = std::get_if<std::vector<double>>(&value_)) given = *reals;
    else if (const auto* list = std::get_if<std::vector<int64_t>>(&value_)) given.assign(list->begin(), list->end());
    else if (const double* one = std::get_if<double>(&value_)) given = {*one};
    else if (const auto number = whole()) given = {double(*number)};
    else ok = false;
    for (double item : given) ok = ok && fits(item, range);
    if (ok && int(given.size()) >= length.least && int(given.size()) <= length.most) v = given;
    else needs = Message("{0} to {1} numbers {2}", length.least, length.most, rangeText(range));
  }
  void text(const char* name, std::string& v, const char*) override {
    if (!mine(name)) return;
    const std::string* given = std::get_if<std::string>(&value_);
    const auto isControl = [](char c) { return uint8_t(c) < 0x20 || c == 0x7f; };
    if (given && given->size() <= kMostOfText && std::none_of(given->begin(), given->end(), isControl)) v = *given;
    else needs = Message("a text of one line and at most {0} bytes", kMostOfText);
  }

 private:
  bool mine(const char* name) {
    if (name_ != name) return false;
    return found = true;
  }
  std::optional<int64_t> whole() const {
    if (const int64_t* i = std::get_if<int64_t>(&value_)) return *i;
    const double* d = std::get_if<double>(&value_);  // 3.0, as some writers of JSON have it
    if (d && std::nearbyint(*d) == *d && std::abs(*d) < 9e15) return int64_t(*d);
    return std::nullopt;
  }
  const std::string& name_;
  const FieldValue& value_;
};

void mix(uint64_t& hash, uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15u ^ (hash >> 29); }

}  // namespace

Op::Op(const OpType* type, std::shared_ptr<const void> data) : type_(type), name_(nullptr), data_(std::move(data)) {
  static std::map<const OpType*, std::string> names = [] {
    std::map<const OpType*, std::string> all;
    for (const OpType* t : allOps()) all.emplace(t, t->info.name);
    return all;
  }();
  const auto known = names.find(type);
  name_ = known != names.end() ? &known->second : &static_cast<const MadeOpType*>(type)->name;
}
Op::Op(const char* name, std::shared_ptr<const void> data) : Op(findOp(name), std::move(data)) {}

std::optional<Op> Op::named(std::string_view name) {
  const OpType* type = findOp(name);
  if (!type) return std::nullopt;
  return Op(type, type->create());
}

Op Op::with(std::string_view name, const FieldMap& fields) {
  Op op = *named(name);
  for (const auto& [field, value] : fields) op = *op.set(field, value);
  return op;
}

FieldMap Op::fields() const {
  ReadFields read;
  type_->fields(const_cast<void*>(data()), read);  // reads only
  return read.map;
}

Result<Op> Op::set(const std::string& field, const FieldValue& value) const {
  std::shared_ptr<void> changed = type_->copy(data());
  WriteField write(field, value);
  type_->fields(changed.get(), write);
  Problem problem;
  problem.place = Place::field(field);
  if (!write.found) {
    std::string all;
    for (const FieldInfo& info : fieldInfos(*type_)) all += (all.empty() ? "" : ", ") + info.name;
    problem.needs = all.empty() ? Message("no fields") : Message("one of its fields ({0})", all);
    problem.got = Message("{0}", field);
    return tl::unexpected(problem);
  }
  if (write.needs) {
    problem.needs = *write.needs;
    problem.got = Message("{0}", textOf(value));
    return tl::unexpected(problem);
  }
  return Op(type_, std::move(changed));
}

bool Op::operator==(const Op& other) const {
  return type_ == other.type_ && (data_ == other.data_ || fields() == other.fields());
}

uint64_t Op::hash() const {
  uint64_t hash = std::hash<std::string>{}(name());
  for (const auto& [field, value] : fields()) {
    mix(hash, std::hash<std::string>{}(field));
    std::visit(
        [&](const auto& v) {
          using V = std::decay_t<decltype(v)>;
          if constexpr (requires { v.begin(); } && !std::is_same_v<V, std::string>) {
            mix(hash, v.size());
            for (const auto& item : v) mix(hash, std::hash<std::decay_t<decltype(item)>>{}(item));
          } else mix(hash, std::hash<V>{}(v));
        },
        value);
  }
  return hash;
}

std::vector<FieldInfo> fieldInfos(const OpType& type) {
  DescribeFields describe;
  const std::shared_ptr<void> op = isBlock(type) ? createBlock(type) : type.create();
  type.fields(op.get(), describe);
  return describe.infos;
}

}  // namespace engine
