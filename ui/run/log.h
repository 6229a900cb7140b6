// What happened in a window, with times: a bounded list that the log's panel shows.
#pragma once
#include <QAbstractListModel>
#include <QDateTime>
#include <deque>

namespace ui {

class Training;

class Log : public QAbstractListModel {
  Q_OBJECT
 public:
  enum class Tone { plain, success, warning, problem };
  struct Entry {
    QDateTime time;
    Tone tone;
    QString text;
  };
  enum Role { kTime = Qt::UserRole, kTone, kText };
  static constexpr int kMost = 5000;

  using QAbstractListModel::QAbstractListModel;
  void add(const QString& text, Tone tone = Tone::plain);
  void clear();
  const Entry& entry(int row) const { return entries_[size_t(row)]; }
  QString lineOf(int row) const;  // "14:03:12  Run 7 started"

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::deque<Entry> entries_;
};

// Lines about a run: its start, its epochs, what it notes, and its end.
void logTraining(Training& training, Log& log);

}  // namespace ui
