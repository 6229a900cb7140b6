// A panel with a list: a head of words and quiet buttons above it, and a sentence in its middle while it is empty.
#pragma once
#include <QWidget>

class QAbstractItemView;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace ui {

class ListPanel : public QWidget {
  Q_OBJECT
 public:
  static constexpr int kRow = 24;  // pixels, of a list

 protected:
  // `side`: the air at the head's left, as much as the list's rows have.
  ListPanel(const char* name, const QString& spoken, int side, QWidget* parent);
  QHBoxLayout& head() { return *head_; }
  QPushButton* addButton(const char* name, const QString& text);
  void setList(QAbstractItemView* list, int left = 0);  // once
  void showEmpty(const QString& why);     // "": there is something in it

 private:
  QHBoxLayout* head_;
  QLabel* empty_ = nullptr;
};

}  // namespace ui
