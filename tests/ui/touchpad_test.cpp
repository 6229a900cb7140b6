// Two fingers on a touchpad, as the window system tells of them: they move the view and pinch it, in the real window, where the canvas is not in
// the corner.
#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QWheelEvent>
#include <QWindow>

#include "tests/ui/own_settings.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

namespace ui {

class TouchpadTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QPointingDevice pad_{"pad", 7, QInputDevice::DeviceType::TouchPad, QPointingDevice::PointerType::Finger, QInputDevice::Capability::Position, 2, 0};
  std::unique_ptr<MainWindow> window_;
  CanvasView* view_ = nullptr;

  QPointF seenAt(QPoint at) { return view_->mapToScene(at); }
  void gesture(Qt::NativeGestureType type, QPoint at, double value, QPointF delta = {}) {
    const QPointF global = view_->viewport()->mapToGlobal(at), inWindow = window_->mapFromGlobal(global);
    QNativeGestureEvent event(type, &pad_, 2, inWindow, inWindow, global, value, delta, 1);
    QCoreApplication::sendEvent(window_->windowHandle(), &event);
  }
  void wheel(const QPointingDevice& device, Qt::MouseEventSource source, QPoint pixels, QPoint angle, Qt::KeyboardModifiers modifiers = {}) {
    const QPointF global = view_->viewport()->mapToGlobal(QPoint(200, 150)), inWindow = window_->mapFromGlobal(global);
    QWheelEvent event(inWindow, global, pixels, angle, Qt::NoButton, modifiers, Qt::ScrollUpdate, false, source, &device);
    QCoreApplication::sendEvent(window_->windowHandle(), &event);
  }

 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
    setUpLook();
  }
  void init() {
    window_ = std::make_unique<MainWindow>();
    window_->resize(1280, 800);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    window_->files().openTemplate("spirals");
    view_ = window_->findChild<CanvasView*>();
    view_->setZoom(1);
  }
  void cleanup() { window_.reset(); }

  void aPinchZoomsBetweenTheFingers() {
    const QPoint at(300, 120);
    const QPointF under = seenAt(at);
    gesture(Qt::BeginNativeGesture, at, 0);
    gesture(Qt::ZoomNativeGesture, at, 0.25);
    QCOMPARE(view_->zoom(), 1.25);
    QVERIFY2(QLineF(seenAt(at), under).length() < 2, "it zooms somewhere else");
    gesture(Qt::ZoomNativeGesture, at, -0.4);
    gesture(Qt::EndNativeGesture, at, 0);
    QCOMPARE(view_->zoom(), 0.75);
    QVERIFY2(QLineF(seenAt(at), under).length() < 2, "it zooms somewhere else");
    gesture(Qt::ZoomNativeGesture, at, -1);
    QCOMPARE(view_->zoom(), CanvasView::kLeastZoom);
    QCOMPARE(window_->project().undo().count(), 0);
  }

  void fingersThatMoveWhileTheyPinchPan() {
    const QPointF corner = seenAt({0, 0});
    gesture(Qt::PanNativeGesture, {300, 120}, 0, QPointF(30, -20));
    QCOMPARE(view_->zoom(), 1.0);
    QCOMPARE(seenAt({0, 0}), corner + QPointF(-30, 20));
  }

  // A driver may tell of pixels or of degrees; Wayland does not name the device.
  void twoFingersPan() {
    const QPointingDevice* mouse = QPointingDevice::primaryPointingDevice();
    struct {
      const QPointingDevice* device;
      Qt::MouseEventSource source;
      QPoint pixels, angle;
    } const ways[] = {{&pad_, Qt::MouseEventNotSynthesized, {12, 30}, {24, 60}},
                      {&pad_, Qt::MouseEventNotSynthesized, {}, {12, 30}},
                      {mouse, Qt::MouseEventSynthesizedBySystem, {12, 30}, {24, 60}}};
    for (const auto& way : ways) {
      const QPointF corner = seenAt({0, 0});
      wheel(*way.device, way.source, way.pixels, way.angle);
      QCOMPARE(view_->zoom(), 1.0);
      QCOMPARE(seenAt({0, 0}), corner - QPointF(12, 30));
    }
    wheel(pad_, Qt::MouseEventNotSynthesized, {0, 30}, {0, 120}, Qt::ControlModifier);
    QVERIFY(view_->zoom() > 1);
    view_->setZoom(1);
    wheel(*mouse, Qt::MouseEventNotSynthesized, {}, {0, 120});
    QVERIFY(view_->zoom() > 1);
  }

  // What is drawn first is drawn in its own size, however small the last network was seen.
  void aNewProjectBeginsAtItsOwnSize() {
    view_->setZoom(0.3);
    window_->actions().trigger("file.new");
    QVERIFY(window_->project().document().nodes().empty());
    QCOMPARE(view_->zoom(), 1.0);
    QVERIFY(view_->visiblePart().contains(QPointF(0, 0)));
  }
};

}  // namespace ui

QTEST_MAIN(ui::TouchpadTest)
#include "touchpad_test.moc"
