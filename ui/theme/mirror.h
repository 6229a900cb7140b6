// Painted rows for whoever reads from right to left: places are written for the other ones, and asked of a Mirror.
#pragma once
#include <QGuiApplication>
#include <QRectF>
#include <QString>

namespace ui {

class Mirror {
 public:
  Mirror(Qt::LayoutDirection direction, const QRectF& whole) : mirrors_(direction == Qt::RightToLeft), whole_(whole) {}
  QRectF operator()(const QRectF& place) const {
    return mirrors_ ? QRectF(whole_.left() + whole_.right() - place.right(), place.top(), place.width(), place.height()) : place;
  }
  QRect operator()(const QRect& place) const { return (*this)(QRectF(place)).toRect(); }

 private:
  bool mirrors_;
  QRectF whole_;
};

// Numbers with their units, shapes and keys, which are written from left to right within any text.
inline QString leftToRight(const QString& text) { return QGuiApplication::isRightToLeft() && !text.isEmpty() ? QChar(0x2066) + text + QChar(0x2069) : text; }

}  // namespace ui
