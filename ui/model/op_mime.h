// What a drag from the list of layers carries: the op's name.
#pragma once
#include <QMimeData>

namespace ui {

inline constexpr char kOpMimeType[] = "application/x-netwright-op";  // its bytes are the name in UTF-8

inline QMimeData* opMimeData(const QString& op) {
  auto* data = new QMimeData;
  data->setData(kOpMimeType, op.toUtf8());
  return data;
}
// "" where it is not one.
inline QString opOf(const QMimeData& data) { return QString::fromUtf8(data.data(kOpMimeType)); }

}  // namespace ui
