#include "ui/run/start_check.h"

#include <QDir>
#include <QFileInfo>

#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

namespace {
constexpr int kSettledMilliseconds = 120;  // after the last edit of several
}

StartCheck::StartCheck(Project& project, QObject* parent) : QObject(parent), project_(project) {
  soon_.setSingleShot(true);
  soon_.setInterval(kSettledMilliseconds);
  connect(&soon_, &QTimer::timeout, this, &StartCheck::check);
  connect(&project_, &Project::changed, this, [this](const engine::document::ChangeSet& changes) {
    // An empty one: of the recipe, or of another network than the one in view.
    if (changes.empty() || concernsNetwork(changes)) ++asked_, soon_.start();
  });
  connect(&project_, &Project::replaced, this, [this] {
    ++asked_;
    take({});
    soon_.start(0);
  });
  connect(&project_, &Project::fileChanged, this, [this] {  // another folder
    if (!project_.document().recipe().weights.empty()) ++asked_, soon_.start();
  });
}

void StartCheck::take(engine::Problems problems) {
  if (problems == problems_) return;
  problems_ = std::move(problems);
  emit changed();
}

StartCheck::Found StartCheck::find(const engine::document::Document& document, const std::string& folder, std::shared_ptr<const Listed> known) {
  const std::string& weights = document.recipe().weights;
  const QFileInfo file(QDir(qt(folder)).absoluteFilePath(qt(weights)));
  const std::string path = utf8(file.filePath());
  if (!known || known->path != path || known->modified != file.lastModified() || known->bytes != file.size())
    known = std::make_shared<const Listed>(Listed{path, file.lastModified(), file.size(), engine::formats::listStart(path)});
  Found found{known, {}};
  if (!known->tensors) {
    engine::Problem problem = known->tensors.error();
    problem.fix = "put the file back, or empty recipe.weights to begin with what the seed draws";
    found.problems.push_back(std::move(problem));
  } else if (const auto values = engine::formats::valuesOf(document)) {
    found.problems = engine::formats::lintStart(*values, *known->tensors, weights);
  }
  return found;
}

void StartCheck::check() {
  if (project_.document().recipe().weights.empty()) {
    listed_.reset();
    return take({});
  }
  if (busy_) return;  // what is found is looked at again when it is there
  busy_ = true;
  inBackground(
      this, [document = project_.document(), folder = utf8(project_.folder()), known = listed_] { return find(document, folder, known); },
      [this, question = asked_](Found found) {
        busy_ = false;
        if (question != asked_) return soon_.start();
        listed_ = std::move(found.listed);
        take(std::move(found.problems));
      });
}

}  // namespace ui
