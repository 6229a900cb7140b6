// The line of the tool bar that tells how far a run is: words over a bar with a segment for each epoch.
#pragma once
#include <QWidget>

#include "ui/run/run_words.h"

namespace ui {

class RunProgress : public QWidget {
  Q_OBJECT
 public:
  explicit RunProgress(QWidget* parent = nullptr);
  void show(const RunWords& words);  // repaints only where they are others
  const RunWords& words() const { return words_; }
  QSize sizeHint() const override { return {440, 40}; }
  QSize minimumSizeHint() const override { return {104, 40}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  RunWords words_;
};

}  // namespace ui
