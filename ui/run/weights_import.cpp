#include "ui/run/weights_import.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>
#include <algorithm>

#include "engine/formats/import.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/widgets/ask_path.h"

namespace ui {

using FitKind = engine::formats::WeightMatch::Kind;

namespace {
constexpr int kSoonMilliseconds = 150;  // after the last edit of several
constexpr int kNamed = 3;               // names in a message
constexpr char kFolderKey[] = "files/weights_folder";

// Not there yet: a file that another step of the undo stack begins with stays what it is.
std::string freeName(const std::string& folder, const std::string& stem) {
  for (int n = 1;; ++n) {
    const QString name = qt(stem) + ".start" + (n == 1 ? QString() : "-" + QString::number(n)) + ".safetensors";
    if (!QFileInfo::exists(QDir(qt(folder)).filePath(name))) return utf8(name);
  }
}

QString namesOf(const std::vector<engine::formats::WeightMatch>& matches, FitKind kind) {
  QStringList names;
  int more = 0;
  for (const auto& match : matches) {
    if (match.kind != kind) continue;
    if (names.size() < kNamed) names << qt(match.name);
    else ++more;
  }
  return names.join(", ") + (more ? ", ..." : "");
}
}  // namespace

WeightsImport::WeightsImport(Project& project, Training& training, Actions& actions, MessageBar& messages, QWidget* window)
    : QObject(window), project_(project), training_(training), actions_(actions), messages_(messages) {
  actions.bind("file.import_weights", [this, window] {
    const QString start = QSettings().value(kFolderKey, project_.path().isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) : project_.folder()).toString();
    const QString path = askPath(window, {PathQuestion::Kind::open, tr("Weights for this network"), start, tr("Weights (*.safetensors);;All files (*)"), {}});
    if (!path.isEmpty()) open(path);
  });
  soon_.setSingleShot(true);
  soon_.setInterval(kSoonMilliseconds);
  connect(&soon_, &QTimer::timeout, this, &WeightsImport::matchAgain);
  connect(&project_, &Project::replaced, this, &WeightsImport::forget);
  connect(&project_, &Project::stated, this, [this] {
    if (state_ != State::there) return;
    if (project_.state() != matchedAt_) soon_.start();
    emit changed();  // what the recipe begins with may be another file
  });
}

QString WeightsImport::fileName() const { return QFileInfo(path_).fileName(); }
int WeightsImport::count(FitKind kind) const {
  return int(std::count_if(matches_.begin(), matches_.end(), [kind](const auto& m) { return m.kind == kind; }));
}
int WeightsImport::values() const { return int(matches_.size()) - count(FitKind::unused); }
bool WeightsImport::hasBegun() const { return !began_.isEmpty() && qt(project_.document().recipe().weights) == began_; }

QString WeightsImport::whyNotBegin() const {
  if (state_ != State::there) return tr("No weights were chosen yet.");
  if (writing_) return tr("They are being written.");
  if (hasBegun()) return tr("The next run begins with them already.");
  if (!complete_) return tr("The network has problems: behind them nothing is known of its weights.");
  if (count(FitKind::fits) == 0) return tr("None of the file's weights fits.");
  return {};
}

void WeightsImport::forget() {
  ++asked_;
  state_ = State::none;
  writing_ = false;
  matches_.clear(), file_.clear();
  path_.clear(), began_.clear();
  messages_.remove("weights");
  emit changed();
}

WeightsImport::Matched WeightsImport::match(const engine::document::Document& document, std::vector<engine::formats::NamedTensor> file) {
  Matched matched;
  const auto network = engine::formats::valuesOf(document);
  if (!network) {
    matched.problem = network.error();
    return matched;
  }
  matched.matches = engine::formats::matchWeights(file, *network, &matched.prefix);
  matched.complete = network->complete;
  matched.file = std::move(file);
  return matched;
}

void WeightsImport::open(const QString& path) {
  forget();
  path_ = QFileInfo(path).absoluteFilePath();
  QSettings().setValue(kFolderKey, QFileInfo(path_).absolutePath());
  state_ = State::reading;
  emit changed();
  emit begun();
  const auto read = [path = utf8(path_), document = project_.document()] {
    auto file = engine::formats::listSafetensors(path);
    if (!file) return Matched{file.error(), {}, {}, {}};
    return match(document, *std::move(file));
  };
  inBackground(this, read, [this, question = asked_, at = project_.state()](Matched matched) {
    if (question != asked_) return;
    matchedAt_ = at;
    const bool failed = matched.problem.has_value();
    take(std::move(matched));
    if (failed) return;
    if (count(FitKind::fits) == 0) tellNothingFits();
    if (project_.state() != at) soon_.start();
  });
}

