// What the project's data are: rows of each part, columns with their shapes and classes. Opened in a thread of its own, for
// who shows it.
#pragma once
#include <QObject>
#include <array>
#include <vector>

#include "engine/data/source.h"
#include "ui/model/project.h"

namespace ui {

class DataSummary : public QObject {
  Q_OBJECT
 public:
  explicit DataSummary(Project& project, QObject* parent = nullptr);

  void want();  // from now on it is worth the work
  bool isLoading() const { return loading_; }
  QString whyNone() const { return whyNone_; }
  const std::vector<engine::data::Column>& columns() const { return columns_; }
  // Of the source, before the recipe holds some out to validate.
  int64_t rows(engine::data::Part part) const { return rows_[size_t(part)]; }
  // With them held out, as training does; 0 where nothing is known.
  int64_t validationRows() const;
  int64_t trainRows() const;

 signals:
  void changed();

 private:
  void look();

  Project& project_;
  bool wanted_ = false, loading_ = false;
  QString of_;
  quint64 token_ = 0;
  std::vector<engine::data::Column> columns_;
  std::array<int64_t, engine::data::kPartCount> rows_{};
  QString whyNone_;
};

}  // namespace ui
