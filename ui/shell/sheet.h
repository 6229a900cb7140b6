// A page over the window: a card in its middle, what is behind it veiled. Closed by Esc, its button or a click beside it; Tab stays
// within it, and the focus goes back to where it was.
#pragma once
#include <QPointer>
#include <QWidget>

class QFrame;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace ui {

class Sheet : public QWidget {
  Q_OBJECT
 public:
  Sheet(const char* name, QWidget* window);

 protected:
  QFrame& card() { return *card_; }
  QVBoxLayout& column() { return *column_; }  // of the card, below its title
  QToolButton& closeButton() { return *close_; }
  void setTitle(const QString& title);
  // As large as the window, the card as large as it lets it be.
  void place(int width, int height);
  void appear(QWidget* focus);
  void dismiss();
  // Esc: closes it, unless there is something smaller to end.
  virtual void escape() { dismiss(); }

  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  bool focusNextPrevChild(bool next) override;

 private:
  QFrame* card_;
  QLabel* title_;
  QToolButton* close_;
  QVBoxLayout* column_;
  QPointer<QWidget> before_;
  QSize wanted_;
};

}  // namespace ui
