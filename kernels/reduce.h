// Sums and maxima over any axes. An element is read by load(offset) and a result written by store(index, value), so what
// is added up may be calculated on the way:
//
//   const Reduction r(sizes, reducedAxes);                       // once
//   scratch: reduceScratchBytes<T>(device, r)
//   reduce<Adding, T>(device, r, [=] BOTH(int64_t i) { return x[i]; }, [=] BOTH(int64_t o, T sum) { y[o] = sum; }, scratch);
//
// Axes of one kind that lie behind one another are joined first, which leaves two cases: the innermost axis is reduced
// (rows: many numbers become one), or it is kept (columns: rows are added to one another). The cut into pieces and the
// order within follow from the shape alone: the same bits on every run and for any number of threads. Results are added up
// from partial sums of blocks, so rounding grows far slower than the count.
#pragma once
#include <cmath>
#include <span>

#include "kernels/device.h"
#include "kernels/strided.h"

namespace kernels {

struct Adding {
  template <class T>
  BOTH static T start() {
    return T(0);
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return a + b;
  }
};

// NaN wins, as in torch.amax. Of nothing: the lowest number.
struct Largest {
  template <class T>
  BOTH static T start() {
    return -T(INFINITY);
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return a > b || a != a ? a : b;
  }
};

struct Reduction {
  Strided<1> kept, reduced;  // an element lies at the kept offset plus the reduced one
  bool rows = false;         // the innermost axis is reduced

  // Axes count from 0. Both lists may be empty.
  Reduction(std::span<const int64_t> sizes, std::span<const int64_t> axes) {
    int64_t strides[kMostAxes] = {}, dense = 1;
    for (size_t axis = sizes.size(); axis-- > 0;) strides[axis] = dense, dense *= sizes[axis];
    for (size_t axis = 0; axis < sizes.size(); ++axis) {
      bool isReduced = false;
      for (const int64_t a : axes) isReduced = isReduced || a == int64_t(axis);
      (isReduced ? reduced : kept).append(sizes[axis], {strides[axis]});
      if (sizes[axis] != 1) rows = isReduced;
    }
  }

  // How many elements lie behind one another in a row.
  int64_t run() const { return innermost(rows ? reduced : kept); }

