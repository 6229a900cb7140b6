#include "kernels/conv_library.h"

#include <algorithm>
#include <string>

#include "kernels/onednn.h"

namespace kernels {

// A part of a convolution that is one itself: some of the pictures, or some lines of one.
struct LibraryConvolution::Cut {
  ConvolutionShape shape;
  int64_t input, output;  // where it begins, in elements
};

namespace {

using Cut = LibraryConvolution::Cut;

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto type = memory::data_type::f32;

struct Made {
  dnnl::primitive primitive;
  memory::desc input, weight, output, scratchpad;
};

// What the library may choose for pictures that lie in canonical order, measured with their reorders (README.md): its
// blocked layouts where they need no filling up, channels last elsewhere.
Tag tagFor(ConvolutionKind kind, const ConvolutionShape& s) {
  constexpr int64_t block = 16, fewChannels = 4;
  if (s.layout == Layout::channelsLast) return Tag::nhwc;
  if (kind == ConvolutionKind::backwardData && s.channels / s.groups < fewChannels && s.groups == 1) return Tag::nchw;
  const bool whole = (s.channels % block == 0 || s.channels < fewChannels) && s.outChannels % block == 0;
  return whole || s.groups > 1 ? Tag::any : Tag::nhwc;
}

memory::desc weightDesc(const ConvolutionShape& s, Tag plain, Tag grouped) {
  if (s.groups == 1) return {{s.outChannels, s.channels, s.kernelHeight, s.kernelWidth}, type, plain};
  return {{s.groups, s.outChannels / s.groups, s.channels / s.groups, s.kernelHeight, s.kernelWidth}, type, grouped};
}

// Throws dnnl::error where there is no such primitive.
Made makePrimitive(ConvolutionKind kind, const ConvolutionShape& s, Tag tag, const memory::desc& weight) {
  const memory::desc input({s.batch, s.channels, s.height, s.width}, type, tag);
  const memory::desc output({s.batch, s.outChannels, s.outHeight(), s.outWidth()}, type, tag);
  const memory::dims stride{s.strideHeight, s.strideWidth}, dilation{s.dilationHeight - 1, s.dilationWidth - 1};
  const memory::dims before{s.paddingTop, s.paddingLeft};
  // The library wants the padding that the windows reach, not what was asked for.
  const auto reached = [](int64_t out, int64_t step, int64_t kernel, int64_t dilated, int64_t size, int64_t padding) {
    return (out - 1) * step + (kernel - 1) * dilated + 1 - size - padding;
  };
  const memory::dims after{
      reached(s.outHeight(), s.strideHeight, s.kernelHeight, s.dilationHeight, s.height, s.paddingTop),
      reached(s.outWidth(), s.strideWidth, s.kernelWidth, s.dilationWidth, s.width, s.paddingLeft)};
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto attributes = onednn::userScratchpad();
  auto& engine = onednn::engine();
  const auto check = [](const auto& made) {  // its reference loops are hundreds of times slower than ours
    if (std::string(made.impl_info_str()).find("ref") != std::string::npos)
      throw dnnl::error(dnnl_unimplemented, "only reference loops");
  };
  const auto forwardHint = [&] {
    return dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, algorithm, input, weightDesc(s, Tag::any, Tag::any), output, stride,
         dilation, before, after},
        engine);
  };
  if (kind == ConvolutionKind::forward) {
    const memory::desc bias({s.outChannels}, type, Tag::x);
    const auto prop = dnnl::prop_kind::forward_training;
    using Forward = dnnl::convolution_forward;
    const Forward::desc what =
        s.bias ? Forward::desc(prop, algorithm, input, weight, bias, output, stride, dilation, before, after)
               : Forward::desc(prop, algorithm, input, weight, output, stride, dilation, before, after);
    const Forward::primitive_desc made(what, attributes, engine);
    check(made);
    return {Forward(made), made.src_desc(), made.weights_desc(), made.dst_desc(), made.scratchpad_desc()};
  }
  if (kind == ConvolutionKind::backwardData) {
    using Data = dnnl::convolution_backward_data;
    const Data::primitive_desc made({algorithm, input, weight, output, stride, dilation, before, after}, attributes,
                                    engine, forwardHint());
    check(made);
    return {Data(made), made.diff_src_desc(), made.weights_desc(), made.diff_dst_desc(), made.scratchpad_desc()};
  }
  using Weights = dnnl::convolution_backward_weights;
  const Weights::primitive_desc made({algorithm, input, weight, output, stride, dilation, before, after}, attributes,
                                     engine, forwardHint());
  check(made);
  return {Weights(made), made.src_desc(), made.diff_weights_desc(), made.diff_dst_desc(), made.scratchpad_desc()};
}

