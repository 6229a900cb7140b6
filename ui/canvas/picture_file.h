// The canvas as a picture, in a file or as its bytes, by the same painting as on the screen: a few nodes a turn of the window's thread.
// Memory for the picture, packing and writing are another thread's work. An edit meanwhile makes it begin anew.
#pragma once
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/graph/problem.h"

class QPainter;

namespace ui {

struct FrameBox;
class Scene;

class PictureFile : public QObject {
  Q_OBJECT
 public:
  static constexpr size_t kMostInATurn = 100;  // nodes and wires

  enum class Kind { png, svg, pdf };
  static std::optional<Kind> kindOf(const QString& path);  // by the file's name

  // Deletes itself after it has said how it ended, as all of them do.
  PictureFile(Scene& scene, const QString& path, const QString& title, QObject* parent);
  // To no file, painted() has it. `only`: these nodes and the wires between them; none: all.
  PictureFile(Scene& scene, Kind kind, const std::vector<engine::NodeId>& only, const QString& title, QObject* parent);

  // How much work was done, for the tests that bound it.
  struct Counters {
    int starts = 0;
    size_t turns = 0, most = 0;  // items in a turn
  };
  Counters counters;

 signals:
  void written();
  void painted(const QByteArray& bytes);
  void failed(const engine::Problem& why);

 private:
  struct Leaf;  // of an SVG
  struct Sheet;
  static QByteArray joined(const std::vector<std::unique_ptr<Leaf>>& leaves);
  void begin();
  QRectF partToPaint() const;
  void openPainter();
  bool isShown(engine::NodeId node) const { return only_.empty() || only_.contains(node); }
  bool isShown(const FrameBox& frame) const;  // with all that is in it
  void paintSome();
  QPainter& painterOfNext();
  void finish();
  void fail(engine::Message needs, engine::Message got = {}, engine::Message fix = {});

  Scene& scene_;
  QString path_, title_;
  std::optional<Kind> kind_;
  std::unordered_set<engine::NodeId> only_;
  std::shared_ptr<Sheet> sheet_;  // while it is painted
  size_t painted_ = 0;            // wires, then nodes
  quint64 asked_ = 0;
  QTimer turn_;
};

}  // namespace ui
