// The strip over the centre: what happened, what is kept and what to do, without a dialog. Several stand below each other.
#pragma once
#include <QWidget>
#include <functional>

#include "engine/graph/problem.h"

class QVBoxLayout;

namespace ui {

class MessageBar : public QWidget {
  Q_OBJECT
 public:
  enum class Tone { info, success, warning, problem };
  struct Button {
    QString text;
    std::function<void()> run;
  };
  explicit MessageBar(QWidget* parent = nullptr);

  // A message with the same `key` replaces the former one. Information goes by itself after a while, the rest stays until
  // it is closed.
  void show(const QString& key, Tone tone, const QString& text, QList<Button> buttons = {});
  void showProblem(const QString& key, const QString& what, const engine::Problem& problem, QList<Button> buttons = {}, Tone tone = Tone::problem);
  void remove(const QString& key);
  QString textOf(const QString& key) const;  // "": it does not show
  QStringList keys() const;

 private:
  QWidget* find(const QString& key) const;
  QVBoxLayout* rows_;
};

}  // namespace ui
