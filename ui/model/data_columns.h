// What columns the project's data have, for those who bind nodes to them. Opened in a thread of its own, when first asked
// for and whenever the project names other data.
#pragma once
#include <QObject>
#include <vector>

#include "engine/data/source.h"
#include "ui/model/project.h"

namespace ui {

class DataColumns : public QObject {
  Q_OBJECT
 public:
  explicit DataColumns(Project& project, QObject* parent = nullptr);

  void want();  // from now on it is worth the work
  bool isLoading() const { return loading_; }
  const std::vector<engine::data::Column>& columns() const { return columns_; }
  QString whyNone() const { return whyNone_; }  // "" where there are columns, or while it loads

 signals:
  void changed();

 private:
  void look();

  Project& project_;
  bool wanted_ = false, loading_ = false;
  QString of_;  // the source and folder that was looked at last
  quint64 token_ = 0;
  std::vector<engine::data::Column> columns_;
  QString whyNone_;
};

}  // namespace ui