onednn::Call makeReorder(const memory::desc& from, const memory::desc& to) {
  const dnnl::reorder::primitive_desc made(onednn::engine(), from, onednn::engine(), to, onednn::userScratchpad());
  if (made.scratchpad_desc().get_size())  // none of those for plain float has one
    throw dnnl::error(dnnl_unimplemented, "a reorder with a scratchpad");
  return {dnnl::reorder(made), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

// Lines of a single picture's output, with those of the input that their windows see; none where that is not worth it.
std::vector<Cut> cutsOfLines(const ConvolutionShape& s) {
  constexpr double workPerCut = 5e5;  // multiplications
  constexpr int64_t mostCuts = 4;
  const int64_t window = s.dilationHeight * (s.kernelHeight - 1) + 1, lines = s.outHeight();
  const double work = double(s.weightElements()) * double(lines) * double(s.outWidth());
  const int64_t number = std::min({int64_t(std::min(work / workPerCut, 1e6)), mostCuts, lines});
  std::vector<Cut> cuts;
  if (s.batch != 1 || s.layout != Layout::channelsLast || number < 2 || std::max(s.paddingTop, s.paddingBottom) >= window) return cuts;
  for (int64_t i = 0; i < number; ++i) {
    const int64_t begin = lines * i / number, end = lines * (i + 1) / number;
    const int64_t first = begin * s.strideHeight - s.paddingTop, last = (end - 1) * s.strideHeight - s.paddingTop + window;
    Cut cut{s, std::max<int64_t>(first, 0) * s.width * s.channels, begin * s.outWidth() * s.outChannels};
    cut.shape.height = std::min(last, s.height) - std::max<int64_t>(first, 0);
    cut.shape.paddingTop = std::max<int64_t>(-first, 0), cut.shape.paddingBottom = std::max<int64_t>(last - s.height, 0);
    cuts.push_back(cut);
  }
  return cuts;
}

std::vector<Cut> cutsOfBatch(const ConvolutionShape& s, int most) {
  std::vector<Cut> cuts;
  for (const BatchSlice& slice : batchSlices(s, most)) {
    cuts.push_back({s, slice.begin * s.channels * s.height * s.width, slice.begin * s.outChannels * s.outHeight() * s.outWidth()});
    cuts.back().shape.batch = slice.count;
  }
  return cuts;
}

}  // namespace

std::vector<BatchSlice> batchSlices(const ConvolutionShape& s, int most) {
  constexpr double workPerSlice = 1e6;  // multiplications
  const double work = double(s.weightElements()) * double(s.outHeight()) * double(s.outWidth()) * double(s.batch);
  const double wanted = std::clamp(work / workPerSlice, 1.0, double(most));
  int64_t number = std::min(int64_t(wanted), std::max<int64_t>(s.batch, 1));
  for (int64_t n = number; n > number / 2; --n)  // slices of one size share one primitive
    if (s.batch % n == 0) {
      number = n;
      break;
    }
  std::vector<BatchSlice> slices;
  for (int64_t i = 0; i < number; ++i) {
    const int64_t begin = s.batch * i / number;
    slices.push_back({begin, s.batch * (i + 1) / number - begin});
  }
  return slices;
}

struct LibraryConvolution::Parts {
  struct Slice {
    Cut cut;
    onednn::Call convolve, turnInput, turnOutput;
  };
  ConvolutionKind kind;
  ConvolutionShape shape;
  std::vector<Slice> slices;
  bool inputTurns = false, outputTurns = false, weightTurns = false;  // the library's layout is another one
  onednn::Call turnWeight;
  int64_t weightBytes = 0;  // at the start of the scratch memory: the turned weights, or each slice's gradient of them
  int64_t inputBytes = 0, outputBytes = 0, scratchpadBytes = 0;  // of a slice

  int64_t sliceBytes() const { return inputBytes + outputBytes + scratchpadBytes; }
  bool sums() const { return kind == ConvolutionKind::backwardWeights && (slices.size() > 1 || weightTurns); }
  int64_t weightArea() const {
    if (kind == ConvolutionKind::backwardWeights) return sums() ? weightBytes * int64_t(slices.size()) : 0;
    return turnsWeight() ? weightBytes : 0;
  }
  bool turnsWeight() const { return weightTurns && !shape.prepared; }  // in each run

  void run(int index, const float* input, const float* weight, const float* added, const float* output, char* scratch) {
    Slice& slice = slices[size_t(index)];
    char* own = scratch + weightArea() + index * sliceBytes();
    input += slice.cut.input;
    output += slice.cut.output;
    const float* in = inputTurns ? reinterpret_cast<float*>(own) : input;
    const float* out = outputTurns ? reinterpret_cast<float*>(own + inputBytes) : output;
    const void* pad = own + inputBytes + outputBytes;
    if (kind != ConvolutionKind::backwardWeights && turnsWeight()) weight = reinterpret_cast<float*>(scratch);
    if (sums()) weight = reinterpret_cast<float*>(scratch + index * weightBytes);

    if (inputTurns && kind != ConvolutionKind::backwardData) slice.turnInput.run(input, in);
    if (outputTurns && kind != ConvolutionKind::forward) slice.turnOutput.run(output, out);
    if (kind == ConvolutionKind::forward && shape.bias) slice.convolve.run(in, weight, out, pad, added);
    else slice.convolve.run(in, weight, out, pad);
    if (inputTurns && kind == ConvolutionKind::backwardData) slice.turnInput.run(in, input);
    if (outputTurns && kind == ConvolutionKind::forward) slice.turnOutput.run(out, output);
    if (kind == ConvolutionKind::backwardData && shape.relu) {
      float* __restrict dx = const_cast<float*>(input);
      const float* __restrict mask = added + slice.cut.input;
      const int64_t count = slice.cut.shape.inputElements();
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) dx[i] = mask[i] <= 0 ? 0.0f : dx[i];
    }
    // Not the library's ReLU: that one makes 0 of what is not a number, and hides that a network diverges. The slice is in the
    // cache still.
    if (kind == ConvolutionKind::forward && shape.relu) {
      float* __restrict y = const_cast<float*>(output);
      const int64_t count = slice.cut.shape.outputElements();
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) y[i] = y[i] < 0 ? 0.0f : y[i];
    }
  }
};

