// A list whose marked row follows something else. Qt tells screen readers of each new current row as of the focus, also where the list
// does not have it; of this one it does where it has.
#pragma once
#include <QTreeWidget>

namespace ui {

template <class Tree>
class Quiet : public Tree {
 public:
  using Tree::Tree;

 protected:
  void currentChanged(const QModelIndex& current, const QModelIndex& previous) override {
    if (this->hasFocus()) Tree::currentChanged(current, previous);
    else QAbstractItemView::currentChanged(current, previous);
    this->viewport()->update();
  }
};

}  // namespace ui
