// What a template's cards show of it: its document, the number of its parameters, and a few rows of its real data, which
// are read in another thread.
#pragma once
#include <QImage>
#include <QObject>
#include <QPointF>
#include <QStringList>
#include <vector>

#include "engine/document/document.h"

namespace ui {

class TemplateData : public QObject {
  Q_OBJECT
 public:
  struct Point {
    QPointF at;  // within -1 .. 1
    int label = 0;
  };
  TemplateData(const QString& name, QObject* parent = nullptr);
  // Their rows, in the background; those of one source are read once.
  static void read(const QList<TemplateData*>& all);

  const QString& name() const { return name_; }
  QString title() const;
  QString about() const;
  double parameters() const { return parameters_; }
  const engine::document::Document& document() const { return document_; }
  // Empty until changed(), and where the data are not on this machine.
  bool isRead() const { return isRead_; }
  bool hasPictures() const { return hasPictures_; }  // once they are read
  const QList<QImage>& pictures() const { return pictures_; }
  const QStringList& labels() const { return labels_; }  // of the pictures
  const std::vector<Point>& points() const { return points_; }

 signals:
  void changed();

 private:
  QString name_;
  engine::document::Document document_;
  double parameters_ = 0;
  bool isRead_ = false, hasPictures_ = false;
  QList<QImage> pictures_;
  QStringList labels_;
  std::vector<Point> points_;
};

}  // namespace ui
