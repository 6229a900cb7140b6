// Rows of the data as small pictures with the network's certainty below; only what is seen is painted. Rows that are no
// pictures are shown by their number.
#pragma once
#include <QWidget>
#include <vector>

#include "ui/evaluate/evaluation.h"

namespace ui {

class PictureGrid : public QWidget {
  Q_OBJECT
 public:
  explicit PictureGrid(const Evaluation& evaluation, QWidget* parent = nullptr);
  void show(std::vector<int64_t> rows);
  int64_t count() const { return int64_t(rows_.size()); }
  QSize minimumSizeHint() const override { return {200, 96}; }
  QSize sizeHint() const override { return {520, 190}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Grid {
    int columns, lines;
  };
  Grid grid() const;
  QRect box(int index) const;
  const Evaluation& evaluation_;
  std::vector<int64_t> rows_;
};

}  // namespace ui
