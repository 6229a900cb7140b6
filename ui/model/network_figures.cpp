#include "ui/model/network_figures.h"

#include <algorithm>
#include <numeric>

#include "engine/graph/block.h"
#include "ui/model/background.h"

namespace ui {

NetworkFigures::NetworkFigures(Project& project, QObject* parent) : QObject(parent), project_(project) {
  const auto renew = [this] { anew_ = true; };
  connect(&project_, &Project::replaced, this, renew);
  connect(&project_, &Project::viewed, this, renew);
  connect(&project_, &Project::stated, this, &NetworkFigures::follow);
}

void NetworkFigures::setWanted(bool wanted) {
  if (std::exchange(wanted_, wanted) == wanted) return;
  if (wanted) {
    anew_ = true;  // edits went by
    follow();
  } else {
    all_.clear();
  }
}

void NetworkFigures::follow() {
  if (!wanted_) return;
  ++asked_;
  const engine::Graph& network = project_.network();
  const size_t count = std::min(network.nodes.size(), project_.inference().nodes.size());
  if (FigureOptions now = FigureOptions::of(project_.document()); !(now == options_)) options_ = std::move(now), anew_ = true;
  std::vector<size_t> asked = project_.touched();
  if (anew_) asked.resize(count), std::iota(asked.begin(), asked.end(), size_t(0));
  std::erase_if(asked, [count](size_t n) { return n >= count; });
  int64_t size = 0;
  for (const size_t n : asked) size += engine::isBlock(network.nodes[n].op) ? engine::unfoldedSize(network.nodes[n].op) : 1;
  if (size > int64_t(kMostAtOnce)) {
    anew_ = true;
    return findAll();
  }
  if (anew_) all_.clear();
  anew_ = false;
  FigureFinder finder(network, project_.inference(), options_);
  for (const size_t n : asked) all_[network.nodes[n].id] = finder.of(n, project_.shown().nodes()[n]->frozen);
  found_ += asked.size();
  if (all_.size() > count) std::erase_if(all_, [this](const auto& known) { return !project_.shown().node(known.first); });
  emit changed();
}

// Until they are there, those that were known before are shown.
void NetworkFigures::findAll() {
  if (std::exchange(finding_, true)) return;
  const auto find = [document = project_.shown(), network = project_.network(), inference = project_.inference(), options = options_] {
    FigureFinder finder(network, inference, options);
    All all;
    all.reserve(network.nodes.size());
    for (size_t n = 0; n < std::min(network.nodes.size(), inference.nodes.size()); ++n)
      all.emplace(network.nodes[n].id, finder.of(n, document.nodes()[n]->frozen));
    return all;
  };
  inBackground(this, find, [this, asked = asked_](All all) {
    finding_ = false;
    if (!wanted_) return;
    if (asked != asked_) return findAll();  // edits went on
    anew_ = false;
    all_ = std::move(all);
    emit changed();
  });
}

}  // namespace ui
