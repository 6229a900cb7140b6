#include "kernels/conv.h"

#include <algorithm>
#include <type_traits>

#include "kernels/choices.h"
#include "kernels/conv_columns.h"
#include "kernels/conv_library.h"
#include "kernels/conv_product.h"
#include "kernels/conv_winograd.h"
#include "kernels/map.h"

namespace kernels {
namespace {

// What the three classes share: the way that the cost table says, in double columns; none where there is nothing to multiply.
template <class T>
struct Route {
  ConvolutionShape shape;
  std::unique_ptr<WinogradConvolution> winograd;  // float only
  std::unique_ptr<ProductConvolution> product;    // float only
  std::unique_ptr<LibraryConvolution> library;    // float only
  std::unique_ptr<ColumnConvolution<T>> columns;

  Route(const Cpu& cpu, ConvolutionKind kind, const ConvolutionShape& s) : shape(s) {
    // Beyond so many places preparing is nothing beside the work.
    constexpr int64_t mostPlaces = 16384;
    if (kind != ConvolutionKind::forward || s.batch * s.outHeight() * s.outWidth() > mostPlaces) shape.prepared = false;
    if (!s.inputElements() || !s.outputElements() || !s.weightElements()) return;
    if constexpr (std::is_same_v<T, float>) {
      switch (wayOf(cpu, kind, shape)) {
        case Way::winograd: winograd = std::make_unique<WinogradConvolution>(kind, shape); return;
        case Way::product: product = std::make_unique<ProductConvolution>(kind, shape); return;
        default: library = LibraryConvolution::make(kind, shape);
      }
      if (library) return;
    }
    columns = std::make_unique<ColumnConvolution<T>>(kind, shape);
  }
  int64_t scratchBytes() const {
    if (winograd) return winograd->scratchBytes();
    if (product) return product->scratchBytes();
    return library ? library->scratchBytes() : columns ? columns->scratchBytes() : 0;
  }
  bool rectifies() const { return winograd || product || library; }  // does what `relu` asks for itself

  int64_t preparedBytes() const {
    if (!shape.prepared) return 0;
    return winograd ? winograd->preparedBytes() : product ? product->preparedBytes() : library ? library->preparedBytes() : 0;
  }
  void prepare(Cpu& cpu, const T* weight, T* prepared) const {
    if constexpr (std::is_same_v<T, float>) {
      if (winograd) winograd->prepare(cpu, weight, prepared);
      else if (product) product->prepare(cpu, weight, prepared);
      else library->prepare(weight, prepared);
    }
  }

