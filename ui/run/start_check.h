// What the file that the recipe begins with leaves to the seed, has no place for, or has in another size: known before a run, and kept
// up with edits. The file is read once, and again where it changed.
#pragma once
#include <QDateTime>
#include <QObject>
#include <QTimer>
#include <memory>

#include "engine/formats/match_weights.h"
#include "ui/model/project.h"

namespace ui {

class StartCheck : public QObject {
  Q_OBJECT
 public:
  explicit StartCheck(Project& project, QObject* parent = nullptr);
  const engine::Problems& problems() const { return problems_; }

 signals:
  void changed();

 private:
  // Names and shapes of a file as it was.
  struct Listed {
    std::string path;
    QDateTime modified;
    qint64 bytes = 0;
    engine::Result<std::vector<engine::formats::NamedTensor>> tensors;
  };
  struct Found {
    std::shared_ptr<const Listed> listed;
    engine::Problems problems;
  };
  static Found find(const engine::document::Document& document, const std::string& folder, std::shared_ptr<const Listed> known);
  void check();
  void take(engine::Problems problems);

  Project& project_;
  std::shared_ptr<const Listed> listed_;
  engine::Problems problems_;
  QTimer soon_;
  quint64 asked_ = 0;
  bool busy_ = false;
};

}  // namespace ui
