// What the project's data are: rows of each part, columns with their shapes and classes. Opened in a thread of its own,
// when somebody first wants to show it and whenever the project names other data.
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
  static DataSummary& of(Project& project);  // the one of the project, for all who show it

  void want();  // from now on it is worth the work
  bool isLoading() const { return loading_; }
  const QString& whyNone() const { return facts_.whyNone; }  // "" where there are some, or while they are opened
  const std::vector<engine::data::Column>& columns() const { return facts_.columns; }
  // Of the source, before the recipe holds some out to validate.
  int64_t rows(engine::data::Part part) const { return facts_.rows[size_t(part)]; }
  // With them held out, as training does; 0 where nothing is known.
  int64_t validationRows() const;
  int64_t trainRows() const;

 signals:
  void changed();

 private:
  struct Facts {
    std::vector<engine::data::Column> columns;
    std::array<int64_t, engine::data::kPartCount> rows{};
    QString whyNone;
  };
  explicit DataSummary(Project& project);
  static Facts factsOf(const std::string& name);
  void look();

  Project& project_;
  bool wanted_ = false, loading_ = false;
  QString of_;  // the source that was looked at last
  quint64 token_ = 0;
  Facts facts_;
};

}  // namespace ui