LibraryConvolution::LibraryConvolution(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LibraryConvolution::~LibraryConvolution() = default;

std::unique_ptr<LibraryConvolution> LibraryConvolution::make(ConvolutionKind kind, const ConvolutionShape& shape) {
  std::unique_ptr<Parts> parts;
  if (kind == ConvolutionKind::forward)
    if (const std::vector<Cut> lines = cutsOfLines(shape); !lines.empty()) parts = makeParts(kind, shape, lines);
  if (!parts) parts = makeParts(kind, shape, cutsOfBatch(shape, kind == ConvolutionKind::backwardWeights ? 8 : 16));
  return parts ? std::unique_ptr<LibraryConvolution>(new LibraryConvolution(std::move(parts))) : nullptr;
}

std::unique_ptr<LibraryConvolution::Parts> LibraryConvolution::makeParts(ConvolutionKind kind, const ConvolutionShape& shape, const std::vector<Cut>& cuts) {
  oneThreadForLibraries();
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.kind = kind;
  p.shape = shape;
  const bool backwardWeights = kind == ConvolutionKind::backwardWeights;
  const Tag plain = shape.layout == Layout::channelsLast ? Tag::nhwc : Tag::nchw;
  try {
    memory::desc chosenWeight = weightDesc(shape, Tag::any, Tag::any);
    Made made;
    const ConvolutionShape* madeFor = nullptr;
    for (const Cut& cut : cuts) {
      if (!madeFor || !(cut.shape == *madeFor)) {
        made = makePrimitive(kind, cut.shape, tagFor(kind, shape), chosenWeight);
        madeFor = &cut.shape;
        chosenWeight = made.weight;  // all slices share them
      }
      std::vector<std::pair<int, memory::desc>> arguments{
          {kind == ConvolutionKind::backwardData ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, made.input},
          {backwardWeights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, made.weight},
          {kind == ConvolutionKind::forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, made.output},
          {DNNL_ARG_SCRATCHPAD, made.scratchpad}};
      if (kind == ConvolutionKind::forward && shape.bias)
        arguments.push_back({DNNL_ARG_BIAS, memory::desc({shape.outChannels}, type, Tag::x)});
      Parts::Slice slice;
      slice.cut = cut;
      slice.convolve = onednn::Call(made.primitive, arguments);
      const memory::desc input({cut.shape.batch, shape.channels, cut.shape.height, shape.width}, type, plain);
      const memory::desc output({cut.shape.batch, shape.outChannels, cut.shape.outHeight(), shape.outWidth()}, type, plain);
      // Once one slice turns, all do: a slice whose layout agrees makes a plain copy.
      const bool inputTurns = p.inputTurns || made.input != input, outputTurns = p.outputTurns || made.output != output;
      if (!p.slices.empty() && (inputTurns != p.inputTurns || outputTurns != p.outputTurns)) return nullptr;
      p.inputTurns = inputTurns;
      p.outputTurns = outputTurns;
      if (inputTurns) {
        slice.turnInput =
            kind == ConvolutionKind::backwardData ? makeReorder(made.input, input) : makeReorder(input, made.input);
        p.inputBytes = std::max(p.inputBytes, onednn::bytesOf(made.input));
      }
      if (outputTurns) {
        slice.turnOutput =
            kind == ConvolutionKind::forward ? makeReorder(made.output, output) : makeReorder(output, made.output);
        p.outputBytes = std::max(p.outputBytes, onednn::bytesOf(made.output));
      }
      p.scratchpadBytes = std::max(p.scratchpadBytes, onednn::bytesOf(made.scratchpad));
      p.slices.push_back(std::move(slice));
    }
    const memory::desc weight = weightDesc(shape, Tag::oihw, Tag::goihw);
    p.weightTurns = chosenWeight != weight;
    p.weightBytes = onednn::bytesOf(chosenWeight);
    if (p.weightTurns)
      p.turnWeight = backwardWeights ? makeReorder(chosenWeight, weight) : makeReorder(weight, chosenWeight);
  } catch (const dnnl::error&) {
    return nullptr;
  }
  return parts;
}

int64_t LibraryConvolution::scratchBytes() const {
  return parts_->weightArea() + parts_->sliceBytes() * int64_t(parts_->slices.size());
}

int64_t LibraryConvolution::preparedBytes() const { return parts_->weightTurns ? parts_->weightBytes : 0; }
void LibraryConvolution::prepare(const float* weight, float* prepared) { parts_->turnWeight.run(weight, static_cast<const float*>(prepared)); }

void LibraryConvolution::run(Cpu& cpu, const float* input, const float* weight, const float* added, const float* output,
                             void* scratch) {
  Parts& p = *parts_;
  char* const memory = static_cast<char*>(scratch);
  float* const first = static_cast<float*>(scratch);
  const bool backwardWeights = p.kind == ConvolutionKind::backwardWeights;
  if (!backwardWeights && p.turnsWeight()) p.turnWeight.run(weight, static_cast<const float*>(first));
  const int slices = int(p.slices.size());
  forSlices(cpu, slices, [&](int slice) { p.run(slice, input, weight, added, output, memory); });
  if (!p.sums()) return;
  const int64_t elements = p.weightBytes / int64_t(sizeof(float));
  if (p.weightTurns) {
    sumInTree(cpu, first, elements, slices, elements, first);
    p.turnWeight.run(static_cast<const float*>(first), weight);
  } else {
    sumInTree(cpu, first, elements, slices, p.shape.weightElements(), const_cast<float*>(weight));
  }
}

}  // namespace kernels
