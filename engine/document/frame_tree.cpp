#include "engine/document/frame_tree.h"

#include <algorithm>
#include <numeric>

namespace engine::document {

FrameTree frameTree(const Document& document) {
  const std::vector<Frame>& frames = document.frames().list;
  FrameTree tree;
  tree.around.assign(frames.size(), FrameTree::kCrossing);
  tree.innermost.assign(document.nodes().size(), FrameTree::kNone);
  std::vector<size_t> bySize(frames.size());
  std::iota(bySize.rbegin(), bySize.rend(), size_t(0));  // of two around the same nodes the later one is drawn around the other
  std::stable_sort(bySize.begin(), bySize.end(), [&](size_t a, size_t b) { return frames[a].nodes.size() > frames[b].nodes.size(); });
  std::vector<size_t> places;
  for (const size_t f : bySize) {
    places.clear();
    for (const NodeId id : frames[f].nodes)
      if (const auto place = document.indexOf(id)) places.push_back(*place);
    if (places.empty()) continue;
    const int around = tree.innermost[places.front()];
    if (!std::all_of(places.begin(), places.end(), [&](size_t n) { return tree.innermost[n] == around; })) continue;
    tree.around[f] = around;
    for (const size_t n : places) tree.innermost[n] = int(f);
    tree.fromOutside.push_back(f);
  }
  return tree;
}

}  // namespace engine::document
