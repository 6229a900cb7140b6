// The canvas as a picture: written to a file, copied, dragged out.
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QMimeData>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QUrl>

#include "ui/canvas/canvas.h"
#include "ui/canvas/picture_file.h"
#include "ui/canvas/picture_handle.h"
#include "ui/canvas/scene.h"
#include "ui/model/text.h"
#include "ui/widgets/ask_path.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr QSize kSeenWhileDragged(240, 160);
}

PictureFile* Canvas::exportPicture(const QString& path) {
  auto* picture = new PictureFile(*scene_, path, project_.title(), this);
  connect(picture, &PictureFile::written, this, [this, path] { setHint(tr("%1 is written.").arg(path)); });
  connect(picture, &PictureFile::failed, &project_, &Project::refused);
  return picture;
}

// In both forms, so that whoever takes it has the one that it knows: lines where it can, dots elsewhere. Of what is selected, or all.
void Canvas::paintPicture(const std::function<void(QMimeData* both)>& take) {
  const std::vector<NodeId> only = project_.selection().nodes();
  auto* dots = new PictureFile(*scene_, PictureFile::Kind::png, only, project_.title(), this);
  const auto refused = [this, take](const engine::Problem& why) {
    emit project_.refused(why);
    take(nullptr);
  };
  connect(dots, &PictureFile::failed, this, refused);
  connect(dots, &PictureFile::painted, this, [this, only, refused, take](const QByteArray& png) {
    auto* lines = new PictureFile(*scene_, PictureFile::Kind::svg, only, project_.title(), this);
    connect(lines, &PictureFile::failed, this, refused);
    connect(lines, &PictureFile::painted, this, [png, take](const QByteArray& svg) {
      auto* both = new QMimeData;
      both->setImageData(QImage::fromData(png, "PNG"));
      both->setData("image/png", png);
      both->setData("image/svg+xml", svg);
      take(both);
    });
  });
}

void Canvas::copyPicture() {
  const bool all = project_.selection().nodes().empty();
  paintPicture([this, all](QMimeData* both) {
    if (!both) return;
    QApplication::clipboard()->setMimeData(both);
    setHint(all ? tr("The picture is on the clipboard.") : tr("The picture of what is selected is on the clipboard."));
  });
}

// A folder takes files, a document pictures: the drag has a file too, which stays until the program ends.
void Canvas::bindPictureHandle(PictureHandle& handle) {
  handle.setSource([this](const PictureHandle::Ready& ready) {
    paintPicture([this, ready](QMimeData* both) {
      if (!both) return ready(nullptr, {});
      static const QTemporaryDir folder;
      QString name = project_.title();
      name.replace(QRegularExpression("[/\\\\:*?\"<>|\\x00-\\x1f]"), "_");
      const QString path = folder.filePath((name.isEmpty() ? tr("Network") : name) + ".png");
      QFile file(path);
      if (folder.isValid() && file.open(QIODevice::WriteOnly) && file.write(both->data("image/png")) >= 0) {
        file.close();
        both->setUrls({QUrl::fromLocalFile(path)});
      }
      const double ratio = devicePixelRatioF();
      QPixmap seen = QPixmap::fromImage(qvariant_cast<QImage>(both->imageData())).scaled(kSeenWhileDragged * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation);
      seen.setDevicePixelRatio(ratio);
      ready(both, seen);
    });
  });
}

void Canvas::choosePicture() {
  const QString offered = project_.folder() + "/" + project_.title() + ".svg";
  const QString path = askPath(
      this, {PathQuestion::Kind::save, tr("Export picture"), offered, tr("Pictures (*.svg *.pdf *.png)"), "svg"});
  if (path.isEmpty()) return;
  setHint(tr("Painting %1...").arg(path));
  exportPicture(path);
}

}  // namespace ui
