// The small live picture in a node: what flows out of it. Made once from a look inside the run, painted many times.
#pragma once
#include <QImage>
#include <QList>
#include <QPainter>
#include <vector>

namespace engine::training {
struct NodeOutput;
}

namespace ui {

class PreviewPicture {
 public:
  PreviewPicture() = default;
  // `probabilities`: the values are scores of classes, shown as their softmax.
  PreviewPicture(const engine::training::NodeOutput& output, bool probabilities);

  bool isEmpty() const { return kind_ == Kind::none; }
  // What the node makes room for between header and footer, in the canvas's units.
  static constexpr int kHeight = 44;
  // In `area`, with colours of the theme in use.
  void paint(QPainter& painter, const QRectF& area) const;

  // What it shows, for screen readers and tool tips: "4 of 32 maps, 28 × 28"
  QString description() const { return description_; }

 private:
  enum class Kind { none, pictures, bars, histogram };
  void makePictures(const engine::training::NodeOutput& output);
  void makeBars(const engine::training::NodeOutput& output, bool probabilities);
  void makeHistogram(const engine::training::NodeOutput& output);

  Kind kind_ = Kind::none;
  QList<QImage> pictures_;
  std::vector<float> heights_;  // of bars or bins, 0 to 1, or -1 to 1 where values are of both signs
  int largest_ = -1;            // the bar that stands out
  bool signed_ = false;
  QString description_;
};

}  // namespace ui
