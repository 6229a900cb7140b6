#include "ui/run/data_summary.h"

#include <QCoreApplication>
#include <QDir>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>
#include <cmath>

#include "engine/data/open.h"
#include "ui/model/text.h"

namespace ui {

using engine::data::Part;

DataSummary::DataSummary(Project& project, QObject* parent) : QObject(parent), project_(project) {
  connect(&project_, &Project::stated, this, &DataSummary::look);
}

void DataSummary::want() {
  if (wanted_) return;
  wanted_ = true;
  look();
}

int64_t DataSummary::validationRows() const {
  const int64_t train = rows(Part::train);
  const double share = project_.document().data().split.validation;
  if (rows(Part::validation) > 0 || share <= 0 || train < 2) return rows(Part::validation);
  return std::clamp<int64_t>(std::llround(double(train) * share), 1, train - 1);  // data::holdOut
}

int64_t DataSummary::trainRows() const { return rows(Part::validation) > 0 ? rows(Part::train) : rows(Part::train) - validationRows(); }

void DataSummary::look() {
  const QString source = qt(project_.document().data().source);
  const auto builtIn = engine::data::builtInNames();
  const bool isBuiltIn = std::find(builtIn.begin(), builtIn.end(), utf8(source)) != builtIn.end();
  const QString what = source.isEmpty() || isBuiltIn ? source : QDir(project_.folder()).filePath(source);
  if (!wanted_ || (what == of_ && token_ > 0)) return;
  of_ = what;
  const quint64 token = ++token_;
  columns_.clear();
  rows_ = {};
  loading_ = !what.isEmpty();
  whyNone_ = what.isEmpty() ? tr("No data yet: choose a set above, or files of your own.") : QString();
  emit changed();
  if (what.isEmpty()) return;
  QThreadPool::globalInstance()->start([self = QPointer(this), token, name = utf8(what)] {
    const auto opened = engine::data::open(name);
    std::vector<engine::data::Column> columns;
    std::array<int64_t, engine::data::kPartCount> rows{};
    QString whyNone;
    if (opened) {
      columns = (*opened)->columns();
      for (const Part part : engine::data::kParts) rows[size_t(part)] = (*opened)->size(part);
    } else {
      whyNone = textOf(opened.error());
    }
    QMetaObject::invokeMethod(qApp, [=] {
      if (!self || self->token_ != token) return;  // other data are wanted by now
      self->loading_ = false;
      self->columns_ = columns;
      self->rows_ = rows;
      self->whyNone_ = whyNone;
      emit self->changed();
    });
  });
}

}  // namespace ui
