// What the fields of every op must be: saved and set back without loss, part of equality and hash, guarded by their
// range, explained. And that rules survive any shapes.
#pragma once
#include <limits>

#include "tests/engine/op_case.h"

namespace engine::tests {

// Values that differ from `value` and that the field should take.
inline std::vector<FieldValue> othersThatFit(const FieldInfo& info) {
  const auto number = [&](double least, double v) { return std::isfinite(info.range.most) ? (info.range.most + least) / 2 : v; };
  const double least = std::isfinite(info.range.least) ? info.range.least : -10;
  switch (info.kind) {
    case FieldInfo::Kind::boolean: return {!std::get<bool>(info.initial)};
    case FieldInfo::Kind::integer: {
      const int64_t v = std::get<int64_t>(info.initial);
      if (double(v + 1) < info.range.most) return {v + 1};
      return {v - 1};
    }
    case FieldInfo::Kind::real: {
      const double v = std::get<double>(info.initial), other = number(least, std::max(v, least) + 0.75);
      return {other == v ? (other + least) / 2 : other};
    }
    case FieldInfo::Kind::choice: {
      std::vector<FieldValue> words;
      for (const std::string& word : info.words)
        if (word != std::get<std::string>(info.initial)) words.push_back(word);
      return words;
    }
    case FieldInfo::Kind::pair: {
      const auto v = std::get<std::vector<int64_t>>(info.initial);
      return {std::vector<int64_t>{v[0] + 1, v[1]}, std::vector<int64_t>{v[0], v[1] + 1}};
    }
    case FieldInfo::Kind::integers: {
      auto v = std::get<std::vector<int64_t>>(info.initial);
      const int64_t item = int64_t(std::max(least, 0.0)) + 1;
      if (!v.empty()) {
        ++v[0];
        return {v};
      }
      return {std::vector<int64_t>(size_t(std::max(1, info.length.least)), item)};
    }
    case FieldInfo::Kind::reals: {
      auto v = std::get<std::vector<double>>(info.initial);
      if (!v.empty()) {
        v[0] = number(least, v[0] + 0.75) == v[0] ? (v[0] + least) / 2 : number(least, v[0] + 0.75);
        return {v};
      }
      return {std::vector<double>(size_t(std::max(1, info.length.least)), number(least, std::max(least, 0.0) + 0.75))};
    }
    case FieldInfo::Kind::text: return {std::get<std::string>(info.initial) + "a, b"};
  }
  return {};
}

// Values that no such field may take.
inline std::vector<FieldValue> misfits(const FieldInfo& info) {
  using Kind = FieldInfo::Kind;
  const bool whole = info.kind == Kind::integer || info.kind == Kind::pair || info.kind == Kind::integers;
  const bool list = info.kind == Kind::integers || info.kind == Kind::reals;
  std::vector<FieldValue> bad;
  if (info.kind == Kind::text) return {std::string("two\nlines"), std::string(kMostOfText + 1, 'x'), true, int64_t(1), 0.5, std::vector<int64_t>{1}};
  if (info.kind != Kind::choice) bad.push_back(std::string("nonsense"));
  else bad.push_back(std::string("no such word")), bad.push_back(int64_t(0));
  if (info.kind != Kind::boolean) bad.push_back(true);
  if (info.kind == Kind::boolean || info.kind == Kind::choice) return bad;
  bad.push_back(std::nan(""));
  const auto add = [&](double v) {
    const FieldValue one = whole ? FieldValue(int64_t(v)) : FieldValue(v);
    bad.push_back(one);
    if (list) bad.push_back(whole ? FieldValue(std::vector<int64_t>{int64_t(v)}) : FieldValue(std::vector<double>{v}));
  };
  if (std::isfinite(info.range.least)) add(info.range.open ? info.range.least : info.range.least - 1);
  if (std::isfinite(info.range.most)) add(info.range.open ? info.range.most : info.range.most + 1);
  if (list) bad.push_back(std::vector<double>(size_t(info.length.most) + 1, std::max(1.0, info.range.least)));
  if (whole) bad.push_back(1.5);
  return bad;
}

// An empty text, or what is wrong.
inline std::string checkFields(const OpType& type) {
  const Op initial = *Op::named(type.info.name);
  Op again = initial;
  for (const auto& [name, value] : initial.fields()) {
    const Result<Op> set = again.set(name, value);
    if (!set) return name + ": its own default is refused: " + toString(set.error());
    again = *set;
  }
  if (!(again == initial) || again.hash() != initial.hash()) return "not the same after its fields were set back";
  for (const FieldInfo& info : fieldInfos(type)) {
    if (info.help.empty() || info.help.back() != '.') return info.name + ": its help is no sentence";
    for (const FieldValue& value : othersThatFit(info)) {
      const Result<Op> set = initial.set(info.name, value);
      if (!set) return info.name + ": a fitting value is refused: " + toString(set.error());
      if (*set == initial) return info.name + ": changed, yet equal";
      if (set->hash() == initial.hash()) return info.name + ": changed, yet of the same hash";
      if (set->fields().at(info.name) == initial.fields().at(info.name)) return info.name + ": changed, yet saved as before";
      const Result<Op> back = set->set(info.name, initial.fields().at(info.name));
      if (!back || !(*back == initial)) return info.name + ": not equal after it was changed back";
    }
    for (const FieldValue& value : misfits(info)) {
      const Result<Op> set = initial.set(info.name, value);
      if (set) return info.name + ": takes a value that it should refuse";
      if (set.error().needs.empty() || !(set.error().place == Place::field(info.name))) return info.name + ": refuses without saying what it needs";
    }
  }
  if (initial.set("no_such_field", true)) return "takes a field that it does not have";
  return "";
}

// Shapes that a user could wire up, the hard ones among them: unknown axes, empty ones, sizes near 2^62.
inline Shape anyShape(std::mt19937_64& random) {
  constexpr int64_t sizes[] = {0, 1, 2, 3, 4, 5, 7, kUnknown, kBatch, int64_t(1) << 31, int64_t(1) << 62};
  Shape shape;
  for (int rank = int(random() % 6); rank > 0; --rank) shape.append(sizes[random() % (random() % 2 ? 7 : std::size(sizes))]);
  return shape;
}

// Runs the rules on random shapes; whether they ever had something to say.
inline bool everComplains(const OpType& type, const std::vector<Op>& ops, int rounds) {
  std::mt19937_64 random(3);
  bool complains = false;
  for (int round = 0; round < rounds; ++round) {
    Example example;
    const int ports = int(type.info.inputs.size());
    for (int i = 0; i < ports; ++i) example.inputs.push_back(anyShape(random));
    const bool training = random() % 2;
    Shapes shapes(inputsOf(type, example, Type::f32), int(type.info.outputs.size()), 1, random() % 2 ? kBatch : 3, training, Type::f32);
    ops[random() % ops.size()].infer(shapes);
    for (const Problem& problem : shapes.problems()) complains = complains || problem.severity == Severity::problem;
  }
  return complains;
}

}  // namespace engine::tests
