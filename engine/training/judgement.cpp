#include "engine/training/judgement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace engine::training {

std::vector<int64_t> Judgement::rowsOf(int label, int said) const {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < answers.size(); ++i)
    if (answers[i].label == label && answers[i].said == said) rows.push_back(int64_t(i));
  std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return answers[size_t(a)].share > answers[size_t(b)].share; });
  return rows;
}

std::vector<int64_t> Judgement::mistakes() const {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < answers.size(); ++i)
    if (!answers[i].right()) rows.push_back(int64_t(i));
  std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return answers[size_t(a)].share > answers[size_t(b)].share; });
  return rows;
}

double Judgement::precision(int c) const {
  int64_t said = 0;
  for (int label = 0; label < classCount(); ++label) said += count(label, c);
  return said ? double(count(c, c)) / double(said) : 0;
}

double Judgement::recall(int c) const {
  int64_t labels = 0;
  for (int said = 0; said < classCount(); ++said) labels += count(c, said);
  return labels ? double(count(c, c)) / double(labels) : 0;
}

double Judgement::f1(int c) const {
  const double p = precision(c), r = recall(c);
  return p + r > 0 ? 2 * p * r / (p + r) : 0;
}

double Judgement::meanF1() const {
  double sum = 0;
  for (int c = 0; c < classCount(); ++c) sum += f1(c);
  return classCount() ? sum / classCount() : 0;
}

double Judgement::calibrationError() const {
  constexpr int kBins = 10;
  double shares[kBins] = {}, right[kBins] = {};
  for (const Answer& a : answers) {
    const int bin = std::clamp(int(double(a.share) * kBins), 0, kBins - 1);
    shares[bin] += double(a.share);
    right[bin] += a.right();
  }
  double error = 0;
  for (int b = 0; b < kBins; ++b) error += std::abs(shares[b] - right[b]);
  return answers.empty() ? 0 : error / double(answers.size());
}

namespace {

template <class T>
Answer answerOf(const T* scores, int64_t classes) {
  Answer answer;
  for (int64_t c = 1; c < classes; ++c)
    if (scores[c] > scores[answer.said]) answer.said = int32_t(c);  // the first one on ties, as torch.argmax
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(double(scores[c]) - double(scores[answer.said]));
  answer.share = float(1 / sum);
  return answer;
}

Problem notClasses(Message needs, Message got) {
  Problem problem;
  problem.needs = std::move(needs);
  problem.got = std::move(got);
  return problem;
}

}  // namespace

Result<Judgement> judge(Session& session, data::Part part, const std::function<bool()>& goOn) {
  const std::vector<LossTerm> losses = session.losses(0);
  if (losses.empty()) return tl::unexpected(notClasses("a loss that compares scores with classes", "none"));
  const Node& loss = session.network().nodes[size_t(losses.front().value.node)];
  const int target = loss.inputs.size() > 1 ? loss.inputs[1].node : -1;
  size_t binding = 0;
  while (binding < session.bindings().size() && session.bindings()[binding].node != target) ++binding;
  if (binding == session.bindings().size())
    return tl::unexpected(notClasses("a loss that compares scores with a Target", Message("{0}", loss.op.name())));

  Judgement judgement;
  int64_t classes = 0;
  const auto visit = [&](Plan& plan, std::span<void* const> inputs, int64_t rows) -> Done {
    if (goOn && !goOn()) return tl::unexpected(notClasses("to go on", "a stop"));
    const Tensor& scores = plan.kept(session.hasAccuracy() ? 1 : 0);
    const bool whole = plan.inputs()[binding].info.type == Type::i64 && plan.inputs()[binding].info.shape.rank() == 1;
    if (scores.shape.rank() != 2 || !whole) return tl::unexpected(notClasses("scores (rows, classes) and a class a row", scores.shape));
    if (classes == 0) {
      classes = scores.shape[1];
      judgement.confusion.assign(size_t(classes * classes), 0);
    }
    const int64_t* labels = static_cast<const int64_t*>(inputs[binding]);
    for (int64_t row = 0; row < rows; ++row) {
      Answer answer = scores.type == Type::f64 ? answerOf(static_cast<const double*>(scores.data) + row * classes, classes)
                                               : answerOf(static_cast<const float*>(scores.data) + row * classes, classes);
      answer.label = int32_t(labels[row]);
      judgement.answers.push_back(answer);
      if (answer.label >= 0 && answer.label < classes) ++judgement.confusion[size_t(answer.label * classes + answer.said)];
    }
    return {};
  };
  Result<Evaluation> evaluation = session.evaluate(part, visit);
  if (!evaluation) return tl::unexpected(evaluation.error());
  judgement.evaluation = *evaluation;
  for (int64_t c = 0; c < classes; ++c)
    judgement.classes.push_back(size_t(c) < session.classes().size() ? session.classes()[size_t(c)] : std::to_string(c));
  return judgement;
}

}  // namespace engine::training