 private:
  static int64_t innermost(const Strided<1>& s) { return s.rank ? s.size[s.rank - 1] : 1; }
};

BOTH inline int64_t offsetOf(const Strided<1>& s, int64_t index) {
  if (s.rank == 1) return index * s.stride[0][0];
  int64_t offset[1];
  offsetsOf(s, index, offset);
  return offset[0];
}

// ---------------------------------------------------------------------------- Cpu ----

inline constexpr int64_t kReduceGrain = 16384;  // elements in a slice at least
inline constexpr int64_t kTileColumns = 128;    // columns whose results are gathered at once
inline constexpr int kReduceLanes = 16;         // results side by side, so that one addition need not wait for another

// What one slice works on when there is no need to cut through the reduced axes: one result, or the columns of a tile.
inline int64_t reduceTasks(const Reduction& r) {
  if (r.rows) return r.kept.count;
  const int64_t run = r.run();
  return run ? r.kept.count / run * ((run + kTileColumns - 1) / kTileColumns) : 0;
}

// Pieces that the reduced axes are cut into, where there are too few results to give all threads something.
inline int64_t reducePieces(const Cpu&, const Reduction& r) {
  constexpr int64_t enoughTasks = 16;
  const int64_t tasks = reduceTasks(r);
  if (tasks == 0 || tasks >= enoughTasks) return 1;
  const int64_t slices = Slices(r.kept.count * r.reduced.count, kReduceGrain).number;
  const int64_t pieces = (slices + tasks - 1) / tasks;
  return pieces < r.reduced.count ? pieces : r.reduced.count < 1 ? 1 : r.reduced.count;
}

// One run: lanes side by side, in blocks, so that long runs are sums of sums.
template <class How, class T, class Load>
T reduceRun(const Load& load, int64_t first, int64_t length) {
  constexpr int64_t block = 1024;
  T total = How::template start<T>();
  while (length > 0) {
    const int64_t now = length < block ? length : block, whole = now / kReduceLanes * kReduceLanes;
    T lane[kReduceLanes];
    for (int l = 0; l < kReduceLanes; ++l) lane[l] = How::template start<T>();
    for (int64_t i = 0; i < whole; i += kReduceLanes) {
#pragma omp simd
      for (int l = 0; l < kReduceLanes; ++l) lane[l] = How::combine(lane[l], T(load(first + i + l)));
    }
    for (int64_t i = whole; i < now; ++i) lane[i - whole] = How::combine(lane[i - whole], T(load(first + i)));
    for (int half = kReduceLanes / 2; half > 0; half /= 2)
      for (int l = 0; l < half; ++l) lane[l] = How::combine(lane[l], lane[l + half]);
    total = How::combine(total, lane[0]);
    first += now, length -= now;
  }
  return total;
}

// Result `index` over the part [begin, end) of the reduced elements, where the innermost axis is reduced.
template <class How, class T, class Load>
T reduceRow(const Reduction& r, const Load& load, int64_t index, int64_t begin, int64_t end) {
  const int64_t base = offsetOf(r.kept, index), run = r.run();
  T total = How::template start<T>();
  while (begin < end) {
    const int64_t rest = run - begin % run, length = rest < end - begin ? rest : end - begin;
    total = How::combine(total, reduceRun<How, T>(load, base + offsetOf(r.reduced, begin), length));
    begin += length;
  }
  return total;
}

// The columns of one tile over the part [begin, end) of the reduced elements, where the innermost axis is kept: rows are
// added up in blocks, and those to the total.
template <class How, class T, class Load, class Store>
void reduceColumns(const Reduction& r, const Load& load, const Store& store, int64_t task, int64_t begin, int64_t end) {
  constexpr int64_t block = 64;  // rows
  const int64_t run = r.run(), tiles = (run + kTileColumns - 1) / kTileColumns;
  const int64_t column = task % tiles * kTileColumns, first = task / tiles * run + column;
  const int64_t columns = run - column < kTileColumns ? run - column : kTileColumns;
  const int64_t base = offsetOf(r.kept, first);
  T total[kTileColumns], part[kTileColumns];
  for (int64_t c = 0; c < columns; ++c) total[c] = How::template start<T>();
  while (begin < end) {
    for (int64_t c = 0; c < columns; ++c) part[c] = How::template start<T>();
    const int64_t stop = end - begin < block ? end : begin + block;
    for (; begin < stop; ++begin) {
      const int64_t at = base + offsetOf(r.reduced, begin);
#pragma omp simd
      for (int64_t c = 0; c < columns; ++c) part[c] = How::combine(part[c], T(load(at + c)));
    }
#pragma omp simd
    for (int64_t c = 0; c < columns; ++c) total[c] = How::combine(total[c], part[c]);
  }
  for (int64_t c = 0; c < columns; ++c) store(first + c, total[c]);
}

template <class How, class T, class Load, class Store>
void reduceTask(const Reduction& r, const Load& load, const Store& store, int64_t task, int64_t begin, int64_t end) {
  if (r.rows) store(task, reduceRow<How, T>(r, load, task, begin, end));
  else reduceColumns<How, T>(r, load, store, task, begin, end);
}

// Bytes of scratch that reduce() needs; often 0.
template <class T, class Device>
int64_t reduceScratchBytes(const Device& device, const Reduction& r) {
  const int64_t pieces = reducePieces(device, r);
  return pieces > 1 ? pieces * r.kept.count * int64_t(sizeof(T)) : 0;
}

// load(offset) gives an element; store(index, value) takes a result, once for each.
template <class How, class T, class Load, class Store>
void reduce(Cpu& cpu, const Reduction& r, const Load& load, const Store& store, void* scratch) {
  const int64_t tasks = reduceTasks(r), count = r.reduced.count, pieces = reducePieces(cpu, r);
  if (tasks == 0) return;
  if (pieces == 1) {
    const int64_t each = r.kept.count * count / tasks, grain = each < 1 ? kReduceGrain : kReduceGrain / each;
    const Slices slices(tasks, grain < 1 ? 1 : grain);
    forSlices(cpu, slices.number, [&](int slice) {
      const Load from = load;
      const Store to = store;
      for (int64_t t = slices.begin(slice); t < slices.begin(slice + 1); ++t) reduceTask<How, T>(r, from, to, t, 0, count);
    });
    return;
  }
  T* partial = static_cast<T*>(scratch);  // (pieces, results)
  const int64_t results = r.kept.count;
  forSlices(cpu, int(pieces * tasks), [&](int slice) {
    const int64_t piece = slice / tasks, task = slice % tasks;
    const Load from = load;
    const auto keep = [=](int64_t o, T v) { partial[piece * results + o] = v; };
    reduceTask<How, T>(r, from, keep, task, count * piece / pieces, count * (piece + 1) / pieces);
  });
  for (int64_t o = 0; o < results; ++o) {
    T total = partial[o];
    for (int64_t piece = 1; piece < pieces; ++piece) total = How::combine(total, partial[piece * results + o]);
    store(o, total);
  }
}

}  // namespace kernels

#ifdef KERNELS_CUDA
#include "kernels/reduce_cuda.h"
#endif