void WeightsImport::take(Matched matched) {
  if (matched.problem) {
    state_ = State::failed;
    problem_ = textOf(*matched.problem);
    messages_.showProblem("weights", tr("No weights were imported"), *matched.problem, {{tr("Choose another..."), [this] { actions_.trigger("file.import_weights"); }}});
  } else {
    state_ = State::there;
    file_ = std::move(matched.file);
    matches_ = std::move(matched.matches);
    prefix_ = qt(matched.prefix);
    complete_ = matched.complete;
  }
  emit changed();
}

void WeightsImport::matchAgain() {
  if (state_ != State::there) return;
  inBackground(this, [document = project_.document(), file = file_] { return match(document, file); }, [this, question = asked_, at = project_.state()](Matched matched) {
    if (question != asked_ || state_ != State::there) return;
    if (at != project_.state()) return soon_.start();  // edits went on
    matchedAt_ = at;
    if (!matched.problem) take(std::move(matched));  // else the list of problems says why, and what was known stays
  });
}

void WeightsImport::tellNothingFits() {
  const QString file = fileName(), has = namesOf(matches_, FitKind::unused);
  if (values() == 0) {
    messages_.show("weights", MessageBar::Tone::problem, complete_ ? tr("The network has no weights that %1 could be for: draw or open the network that they belong to first. It has %2.").arg(file, has.isEmpty() ? tr("none") : has)
                                                                   : tr("Nothing is known of the network's weights while it has problems: mend them, and %1 is compared with it again.").arg(file));
    return;
  }
  const QString other = namesOf(matches_, FitKind::otherShape), looked = namesOf(matches_, FitKind::missing);
  QString text = tr("None of the weights in %1 fits the network.").arg(file);
  if (!looked.isEmpty()) text += ' ' + tr("The network has %1; the file has %2. Give nodes the names that the file has: the list follows.").arg(looked, has.isEmpty() ? tr("nothing else") : has);
  if (!other.isEmpty()) text += ' ' + tr("Of another shape: %1.").arg(other);
  messages_.show("weights", MessageBar::Tone::problem, text, {{tr("Choose another..."), [this] { actions_.trigger("file.import_weights"); }}});
}

void WeightsImport::follow(const std::string& from, const std::string& to) {
  if (began_ == qt(from)) began_ = qt(to);
  emit changed();
}

void WeightsImport::begin() {
  if (!whyNotBegin().isEmpty()) return;
  // Beside the project, so that its folder can be moved; of one without a file where its runs are, until it is saved (files/files.h).
  const bool saved = !project_.path().isEmpty();
  const std::string folder = utf8(saved ? project_.folder() : training_.unsavedFolder());
  const std::string stem = saved ? utf8(QFileInfo(project_.path()).completeBaseName()) : "untitled";
  struct Written {
    engine::Done done;
    QString weights;  // as the recipe calls it
    int fit = 0, of = 0;
  };
  const auto write = [path = utf8(path_), document = project_.document(), folder, stem, saved]() -> Written {
    const auto file = engine::formats::readSafetensors(path);
    if (!file) return {tl::unexpected(file.error()), {}};
    const Matched matched = match(document, file->tensors());  // as it is now: the file may be another one
    if (matched.problem) return {tl::unexpected(*matched.problem), {}};
    const auto values = engine::formats::fitting(*file, matched.matches, matched.prefix);
    if (values.empty()) return {engine::failure(path, "weights with names of the network's parameters", "none", "choose the file again"), {}};
    if (!QDir().mkpath(qt(folder))) return {engine::failure(folder, "a folder that can be written", "none", "save the project to another folder"), {}};
    const std::string name = freeName(folder, stem);
    const QString full = QDir(qt(folder)).filePath(qt(name));
    const auto of = std::count_if(matched.matches.begin(), matched.matches.end(), [](const auto& m) { return m.kind != FitKind::unused; });
    return {engine::formats::writeStart(values, utf8(full)), saved ? qt(name) : full, int(values.size()), int(of)};
  };
  writing_ = true;
  emit changed();
  inBackground(this, write, [this, question = asked_](const Written& written) {
    if (question != asked_) return;
    writing_ = false;
    if (!written.done) {
      messages_.showProblem("weights", tr("The next run begins as before"), written.done.error(), {{tr("Try again"), [this] { begin(); }}});
    } else if (project_.editWhole(tr("Import weights"), [&](engine::document::Transaction& t) {
                 auto recipe = t.view().recipe();
                 recipe.weights = utf8(written.weights);
                 return t.setRecipe(std::move(recipe));
               })) {
      began_ = written.weights;
      messages_.show("weights", MessageBar::Tone::success,
                     written.fit == written.of ? tr("The next run begins with the weights of %1.").arg(fileName())
                                               : tr("The next run begins with %1 of %n weights from %2; the others begin as the seed draws them.", nullptr, written.of).arg(written.fit).arg(fileName()));
    }
    emit changed();
  });
}

}  // namespace ui
