// Weights of elsewhere for this project, by their names: what of a safetensors file fits the network as it is now, kept up with edits,
// and the step that has the next run begin with them. The file's values are read only for that step.
#pragma once
#include <QObject>
#include <QTimer>

#include "engine/formats/match_weights.h"
#include "ui/run/training.h"
#include "ui/shell/actions.h"
#include "ui/shell/message_bar.h"

namespace ui {

class WeightsImport : public QObject {
  Q_OBJECT
 public:
  using Match = engine::formats::WeightMatch;
  enum class State { none, reading, there, failed };
  // Binds file.import_weights.
  WeightsImport(Project& project, Training& training, Actions& actions, MessageBar& messages, QWidget* window);

  void open(const QString& path);

  State state() const { return state_; }
  QString path() const { return path_; }
  QString fileName() const;
  const std::vector<Match>& matches() const { return matches_; }
  QString prefix() const { return prefix_; }  // that all names of the file have, and the network's have not
  int count(Match::Kind kind) const;
  int values() const;  // of the network
  QString problem() const { return problem_; }  // of State::failed
  QString whyNotBegin() const;                  // "": begin() can be done
  bool hasBegun() const;                        // the recipe begins with what fitted

  void begin();  // one undo step
  void follow(const std::string& from, const std::string& to);  // the recipe calls the same weights otherwise now

 signals:
  void begun();    // a file was asked for: its table is wanted
  void changed();

 private:
  struct Matched {
    std::optional<engine::Problem> problem;
    std::vector<engine::formats::NamedTensor> file;
    std::vector<Match> matches;
    std::string prefix;
    bool complete = true;
  };
  static Matched match(const engine::document::Document& document, std::vector<engine::formats::NamedTensor> file);
  void matchAgain();
  void take(Matched matched);
  void tellNothingFits();
  void forget();

  Project& project_;
  Training& training_;
  Actions& actions_;
  MessageBar& messages_;
  State state_ = State::none;
  QString path_, problem_, prefix_, began_;
  std::vector<engine::formats::NamedTensor> file_;
  std::vector<Match> matches_;
  bool complete_ = true, writing_ = false;
  quint64 asked_ = 0;     // how often; an older question's answer is not wanted
  quint64 matchedAt_ = 0;  // the project's state that the table is of
  QTimer soon_;
};

}  // namespace ui
