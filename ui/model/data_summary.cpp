#include "ui/model/data_summary.h"

#include <QDir>
#include <QGuiApplication>
#include <algorithm>
#include <cmath>

#include "engine/data/open.h"
#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

using engine::data::Part;

DataSummary::Facts DataSummary::factsOf(const std::string& name) {
  Facts facts;
  const auto opened = engine::data::open(name);
  if (!opened) {
    const auto& problem = opened.error();
    facts.whyNone = textOf(problem);
    if (problem.place.kind == engine::Place::Kind::file) facts.whyNone = textOf(problem.place) + " " + facts.whyNone;
    return facts;
  }
  facts.columns = (*opened)->columns();
  for (const Part part : engine::data::kParts) facts.rows[size_t(part)] = (*opened)->size(part);
  return facts;
}

DataSummary& DataSummary::of(Project& project) {
  auto* there = project.findChild<DataSummary*>(QString(), Qt::FindDirectChildrenOnly);
  return there ? *there : *new DataSummary(project);
}

DataSummary::DataSummary(Project& project) : QObject(&project), project_(project) {
  connect(&project_, &Project::stated, this, &DataSummary::look);
  // Who comes back from elsewhere may have put the data where they belong.
  connect(qGuiApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
    if (state != Qt::ApplicationActive || loading_ || facts_.whyNone.isEmpty()) return;
    of_.clear();
    look();
  });
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

int64_t DataSummary::trainRows() const {
  return rows(Part::validation) > 0 ? rows(Part::train) : rows(Part::train) - validationRows();
}

void DataSummary::look() {
  const QString source = qt(project_.document().data().source);
  const auto builtIn = engine::data::builtInNames();
  const bool isBuiltIn = std::find(builtIn.begin(), builtIn.end(), utf8(source)) != builtIn.end();
  const QString what = source.isEmpty() || isBuiltIn ? source : QDir(project_.folder()).filePath(source);
  if (!wanted_ || (what == of_ && token_ > 0)) return;
  of_ = what;
  const quint64 token = ++token_;
  facts_ = {};
  loading_ = !what.isEmpty();
  if (what.isEmpty()) facts_.whyNone = tr("No data yet: choose a set in the recipe, or files of your own.");
  emit changed();
  if (what.isEmpty()) return;
  inBackground(this, [name = utf8(what)] { return factsOf(name); }, [this, token](Facts facts) {
    if (token_ != token) return;  // other data are wanted by now
    loading_ = false;
    facts_ = std::move(facts);
    emit changed();
  });
}

}  // namespace ui
