// The canvas as a picture in a file, by the same painting as on the screen: a few nodes a turn of the window's thread.
// Memory for the picture, packing and writing are another thread's work. An edit meanwhile makes it begin anew.
#pragma once
#include <QObject>
#include <QTimer>
#include <memory>
#include <vector>

class QPainter;

namespace ui {

class Scene;

class PictureFile : public QObject {
  Q_OBJECT
 public:
  static constexpr size_t kMostInATurn = 100;  // nodes and wires

  // SVG or PNG, by the file's name. Deletes itself after it has said how it ended.
  PictureFile(Scene& scene, const QString& path, const QString& title, QObject* parent);

  // How much work was done, for the tests that bound it.
  struct Counters {
    int starts = 0;
    size_t turns = 0, most = 0;  // items in a turn
  };
  Counters counters;

 signals:
  void written();
  void failed(const QString& why);

 private:
  struct Leaf;  // of an SVG
  struct Sheet;
  static QByteArray joined(const std::vector<std::unique_ptr<Leaf>>& leaves);
  void begin();
  void paintSome();
  QPainter& painterOfNext();
  void finish();
  void fail(const QString& why);

  Scene& scene_;
  QString path_, title_;
  std::shared_ptr<Sheet> sheet_;  // while it is painted
  size_t painted_ = 0;            // wires, then nodes
  quint64 asked_ = 0;
  QTimer turn_;
};

}  // namespace ui
