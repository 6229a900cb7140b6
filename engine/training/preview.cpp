#include "engine/training/preview.h"

#include <algorithm>

namespace engine::training {

const NodeOutput* Preview::of(NodeId node) const {
  const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const NodeOutput& o) { return o.node == node; });
  return it == nodes.end() ? nullptr : &*it;
}

Result<Previewer> Previewer::open(Session& session) {
  Previewer previewer(session);
  const data::Source& source = *session.source();
  const data::Part part = source.size(data::Part::validation) > 0 ? data::Part::validation : data::Part::train;
  const int64_t rows = std::min<int64_t>(source.size(part), Preview::kSamples);
  Result<data::Loader> loader = session.loader(part, {.batch = rows, .shuffle = false, .dropLast = false, .seed = 0});
  if (!loader) return tl::unexpected(loader.error());
  constexpr size_t kAlignment = 64;  // of a plan's inputs
  for (size_t i = 0; i < loader->bindings(); ++i) {
    const size_t bytes = size_t(loader->bytesOf(i)) + kAlignment;
    auto& memory = previewer.inputs_.emplace_back(bytes / sizeof(std::max_align_t) + 1);
    const auto at = reinterpret_cast<uintptr_t>(memory.data());
    previewer.slots_.push_back(reinterpret_cast<void*>((at + kAlignment - 1) / kAlignment * kAlignment));
  }
  Result<int64_t> filled = loader->fill({}, previewer.slots_);
  if (!filled) return tl::unexpected(filled.error());
  previewer.rows_ = *filled;
  return previewer;
}

namespace {

template <class T>
void copy(const Tensor& from, int64_t each, NodeOutput& to) {
  const T* values = static_cast<const T*>(from.data);
  for (int s = 0; s < to.samples; ++s)
    for (int64_t i = 0; i < to.kept; ++i) to.values.push_back(float(values[s * each + i]));
}

}  // namespace

Result<std::shared_ptr<const Preview>> Previewer::look(int64_t step) {
  Result<Plan*> plan = session_->previewPlan(rows_);
  if (!plan) return tl::unexpected(plan.error());
  for (size_t i = 0; i < slots_.size(); ++i) (*plan)->setInput(int(i), slots_[i]);
  StepState state;
  state.seed = session_->seed();
  (*plan)->run(session_->cpu(), state);
  if (Done done = (*plan)->answer(); !done) return tl::unexpected(done.error());

  auto preview = std::make_shared<Preview>();
  preview->step = step;
  const std::vector<Session::Previewed>& shown = session_->previewed();
  for (size_t k = 0; k < shown.size(); ++k) {
    const Tensor& tensor = (*plan)->kept(int(k));
    NodeOutput output;
    output.node = shown[k].node;
    const bool batched = tensor.shape.rank() > 0 && tensor.shape[0] == rows_;
    output.samples = batched ? int(rows_) : 1;
    if (batched) output.shape = Shape(std::span<const int64_t>(tensor.shape.begin() + 1, tensor.shape.end()));
    else output.shape = tensor.shape;
    const int64_t each = output.shape.elements();
    output.kept = std::min(each, Preview::kMostElements);
    output.values.reserve(size_t(output.kept * output.samples));
    switch (tensor.type) {
      case Type::f32: copy<float>(tensor, each, output); break;
      case Type::f64: copy<double>(tensor, each, output); break;
      case Type::i64: copy<int64_t>(tensor, each, output); break;
      default: continue;
    }
    preview->nodes.push_back(std::move(output));
  }
  return preview;
}

}  // namespace engine::training