  bool run(Cpu& cpu, const T* input, const T* weight, const T* bias, const T* output, void* scratch) const {
    if constexpr (std::is_same_v<T, float>) {
      if (winograd) return winograd->run(cpu, input, weight, bias, output, scratch), true;
      if (product) return product->run(cpu, input, weight, bias, output, scratch), true;
      if (library) return library->run(cpu, input, weight, bias, output, scratch), true;
    }
    if (columns) return columns->run(cpu, input, weight, bias, output, scratch), true;
    return false;
  }
};

}  // namespace

template <class T>
struct ConvolutionForward<T, Cpu>::Bound : Route<T> {
  using Route<T>::Route;
};
template <class T>
struct ConvolutionBackwardData<T, Cpu>::Bound : Route<T> {
  using Route<T>::Route;
};
template <class T>
struct ConvolutionBackwardWeights<T, Cpu>::Bound : Route<T> {
  using Route<T>::Route;
};

template <class T>
ConvolutionForward<T, Cpu>::ConvolutionForward(const Cpu& cpu, const ConvolutionShape& shape)
    : bound_(std::make_unique<Bound>(cpu, ConvolutionKind::forward, shape)) {}
template <class T>
ConvolutionForward<T, Cpu>::~ConvolutionForward() = default;
template <class T>
ConvolutionForward<T, Cpu>::ConvolutionForward(ConvolutionForward&&) noexcept = default;
template <class T>
ConvolutionForward<T, Cpu>& ConvolutionForward<T, Cpu>::operator=(ConvolutionForward&&) noexcept = default;
template <class T>
int64_t ConvolutionForward<T, Cpu>::scratchBytes() const {
  return bound_->scratchBytes();
}
template <class T>
int64_t ConvolutionForward<T, Cpu>::preparedBytes() const {
  return bound_->preparedBytes();
}
template <class T>
void ConvolutionForward<T, Cpu>::prepare(Cpu& cpu, const T* weight, void* prepared) const {
  bound_->prepare(cpu, weight, static_cast<T*>(prepared));
}
template <class T>
void ConvolutionForward<T, Cpu>::run(Cpu& cpu, const T* input, const T* weight, const T* bias, T* output,
                                     void* scratch) const {
  const ConvolutionShape& s = bound_->shape;
  const int64_t count = s.outputElements(), plane = s.outHeight() * s.outWidth();
  if (!bound_->run(cpu, input, weight, bias, output, scratch))  // no pixel, or no input channel
    for (int64_t i = 0; i < count; ++i)
      output[i] = s.bias ? bias[s.layout == Layout::channelsLast ? i % s.outChannels : i / plane % s.outChannels] : T(0);
  if (s.relu && !bound_->rectifies()) map(cpu, count, [=](int64_t i) { output[i] = output[i] < 0 ? T(0) : output[i]; });
}

template <class T>
ConvolutionBackwardData<T, Cpu>::ConvolutionBackwardData(const Cpu& cpu, const ConvolutionShape& shape)
    : bound_(std::make_unique<Bound>(cpu, ConvolutionKind::backwardData, shape)) {}
template <class T>
ConvolutionBackwardData<T, Cpu>::~ConvolutionBackwardData() = default;
template <class T>
ConvolutionBackwardData<T, Cpu>::ConvolutionBackwardData(ConvolutionBackwardData&&) noexcept = default;
template <class T>
ConvolutionBackwardData<T, Cpu>& ConvolutionBackwardData<T, Cpu>::operator=(ConvolutionBackwardData&&) noexcept =
    default;
template <class T>
int64_t ConvolutionBackwardData<T, Cpu>::scratchBytes() const {
  return bound_->scratchBytes();
}
template <class T>
void ConvolutionBackwardData<T, Cpu>::run(Cpu& cpu, const T* outputGradient, const T* weight, const T* mask, T* inputGradient,
                                          void* scratch) const {
  const ConvolutionShape& s = bound_->shape;
  if (!bound_->run(cpu, inputGradient, weight, s.relu ? mask : nullptr, outputGradient, scratch))
    std::fill_n(inputGradient, s.inputElements(), T(0));
  if (s.relu && !bound_->rectifies())
    map(cpu, s.inputElements(), [=](int64_t i) { inputGradient[i] = mask[i] <= 0 ? T(0) : inputGradient[i]; });
}

template <class T>
ConvolutionBackwardWeights<T, Cpu>::ConvolutionBackwardWeights(const Cpu& cpu, const ConvolutionShape& shape)
    : bound_(std::make_unique<Bound>(cpu, ConvolutionKind::backwardWeights, shape)) {}
template <class T>
ConvolutionBackwardWeights<T, Cpu>::~ConvolutionBackwardWeights() = default;
template <class T>
ConvolutionBackwardWeights<T, Cpu>::ConvolutionBackwardWeights(ConvolutionBackwardWeights&&) noexcept = default;
template <class T>
ConvolutionBackwardWeights<T, Cpu>& ConvolutionBackwardWeights<T, Cpu>::operator=(
    ConvolutionBackwardWeights&&) noexcept = default;
template <class T>
int64_t ConvolutionBackwardWeights<T, Cpu>::scratchBytes() const {
  return bound_->scratchBytes();
}
template <class T>
void ConvolutionBackwardWeights<T, Cpu>::run(Cpu& cpu, const T* input, const T* outputGradient, T* weightGradient,
                                             void* scratch) const {
  if (!bound_->run(cpu, input, weightGradient, nullptr, outputGradient, scratch))
    std::fill_n(weightGradient, bound_->shape.weightElements(), T(0));
}

template class ConvolutionForward<float, Cpu>;
template class ConvolutionForward<double, Cpu>;
template class ConvolutionBackwardData<float, Cpu>;
template class ConvolutionBackwardData<double, Cpu>;
template class ConvolutionBackwardWeights<float, Cpu>;
template class ConvolutionBackwardWeights<double, Cpu>;

}  // namespace kernels
