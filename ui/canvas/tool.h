// What the mouse does from press to release: one object a gesture. It shows a preview, and changes the document only
// when it is released; cancelled, everything is as it was.
#pragma once
#include <QPointF>
#include <QString>
#include <map>
#include <memory>

#include "ui/canvas/edits.h"

namespace ui {

class CanvasView;

struct Pointer {
  QPointF scene;
  QPointF view;
  Qt::KeyboardModifiers modifiers;
};

class Tool {
 public:
  explicit Tool(CanvasView& view) : view_(view) {}
  virtual ~Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  virtual void move(const Pointer& pointer) = 0;
  virtual void release(const Pointer& pointer) = 0;
  virtual void cancel() = 0;
  // By keyboard; true: it has done its work.
  virtual bool key(int, Qt::KeyboardModifiers) { return false; }
  virtual Qt::CursorShape cursor() const { return Qt::ArrowCursor; }

 protected:
  CanvasView& view_;
};

// Moves the picture with the hand.
class PanTool : public Tool {
 public:
  PanTool(CanvasView& view, QPointF start) : Tool(view), last_(start) {}
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override {}
  Qt::CursorShape cursor() const override { return Qt::ClosedHandCursor; }

 private:
  QPointF last_;
};

// Selects what a rectangle touches; with Ctrl or Shift besides what was selected.
class BandTool : public Tool {
 public:
  BandTool(CanvasView& view, QPointF start, bool adds);
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override;

 private:
  QPointF start_;
  std::vector<engine::NodeId> before_, kept_;
  std::vector<WireEnd> wiresBefore_;
};

// Moves the selected nodes; a free node that is held over a wire goes in between.
class MoveTool : public Tool {
 public:
  MoveTool(CanvasView& view, QPointF start, engine::NodeId grabbed);
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override;
  Qt::CursorShape cursor() const override { return Qt::SizeAllCursor; }

 private:
  QPointF start_;
  engine::NodeId grabbed_;
  std::map<engine::NodeId, QPointF> from_, to_;
  std::vector<FrameBox> frames_;  // as they were seen
  std::optional<WireEnd> over_;
};

// Takes off all wires that a straight line crosses.
class CutTool : public Tool {
 public:
  CutTool(CanvasView& view, QPointF start) : Tool(view), start_(start) {}
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override;
  Qt::CursorShape cursor() const override { return Qt::CrossCursor; }

 private:
  QPointF start_;
  std::vector<WireEnd> cut_;
};

// Draws a wire from a port to another one, by mouse or by keys. Where it was taken off a port, letting go in the open
// leaves it off.
class ConnectTool : public Tool {
 public:
  ConnectTool(CanvasView& view, PortRef start, std::optional<WireEnd> taken = {});
  ~ConnectTool() override;
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override;
  bool key(int key, Qt::KeyboardModifiers modifiers) override;
  Qt::CursorShape cursor() const override { return Qt::CrossCursor; }
  void chooseFirst();  // the nearest port that fits, for the keyboard
  PortRef target() const { return target_; }

 private:
  struct Candidate {
    PortRef port;
    QPointF at;
    Verdict verdict;
  };
  void judge();
  void aim(const Candidate* candidate, QPointF tip);
  void commit();
  bool isWired(PortRef port) const;  // to where it starts
  QString nameOf(PortRef port) const;
  PortRef output(PortRef other) const { return start_.input ? other : start_; }
  PortRef input(PortRef other) const { return start_.input ? start_ : other; }
  void end();

  PortRef start_, target_;
  std::optional<WireEnd> taken_;
  QPointF startAt_;
  engine::ValueInfo value_;
  std::vector<Candidate> candidates_;
  const Candidate* aimed_ = nullptr;
  bool byKeys_ = false;  // the last aim was taken by the keyboard
};

// Holds a new layer that is dragged from the palette: shows where it will stand, or which wire it will go into.
class DropTool : public Tool {
 public:
  DropTool(CanvasView& view, QString op);
  ~DropTool() override;
  void move(const Pointer& pointer) override;
  void release(const Pointer& pointer) override;
  void cancel() override;

 private:
  QString op_;
  QGraphicsItem* ghost_;
  QSizeF box_;
  std::optional<WireEnd> over_;
};

}  // namespace ui
