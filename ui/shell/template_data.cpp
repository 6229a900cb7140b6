#include "ui/shell/template_data.h"

#include <QPointer>
#include <cstring>

#include "engine/data/open.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/passes/infer.h"
#include "ui/model/background.h"
#include "ui/model/text.h"

namespace ui {

namespace {

constexpr int kPictures = 6, kPoints = 160;

struct Rows {
  QList<QImage> pictures;
  QStringList labels;
  std::vector<TemplateData::Point> points;
};

// Of a row as numbers between what they are; only the types that pictures and points come in.
std::vector<double> numbersOf(const engine::data::Source& source, const engine::data::Column& column, int index, int64_t row) {
  std::vector<double> numbers;
  std::vector<std::byte> bytes(size_t(column.rowBytes()));
  const std::vector<int64_t> rows{row};
  if (!source.read(engine::data::Part::train, rows, index, bytes.data())) return numbers;
  for (int64_t i = 0; i < column.rowElements(); ++i) {
    const auto as = [&](auto zero) {
      std::memcpy(&zero, bytes.data() + size_t(i) * sizeof zero, sizeof zero);
      numbers.push_back(double(zero));
    };
    switch (column.type) {
      case engine::Type::u8: as(uint8_t()); break;
      case engine::Type::f32: as(float()); break;
      case engine::Type::f64: as(double()); break;
      case engine::Type::i64: as(int64_t()); break;
      default: return {};
    }
  }
  return numbers;
}

QImage greyFrom(const std::vector<double>& numbers, int height, int width) {
  QImage image(width, height, QImage::Format_Grayscale8);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) image.scanLine(y)[x] = uchar(qBound(0.0, numbers[size_t(y * width + x)], 255.0));
  return image;
}

Rows readRows(const std::string& name) {
  Rows rows;
  const auto opened = engine::data::open(name);
  if (!opened) return rows;
  const engine::data::Source& source = **opened;
  int pictures = -1, points = -1, label = -1;
  for (int c = 0; c < int(source.columns().size()); ++c) {
    const auto& column = source.columns()[size_t(c)];
    if (column.shape.rank() == 3 && column.shape[0] == 1) pictures = c;
    else if (column.shape.rank() == 1 && column.shape[0] == 2) points = c;
    else if (column.shape.rank() == 0) label = c;
  }
  const int64_t count = source.size(engine::data::Part::train);
  const auto labelOf = [&](int64_t row) {
    const auto numbers = label < 0 ? std::vector<double>() : numbersOf(source, source.columns()[size_t(label)], label, row);
    return numbers.empty() ? 0 : int(numbers[0]);
  };
  if (pictures >= 0) {
    const auto& column = source.columns()[size_t(pictures)];
    // The first picture of each class, so that no two are alike.
    QList<int> seen;
    for (int64_t row = 0; row < count && rows.pictures.size() < kPictures; ++row) {
      const int c = labelOf(row);
      if (seen.contains(c)) continue;
      seen << c;
      const auto numbers = numbersOf(source, column, pictures, row);
      if (numbers.empty()) break;
      rows.pictures << greyFrom(numbers, int(column.shape[1]), int(column.shape[2]));
      const auto& classes = label < 0 ? std::vector<std::string>() : source.columns()[size_t(label)].classes;
      rows.labels << (size_t(c) < classes.size() ? qt(classes[size_t(c)]) : QString::number(c));
    }
  } else if (points >= 0) {
    double largest = 1e-9;
    for (int64_t i = 0; i < std::min<int64_t>(count, kPoints); ++i) {
      const auto numbers = numbersOf(source, source.columns()[size_t(points)], points, count <= kPoints ? i : i * count / kPoints);
      if (numbers.size() != 2) break;
      rows.points.push_back({QPointF(numbers[0], -numbers[1]), labelOf(count <= kPoints ? i : i * count / kPoints)});
      largest = std::max({largest, std::abs(numbers[0]), std::abs(numbers[1])});
    }
    for (auto& point : rows.points) point.at /= largest;
  }
  return rows;
}

}  // namespace

TemplateData::TemplateData(const QString& named, QObject* parent) : QObject(parent), name_(named) {
  const engine::document::Template* found = engine::document::templateNamed(utf8(named));
  auto parsed = found ? engine::document::parse(found->text, found->name) : engine::Result<engine::document::Document>(engine::document::Document());
  if (parsed) document_ = *std::move(parsed);
  const auto inference = engine::infer(engine::document::expand(document_).network);
  for (const auto& node : inference.nodes)
    for (const auto& stored : node.stored)
      if (stored.trained) parameters_ += double(std::max<int64_t>(stored.shape.elements(), 0));
  for (const auto& node : document_.nodes())
    if (node->type == "Input")
      for (const auto& [name, value] : node->fields)
        if (const auto* axes = std::get_if<std::vector<int64_t>>(&value); name == "shape" && axes) hasPictures_ = axes->size() == 3;
}

void TemplateData::read(const QList<TemplateData*>& all) {
  QHash<QString, QList<QPointer<TemplateData>>> bySource;
  for (TemplateData* t : all) bySource[qt(t->document_.data().source)] << t;
  for (auto it = bySource.cbegin(); it != bySource.cend(); ++it)
    inBackground(it->front(), [source = utf8(it.key())] { return readRows(source); }, [readers = *it](const Rows& rows) {
      for (const QPointer<TemplateData>& t : readers) {
        if (!t) continue;
        t->pictures_ = rows.pictures;
        t->labels_ = rows.labels;
        t->points_ = rows.points;
        t->isRead_ = true;
        emit t->changed();
      }
    });
}

QString TemplateData::title() const {
  static const QHash<QString, QString> titles{{"fashion-mlp", tr("Clothes, by linear layers")},
                                              {"fashion-cnn", tr("Clothes, by convolutions")},
                                              {"spirals", tr("Two spirals")},
                                              {"xor", tr("Exclusive or")}};
  return titles.value(name_, name_);
}

QString TemplateData::about() const {
  QString about = engineText(document_.interface().about);
  if (!about.isEmpty()) about[0] = about[0].toUpper();
  return about;
}

}  // namespace ui
