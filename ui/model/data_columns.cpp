#include "ui/model/data_columns.h"

#include <QDir>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>

#include "engine/data/open.h"
#include "ui/model/text.h"

namespace ui {

DataColumns::DataColumns(Project& project, QObject* parent) : QObject(parent), project_(project) {
  connect(&project_, &Project::stated, this, &DataColumns::look);
}

void DataColumns::want() {
  wanted_ = true;
  look();
}

void DataColumns::look() {
  const QString source = qt(project_.document().data().source);
  const auto builtIn = engine::data::builtInNames();
  const bool isBuiltIn = std::find(builtIn.begin(), builtIn.end(), utf8(source)) != builtIn.end();
  const QString what = source.isEmpty() || isBuiltIn ? source : QDir(project_.folder()).filePath(source);
  if (!wanted_ || (what == of_ && token_ > 0)) return;
  of_ = what;
  const quint64 token = ++token_;
  columns_.clear();
  loading_ = !what.isEmpty();
  whyNone_ = what.isEmpty() ? tr("The project has no data yet: choose some in the recipe.") : QString();
  emit changed();
  if (what.isEmpty()) return;
  QThreadPool::globalInstance()->start([self = QPointer(this), token, name = utf8(what)] {
    auto opened = engine::data::open(name);
    std::vector<engine::data::Column> columns;
    QString whyNone;
    if (opened) columns = (*opened)->columns();
    else whyNone = textOf(opened.error());
    QMetaObject::invokeMethod(qApp, [=] {
      if (!self || self->token_ != token) return;  // other data are wanted by now
      self->loading_ = false;
      self->columns_ = columns;
      self->whyNone_ = whyNone;
      emit self->changed();
    });
  });
}

}  // namespace ui
