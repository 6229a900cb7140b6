// The large card of the welcome page: the one thing to do first, with a picture of what it does.
#pragma once
#include <QWidget>

#include "ui/shell/template_data.h"

class QLayout;
class QPushButton;

namespace ui {

class Hero : public QWidget {
  Q_OBJECT
 public:
  explicit Hero(TemplateData& shown, QWidget* parent = nullptr);
  QPushButton* trainButton() const { return train_; }

 signals:
  void wanted(bool train);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void paintStage(QPainter& painter, const QRectF& card);
  TemplateData& data_;
  QLayout* words_ = nullptr;
  QPushButton* train_;
};

}  // namespace ui
