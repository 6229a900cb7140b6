// A template as a card to click: its data and network as a picture, its name, what it is, and its size.
#pragma once
#include <QAbstractButton>

#include "ui/shell/template_data.h"

namespace ui {

class TemplateCard : public QAbstractButton {
  Q_OBJECT
 public:
  explicit TemplateCard(TemplateData& shown, QWidget* parent = nullptr);
  QSize sizeHint() const override { return {308, 222}; }
  QSize minimumSizeHint() const override { return {232, 222}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  TemplateData& data_;
};

// The data of a template within the rectangle: pictures in a row, or points by class; and its layers as a chain below.
void paintTemplate(QPainter& painter, const QRectF& rect, const TemplateData& data);
// Its layers as small tiles, wired in order; activations and other small ones are left out where there is no room.
void paintChain(QPainter& painter, const QRectF& rect, const engine::document::Document& document);

}  // namespace ui
