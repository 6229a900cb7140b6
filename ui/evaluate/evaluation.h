// The judgement of the project's trained network over its test rows (validation rows where there are none), computed on a
// thread of its own while no run is active, and the pictures of its rows.
#pragma once
#include <QImage>
#include <QObject>
#include <atomic>
#include <memory>
#include <optional>

#include "engine/training/judgement.h"
#include "ui/run/trained.h"

namespace ui {

class Evaluation : public QObject {
  Q_OBJECT
 public:
  enum class State { none, working, there, failed };
  Evaluation(Project& project, Training& training, QObject* parent = nullptr);
  ~Evaluation() override;

  State state() const { return state_; }
  const engine::training::Judgement& judgement() const { return *judgement_; }  // of State::there
  QString problem() const { return problem_; }                                   // of State::failed, or why there is none
  QString source() const { return source_; }                                     // "Run 0003"
  double seconds() const { return seconds_; }                                    // that it took

  // Judges what is trained now, unless that is what was judged last.
  void refresh();
  // The row as a picture, where its input is one: null otherwise.
  QImage picture(int64_t row) const;

 signals:
  void changed();

 private:
  struct Result {
    std::optional<engine::training::Judgement> judgement;
    QString problem;
    engine::data::SourcePointer rows;
    int column = -1;
    double seconds = 0;
  };
  static Result work(const Trained& trained, const std::atomic<bool>& stop);
  void forget();

  Project& project_;
  Training& training_;
  State state_ = State::none;
  std::optional<engine::training::Judgement> judgement_;
  engine::data::SourcePointer rows_;
  int column_ = -1;
  QString problem_, source_, judged_;
  double seconds_ = 0;
  std::shared_ptr<std::atomic<bool>> stop_;
};

}  // namespace ui
