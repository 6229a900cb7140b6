// netw new: lists the templates, or copies one.
#include <fmt/format.h>

#include <filesystem>

#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/document/json.h"
#include "engine/document/templates.h"

namespace netw {

namespace fs = std::filesystem;
using engine::failure;
using engine::Result;
using engine::document::Document;
using engine::document::Template;
using engine::document::templates;

namespace {

const std::string& aboutOf(const Document& document) { return document.interface().about; }

class New final : public Verb {
 public:
  void options(Options& options) override {
    options.argument("TEMPLATE", name_, "The project to copy; without one they are listed.", false);
    options.argument("FILE", file_, "Where to; TEMPLATE.netw if left out.", false);
  }

  Result<int> run(Talk& talk) override {
    if (name_.empty()) return list(talk);
    std::vector<std::string> names;
    for (const Template& t : templates()) names.push_back(t.name);
    for (const Template& t : templates())
      if (name_ == t.name) return copy(t, talk);
    const std::string near = meant(name_, names);
    talk.error(fmt::format("there is no template {}{}", name_, near.empty() ? "; `netw new` lists them" : "; did you mean " + near + "?"));
    return kWrongUsage;
  }

 private:
  Result<int> list(Talk& talk) {
    Json all = Json::array();
    for (const Template& t : templates()) {
      Result<Document> document = engine::document::parse(t.text, t.name);
      if (!document) return tl::unexpected(document.error());
      if (talk.json) all.push_back({{"name", t.name}, {"about", aboutOf(*document)}});
      else talk.result(fmt::format("{:12}  {}", t.name, aboutOf(*document)));
    }
    if (talk.json) talk.result(all);
    return kDone;
  }

  Result<int> copy(const Template& t, Talk& talk) {
    fs::path path = file_.empty() ? fs::path(t.name).concat(".netw") : fs::path(file_);
    std::error_code error;
    if (fs::is_directory(path, error)) path /= fs::path(t.name).concat(".netw");
    if (fs::exists(path, error)) return failure(path.string(), "a name that is free", "a file that is there already", "choose another name, or remove it first");
    Result<Document> document = engine::document::parse(t.text, t.name);
    if (!document) return tl::unexpected(document.error());
    if (engine::Done done = set(*document, "name", Json(path.stem().string()).dump()); !done) return tl::unexpected(done.error());
    if (engine::Done done = engine::document::save(*document, path.string()); !done) return tl::unexpected(done.error());
    if (talk.json) talk.result(Json{{"file", path.string()}, {"template", t.name}});
    else talk.result(path.string());
    return kDone;
  }

  std::string name_, file_;
};

}  // namespace

std::unique_ptr<Verb> makeNew() { return std::make_unique<New>(); }

}  // namespace netw
