#include "ui/run/trained.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include "engine/training/checkpoint.h"
#include "engine/training/run.h"
#include "ui/model/text.h"

namespace ui {

namespace {
// A run's folder is its number with zeros before it.
QString nameOfRun(const QString& folder) {
  const QString name = QFileInfo(folder).fileName();
  bool isNumber = false;
  const int number = name.toInt(&isNumber);
  return QCoreApplication::translate("ui", "Run %1").arg(isNumber ? QString::number(number) : name);
}
}  // namespace

Trained trainedOf(const Project& project, const Training& training) {
  Trained trained{project.document(), {}, project.folder(), {}, false};
  const QString ofRun = training.weightsFile();
  if (training.snapshot() && QFileInfo::exists(ofRun)) {
    trained.document = *training.snapshot();
    trained.weights = ofRun;
    trained.name = nameOfRun(training.runFolder());
  } else if (!project.path().isEmpty()) {
    // Beside the project lie the weights of the last run that came to its end; one that was stopped after it has its own.
    const QFileInfo saved(qt(engine::training::weightsPath(utf8(project.path()))));
    const QFileInfo last(qt(engine::training::lastRunFolder(utf8(project.path())).value_or("")) + "/weights.safetensors");
    if (last.exists() && (!saved.exists() || saved.lastModified() < last.lastModified())) {
      trained.weights = last.filePath();
      trained.name = nameOfRun(last.path());
    } else if (saved.exists()) {
      trained.weights = saved.filePath();
      trained.name = saved.fileName();
    }
  }
  if (const std::string& start = trained.document.recipe().weights; trained.weights.isEmpty() && !start.empty()) {
    trained.weights = QDir(trained.folder).absoluteFilePath(qt(start));
    trained.name = QFileInfo(trained.weights).fileName();
    trained.isStart = true;
  }
  return trained;
}

engine::Result<std::unique_ptr<engine::training::Session>> openTrained(const Trained& trained, bool dataNeeded, const engine::DeviceChoice& device) {
  engine::training::SessionOptions options;
  options.device = device;
  if (!trained.weights.isEmpty() && !trained.isStart) options.start = std::make_shared<engine::training::StartValues>();  // nothing is missed of it
  options.folder = utf8(trained.folder);
  auto session = engine::training::Session::open(trained.document, options);
  if (!session && !dataNeeded) {
    options.withoutData = true;
    session = engine::training::Session::open(trained.document, options);
  }
  if (!session) return session;
  if (auto plan = (*session)->evaluationPlan(1); !plan) return tl::unexpected(plan.error());
  if (trained.weights.isEmpty() || trained.isStart) return session;
  if (engine::Done done = engine::training::loadWeights(utf8(trained.weights), (*session)->store()); !done) return tl::unexpected(done.error());
  return session;
}

}  // namespace ui
