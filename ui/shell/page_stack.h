// Pages of which one is seen. Only that one says how small the window may become: Qt's own stack asks all of them, so that a page
// nobody looks at would make the window grow.
#pragma once
#include <QStackedWidget>

namespace ui {

class PageStack : public QStackedWidget {
 public:
  explicit PageStack(QWidget* parent) : QStackedWidget(parent) {
    connect(this, &QStackedWidget::currentChanged, this, [this] { updateGeometry(); });
  }
  QSize minimumSizeHint() const override {
    const QWidget* const page = currentWidget();
    return page ? page->minimumSizeHint().expandedTo(page->minimumSize()) : QSize();
  }
};

}  // namespace ui
