// netw data: what there is in a set of data, and what is odd about it.
#include <fmt/format.h>

#include "app/netw/verb.h"
#include "engine/data/open.h"
#include "engine/data/statistics.h"

namespace netw {

using engine::Result;
using engine::data::Column;
using engine::data::Part;
using engine::data::Source;
using engine::data::Statistics;

namespace {

class Data final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("DATA", data_, "A folder, a file or a built-in name.");
    o.option("--target", "COLUMN", target_, "The column of a .csv that a network should answer, so that it is no feature.");
  }

  Result<int> run(Talk& talk) override {
    Result<engine::data::SourcePointer> opened = engine::data::open(data_, {.target = target_});
    if (!opened) return tl::unexpected(opened.error());
    const Source& source = **opened;
    Json json{{"source", source.name()}, {"parts", Json::object()}, {"columns", Json::array()}, {"problems", Json::array()}};
    for (Part part : engine::data::kParts)
      if (source.size(part) > 0) json["parts"][std::string(engine::data::nameOf(part))] = source.size(part);
    for (size_t c = 0; c < source.columns().size(); ++c) {
      const Column& column = source.columns()[c];
      Json described{{"name", column.name}, {"type", std::string(engine::nameOf(column.type))}, {"shape", std::vector<int64_t>(column.shape.begin(), column.shape.end())}};
      if (!column.classes.empty()) described["classes"] = column.classes;
      for (Part part : engine::data::kParts) {
        if (source.size(part) == 0) continue;
        Result<Statistics> s = engine::data::statistics(source, part, int(c));
        if (!s) return tl::unexpected(s.error());
        described[std::string(engine::data::nameOf(part))] = jsonOf(*s);
        if (s->notFinite > 0) json["problems"].push_back(talk.toJson(notFinite(source, column, part, *s)));
      }
      json["columns"].push_back(std::move(described));
    }
    for (const engine::Problem& lint : source.lints()) json["problems"].push_back(talk.toJson(lint));
    json["fingerprint"] = fmt::format("{:016x}", source.fingerprint());
    if (talk.json) talk.result(json);
    else print(json, source, talk);
    return kDone;
  }

 private:
  static Json jsonOf(const Statistics& s) {
    Json json{{"rows", s.rows}, {"minimum", numberOf(s.minimum)}, {"maximum", numberOf(s.maximum)}, {"mean", numberOf(s.mean)}, {"std", numberOf(s.deviation)},
              {"not_finite", s.notFinite}};
    if (s.channelMean.size() > 1) json["channel_mean"] = s.channelMean, json["channel_std"] = s.channelDeviation;
    if (!s.classCounts.empty()) json["counts"] = s.classCounts;
    return json;
  }

  static engine::Problem notFinite(const Source& source, const Column& column, Part part, const Statistics& s) {
    engine::Problem problem;
    problem.severity = engine::Severity::lint;
    problem.place = engine::Place::file(source.name() + ", column " + column.name);
    problem.needs = "finite numbers";
    problem.got = engine::Message("{0} in its {1} part that are not", s.notFinite, engine::data::nameOf(part));
    problem.fix = "take these rows out: a loss over them is not finite";
    return problem;
  }

  static void print(const Json& json, const Source& source, Talk& talk) {
    talk.result(source.name());
    for (const auto& [part, rows] : json["parts"].items()) talk.result(fmt::format("  {:10}  {} rows", part, countText(rows.get<int64_t>())));
    for (size_t c = 0; c < source.columns().size(); ++c) {
      const Column& column = source.columns()[c];
      talk.result(fmt::format("\n{}  {}, {}", column.name, engine::nameOf(column.type), engine::toString(column.shape)));
      for (const auto& [part, rows] : json["parts"].items()) {
        const Json& s = json["columns"][c][part];
        if (!s.contains("counts"))
          talk.result(fmt::format("  {:10}  {:.6g} to {:.6g}, mean {:.6g}, std {:.6g}", part, s["minimum"].get<double>(), s["maximum"].get<double>(),
                                  s["mean"].get<double>(), s["std"].get<double>()));
        else
          for (size_t k = 0; k < s["counts"].size(); ++k)
            talk.result(fmt::format("  {:10}  {:>8}  {}", part, countText(s["counts"][k].get<int64_t>()), k < column.classes.size() ? column.classes[k] : std::to_string(k)));
      }
    }
    talk.result("");
    for (const Json& problem : json["problems"]) talk.result("lint: " + problem["text"].get<std::string>());
    talk.result("fingerprint " + json["fingerprint"].get<std::string>());
  }

  std::string data_, target_;
};

}  // namespace

std::unique_ptr<Verb> makeData() { return std::make_unique<Data>(); }

}  // namespace netw
