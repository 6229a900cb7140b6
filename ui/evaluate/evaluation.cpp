#include "ui/evaluate/evaluation.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QDateTime>
#include <algorithm>
#include <cmath>

#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

namespace {

engine::data::Part partOf(const engine::data::Source& source) {
  for (auto part : {engine::data::Part::test, engine::data::Part::validation})
    if (source.size(part) > 0) return part;
  return engine::data::Part::train;
}

// A picture has one or three channels.
bool isPicture(const engine::Shape& shape) { return shape.rank() == 3 && (shape[0] == 1 || shape[0] == 3) && shape[1] > 1 && shape[2] > 1; }

}  // namespace

Evaluation::Evaluation(Project& project, Training& training, QObject* parent)
    : QObject(parent), project_(project), training_(training), problem_(tr("Nothing is trained yet.")) {
  connect(&project_, &Project::replaced, this, &Evaluation::forget);
  connect(&training_, &Training::started, this, &Evaluation::forget);  // plans of a project never run at once
}

Evaluation::~Evaluation() {
  if (stop_) *stop_ = true;
}

void Evaluation::forget() {
  if (stop_) *stop_ = true;
  stop_.reset();
  judgement_.reset();
  rows_.reset();
  judged_.clear();
  state_ = State::none;
  problem_ = training_.state() == Training::State::paused ? tr("The run is paused: stop it, or let it go on to its end, and the answers come.")
             : training_.isActive() ? tr("It is training: the answers come when it is done or stopped.") : tr("Nothing is trained yet.");
  emit changed();
}

void Evaluation::refresh() {
  if (training_.isActive()) return forget();
  const Trained trained = trainedOf(project_, training_);
  if (trained.weights.isEmpty()) return forget();
  const QString key = trained.weights + QFileInfo(trained.weights).lastModified().toString(Qt::ISODateWithMs);
  if (key == judged_) return;
  forget();
  judged_ = key;
  source_ = trained.name;
  state_ = State::working;
  emit changed();
  stop_ = std::make_shared<std::atomic<bool>>(false);
  inBackground(
      this, [trained, stop = stop_] { return work(trained, *stop); },
      [this, stop = stop_](Result result) {
        if (stop != stop_ || *stop) return;  // an older question
        judgement_ = std::move(result.judgement);
        rows_ = result.rows;
        column_ = result.column;
        problem_ = result.problem;
        seconds_ = result.seconds;
        state_ = judgement_ ? State::there : State::failed;
        emit changed();
      });
}

Evaluation::Result Evaluation::work(const Trained& trained, const std::atomic<bool>& stop) {
  Result result;
  QElapsedTimer timer;
  timer.start();
  auto session = openTrained(trained, true);
  if (!session) {
    result.problem = textOf(session.error());
    return result;
  }
  const auto& source = (*session)->source();
  auto judgement = engine::training::judge(**session, partOf(*source), [&] { return !stop; });
  if (!judgement) {
    result.problem = textOf(judgement.error());
    return result;
  }
  result.seconds = double(timer.elapsed()) / 1000;
  result.judgement = *std::move(judgement);
  result.rows = source;
  for (const auto& bound : (*session)->bindings()) {
    const int column = source->columnNamed(bound.column);
    if (column >= 0 && result.column < 0 && isPicture(source->columns()[size_t(column)].shape)) result.column = column;
  }
  return result;
}

QImage Evaluation::picture(int64_t row) const {
  if (!rows_ || column_ < 0) return {};
  const engine::data::Column& column = rows_->columns()[size_t(column_)];
  std::vector<std::byte> bytes(size_t(column.rowBytes()));
  const int64_t rows[] = {row};
  if (!rows_->read(partOf(*rows_), rows, column_, bytes.data())) return {};
  const int64_t channels = column.shape[0], height = column.shape[1], width = column.shape[2], plane = height * width;
  std::vector<float> values(size_t(column.rowElements()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (column.type == engine::Type::u8) values[i] = float(bytes[i]);
    else if (column.type == engine::Type::f32) values[i] = reinterpret_cast<const float*>(bytes.data())[i];
    else if (column.type == engine::Type::f64) values[i] = float(reinterpret_cast<const double*>(bytes.data())[i]);
    else return {};
  }
  float low = 0, high = 255;
  if (column.type != engine::Type::u8) {
    low = *std::min_element(values.begin(), values.end());
    high = *std::max_element(values.begin(), values.end());
  }
  const auto gray = [&](float v) { return high > low ? std::clamp(int(255 * (v - low) / (high - low)), 0, 255) : 0; };
  QImage image(int(width), int(height), QImage::Format_RGB32);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const auto at = size_t(y * width + x);
      const int r = gray(values[at]);
      image.setPixel(int(x), int(y), channels == 3 ? qRgb(r, gray(values[size_t(plane) + at]), gray(values[size_t(2 * plane) + at])) : qRgb(r, r, r));
    }
  return image;
}

}  // namespace ui
