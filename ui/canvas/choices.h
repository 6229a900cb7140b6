// Which layers to offer: all of them with what each would make of the value at hand, those first that fit and that often stand there.
#pragma once
#include <QAbstractListModel>

#include "ui/canvas/fit.h"

namespace ui {

struct Choice {
  QString op, title, group, about;
  bool fits = true;
  QString gives, parameters;  // "32 × 7 × 7", "1,088"; "" where nothing is known
  QString reason;             // of what does not fit
  double likely = 0;          // how often it stands there, as Habits has it
  int rank = 0;
  QList<int> marked;  // letters of the name that were typed
};

class Choices : public QAbstractListModel {
  Q_OBJECT
 public:
  using QAbstractListModel::QAbstractListModel;

  // For a new node that is wired to these ports (all outputs, or one input); none: for one that stands alone.
  void begin(const Project& project, const std::vector<PortRef>& ports);
  void filter(const QString& typed, bool all);
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

  const Choice& at(int row) const { return shown_[size_t(row)]; }
  int count() const { return int(shown_.size()); }
  int fitting() const;  // of all
  int total() const { return int(all_.size()); }
  const engine::ValueInfo& value() const { return value_; }  // that they are to take; missing: any

 private:
  std::vector<Choice> all_, shown_;
  engine::ValueInfo value_;
};

}  // namespace ui
