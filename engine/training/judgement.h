// How good a network that tells classes apart is, and where it fails: its answer to every row of a part.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/training/session.h"

namespace engine::training {

struct Answer {
  int32_t label = 0, said = 0;  // classes
  float share = 0;              // of the class that it said, by softmax over its scores
  bool right() const { return label == said; }
};

struct Judgement {
  Evaluation evaluation;
  std::vector<std::string> classes;  // names; numbers where the data have none
  std::vector<Answer> answers;       // by row of the part

  int classCount() const { return int(classes.size()); }
  // Rows with that label that got that answer.
  int64_t count(int label, int said) const { return confusion[size_t(label) * classes.size() + size_t(said)]; }
  std::vector<int64_t> rowsOf(int label, int said) const;  // surest first
  std::vector<int64_t> mistakes() const;                   // surest first
  // Of what was said to be the class, how much is; of the class, how much was found; 2 p r / (p + r). 0 where there is
  // nothing to divide by.
  double precision(int c) const;
  double recall(int c) const;
  double f1(int c) const;
  double meanF1() const;  // over the classes, each counting the same
  // Expected calibration error over ten bins of the share (Guo et al. 2017, eq. 3): 0 where a share of 0.8 is right in
  // eight of ten cases.
  double calibrationError() const;

  std::vector<int64_t> confusion;  // (label, said)
};

// `goOn` is asked between batches. The network's first loss must compare scores (rows, classes) with a class a row; the
// part must have rows.
Result<Judgement> judge(Session& session, data::Part part, const std::function<bool()>& goOn = {});

}  // namespace engine::training
