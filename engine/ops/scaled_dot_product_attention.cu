// Attention, as torch.nn.functional.scaled_dot_product_attention: y = softmax(scale q k') v, without the matrix of scores.
// Rows of queries meet keys in tiles of at most kTile × kTile scores; a row's largest score and its sum are carried from
// tile to tile (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao and others 2022, arXiv 2205.14135). What is kept for the
// gradient is one number a row, lse = log sum exp(scale q k'). With P = exp(scale q k' - lse) calculated again tile by tile,
// D = the sum of dy y over a row, less the gradient of lse:
//   dv = P' dy,  dS = scale P (dy v' - D),  dq = dS k,  dk = dS' q
//
// Memory: two tiles, and one number a row; on the CPU for each of at most 16 slices of the heads, on CUDA for each head.
// Products run in an order that depends on the shape alone.
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "engine/graph/op.h"
#include "kernels/gemm.h"
#include "kernels/map.h"
#include "kernels/math.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

// How a tile's row is open to its query: columns [0, open) are; up to `reach` there are whole vectors, so that exp is never
// calculated one by one. What lies between counts as 0.
struct AttentionOpenColumns {
  int64_t open, reach;
  BOTH AttentionOpenColumns(int64_t seen, int64_t size, bool causal) {
    constexpr int64_t vector = 16;
    open = !causal || seen > size ? size : seen < 0 ? 0 : seen;
    const int64_t whole = (open + vector - 1) / vector * vector;
    reach = whole < size ? whole : size;
  }
};

// A tile's row of scores becomes exp(score - largest so far); sums, and the row of y, are brought to the new largest one.
template <class T>
struct AttentionScoresRow {
  T* scores;       // (heads, rows, columns)
  T *largest, *sum;  // (heads, rows)
  T* y;            // the block's rows of the first head; strideOfY from one head to the next
  int64_t rows, firstRow, firstColumn, width, strideOfY;
  T scale;
  bool causal, first;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t within = row.index % rows;
    const AttentionOpenColumns columns(firstRow + within + 1 - firstColumn, row.size, causal);
    const int64_t open = columns.open, reach = columns.reach;
    const T by = scale;
    T* s = scores + row.index * row.size;
    Row{row.index, row.size - reach}.each([=](int64_t j) { s[reach + j] = 0; });
    if (open == 0) return;  // never in the first tile: there the first key stands, which all rows see
    const Row reached{row.index, reach};
    const T top = reached.max([=](int64_t j) { return j < open ? by * s[j] : -std::numeric_limits<T>::infinity(); });
    const T before = first ? top : largest[row.index], now = before > top ? before : top;
    reached.each([=](int64_t j) { s[j] = kernels::exp(by * s[j] - now); });
    if (open < reach) reached.each([=](int64_t j) { s[j] = j < open ? s[j] : T(0); });  // exp(-infinity) would be slow: denormal on its way
    const T added = reached.sum([=](int64_t j) { return s[j]; });
    const T shrink = first ? T(0) : kernels::exp(before - now);
    T *toLargest = largest + row.index, *toSum = sum + row.index, *out = y + row.index / rows * strideOfY + within * width;
    if (!first) Row{row.index, width}.each([=](int64_t j) { out[j] *= shrink; });
    const bool begins = first;
    row.once([=] {
      *toLargest = now;
      *toSum = begins ? added : *toSum * shrink + added;
    });
  }
};

// What is left when all keys were seen.
template <class T>
struct AttentionFinishedRow {
  const T* sum;
  T* y;
  int64_t rows, strideOfY;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t head = row.index / rows, within = row.index % rows;
    const T share = 1 / sum[row.index];
    T* out = y + head * strideOfY + within * row.size;
    row.each([=](int64_t j) { out[j] *= share; });
  }
};

// D of each row.
template <class T>
struct AttentionDeltaRow {
  const T *dy, *y, *dlse;  // dlse may be null
  T* delta;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const T *g = dy + row.index * row.size, *out = y + row.index * row.size, *less = dlse;
    const T sum = row.sum([=](int64_t j) { return g[j] * out[j]; });
    T* to = delta + row.index;
    const int64_t at = row.index;
    row.once([=] { *to = less ? sum - less[at] : sum; });
  }
};

// Scores become P, and dy v' becomes dS.
template <class T>
struct AttentionSlopesRow {
  T *scores, *slopes;   // (heads, rows, columns)
  const T *lse, *delta;  // the block's rows of the first head; strideOfRows from one head to the next
  int64_t rows, firstRow, firstColumn, strideOfRows;
  T scale;
  bool causal;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t head = row.index / rows, within = row.index % rows;
    const AttentionOpenColumns columns(firstRow + within + 1 - firstColumn, row.size, causal);
    const int64_t open = columns.open, reach = columns.reach;
    T *p = scores + row.index * row.size, *d = slopes + row.index * row.size;
    const T less = lse[head * strideOfRows + within], mean = delta[head * strideOfRows + within], by = scale;
    const Row reached{row.index, reach};
    reached.each([=](int64_t j) {
      const T share = kernels::exp(by * p[j] - less);
      p[j] = share;
      d[j] = share * (d[j] - mean) * by;
    });
    if (open < reach) reached.each([=](int64_t j) { p[j] = j < open ? p[j] : T(0), d[j] = j < open ? d[j] : T(0); });
    Row{row.index, row.size - reach}.each([=](int64_t j) { p[reach + j] = 0, d[reach + j] = 0; });
  }
};

// Sizes, and how they are cut.
struct AttentionSizes {
  int64_t heads = 0, queries = 0, keys = 0, width = 0, valueWidth = 0;
  bool causal = false;
  int64_t rows = 0, columns = 0;  // of a tile

  AttentionSizes(const Shape& q, const Shape& v, bool isCausal, int64_t tile)
      : heads(q.elements(0, q.rank() - 2)), queries(q[-2]), keys(v[-2]), width(q[-1]), valueWidth(v[-1]), causal(isCausal) {
    rows = evenly(queries, tile), columns = evenly(keys, tile);
  }
  // The last row block that sees column `first`, or the one behind the last.
  int64_t firstRowThatSees(int64_t column) const { return causal ? column / rows * rows : 0; }
  int64_t rowsFrom(int64_t first) const { return std::min(rows, queries - first); }
  int64_t columnsFrom(int64_t first) const { return std::min(columns, keys - first); }

 private:
  static int64_t evenly(int64_t size, int64_t tile) {
    const int64_t blocks = std::max<int64_t>((size + tile - 1) / tile, 1);
    return std::max<int64_t>((size + blocks - 1) / blocks, 1);
  }
};

// The products of one part of the heads, each for tiles of full and of remaining size.
template <class T, class Device>
class TileProducts {
 public:
  enum Kind { kScores, kAttend, kSlopes, kValues, kQueries, kKeys, kKinds };
  // More of it is added to what is there.
  static constexpr int kMore = 2;

  TileProducts(Device& device, const AttentionSizes& s, int64_t heads, bool backward) : sizes_(s) {
    const int64_t restOfRows = s.queries % s.rows, restOfColumns = s.keys % s.columns;
    for (int rowTail = 0; rowTail < (restOfRows ? 2 : 1); ++rowTail)
      for (int columnTail = 0; columnTail < (restOfColumns ? 2 : 1); ++columnTail) {
        const int64_t r = rowTail ? restOfRows : s.rows, c = columnTail ? restOfColumns : s.columns;
        for (int kind = 0; kind < kKinds; ++kind) {
          if (backward ? kind == kAttend : kind > kAttend) continue;
          for (int more = 0; more < (kind == kScores || kind == kSlopes ? 1 : kMore); ++more) {
            auto& place = products_[size_t(index(Kind(kind), r, c, more))];
            place = std::make_unique<kernels::Product<T, Device>>(device, shapeOf(Kind(kind), r, c, heads, more));
            scratchBytes_ = std::max(scratchBytes_, place->scratchBytes());
          }
        }
      }
  }
  int64_t scratchBytes() const { return scratchBytes_; }
  void run(Device& device, Kind kind, int64_t r, int64_t c, bool more, const T* a, const T* b, T* y, void* scratch) const {
    products_[size_t(index(kind, r, c, more))]->run(device, a, b, nullptr, y, scratch);
  }

 private:
  int index(Kind kind, int64_t r, int64_t c, int more) const {
    return ((int(kind) * 2 + (r != sizes_.rows)) * 2 + (c != sizes_.columns)) * kMore + more;
  }
  kernels::ProductShape shapeOf(Kind kind, int64_t r, int64_t c, int64_t heads, bool more) const {
    const AttentionSizes& s = sizes_;
    const int64_t q = s.queries * s.width, k = s.keys * s.width, v = s.keys * s.valueWidth, y = s.queries * s.valueWidth, tile = r * c;
    kernels::ProductShape p{.batch = heads, .accumulate = more};
    const auto set = [&](int64_t m, int64_t n, int64_t inner, int64_t strideA, int64_t strideB, int64_t strideC) {
      p.m = m, p.n = n, p.k = inner, p.strideA = strideA, p.strideB = strideB, p.strideC = strideC;
    };
    switch (kind) {
      case kScores: set(r, c, s.width, q, k, tile), p.transposeB = true; break;
      case kAttend: set(r, s.valueWidth, c, tile, v, y); break;
      case kSlopes: set(r, c, s.valueWidth, y, v, tile), p.transposeB = true; break;
      case kValues: set(c, s.valueWidth, r, tile, y, v), p.transposeA = true; break;
      case kQueries: set(r, s.width, c, tile, k, q); break;
      default: set(c, s.width, r, tile, q, k), p.transposeA = true;
    }
    return p;
  }

  AttentionSizes sizes_;
  std::array<std::unique_ptr<kernels::Product<T, Device>>, kKinds * 4 * kMore> products_;
  int64_t scratchBytes_ = 0;
};

// Memory of one part while it runs.
template <class T>
struct AttentionRoom {
  kernels::Scratch scratch;
  T *scores, *slopes, *largest, *sum;
  char* products;
  AttentionRoom(void* memory, const AttentionSizes& s, int64_t heads, bool backward, int64_t productBytes)
      : scratch(memory),
        scores(scratch.take<T>(heads * s.rows * s.columns)),
        slopes(scratch.take<T>(backward ? heads * s.rows * s.columns : 0)),
        largest(scratch.take<T>(heads * (backward ? s.queries : s.rows))),  // backward: D of all rows
        sum(scratch.take<T>(backward ? 0 : heads * s.rows)),
        products(scratch.take<char>(productBytes)) {}
};

// Heads are independent: on the CPU a part is a slice of them, one after the other; on CUDA it is all of them at once.
inline int attentionParts(const Cpu&, const AttentionSizes& s) {
  constexpr double workPerPart = 1.6e6;  // multiplications, as in the slices of products
  constexpr int64_t mostParts = 16;
  const double work = double(s.heads) * double(s.queries) * double(s.keys) * double(s.width + s.valueWidth);
  return int(std::clamp<int64_t>(int64_t(std::min(work / workPerPart, 1e6)), 1, std::clamp<int64_t>(s.heads, 1, mostParts)));
}
inline int64_t headsTogether(const Cpu&, const AttentionSizes&) { return 1; }
template <class F>
void eachHead(Cpu& cpu, const AttentionSizes& s, int parts, const F& f) {
  kernels::forSlices(cpu, parts, [&](int part) {
    Cpu alone;  // a slice is one thread
    for (int64_t head = s.heads * part / parts; head < s.heads * (part + 1) / parts; ++head) f(alone, part, head);
  });
}
constexpr int64_t tileOf(const Cpu&) { return 128; }
#ifdef KERNELS_CUDA
inline int attentionParts(const Cuda&, const AttentionSizes&) { return 1; }
inline int64_t headsTogether(const Cuda&, const AttentionSizes& s) { return s.heads; }
template <class F>
void eachHead(Cuda& device, const AttentionSizes&, int, const F& f) {
  f(device, 0, 0);
}
constexpr int64_t tileOf(const Cuda&) { return 512; }
#endif

template <class T, class Device>
struct AttentionBound {
  AttentionSizes sizes;
  int parts;
  int64_t together;
  std::vector<TileProducts<T, Device>> products;  // one a part
  int64_t bytesPerPart = 0;

  AttentionBound(Device& device, const AttentionSizes& s, bool backward) : sizes(s), parts(attentionParts(device, s)), together(headsTogether(device, s)) {
    int64_t productBytes = 0;
    for (int part = 0; part < parts; ++part) {
      products.emplace_back(device, sizes, together, backward);
      productBytes = std::max(productBytes, products.back().scratchBytes());
    }
    productBytes_ = productBytes, backward_ = backward;
    bytesPerPart = AttentionRoom<T>(nullptr, sizes, together, backward, productBytes).scratch.bytes;
  }
  AttentionRoom<T> room(void* scratch, int part) const {
    return {static_cast<char*>(scratch) + part * bytesPerPart, sizes, together, backward_, productBytes_};
  }

 private:
  int64_t productBytes_ = 0;
  bool backward_ = false;
};

template <class T, class Device>
void allZeros(Device& device, T* to, int64_t count) {
  kernels::map(device, count, [=] BOTH(int64_t i) { to[i] = 0; });
}
// lse of the rows of a block; for each head they lie `stride` apart.
template <class T, class Device>
void logarithms(Device& device, const AttentionRoom<T>& room, int64_t heads, int64_t rows, T* lse, int64_t stride) {
  const T *largest = room.largest, *sum = room.sum;
  if (heads == 1) kernels::map(device, rows, [=] BOTH(int64_t i) { lse[i] = largest[i] + kernels::log(sum[i]); });
  else kernels::map(device, heads * rows, [=] BOTH(int64_t i) { lse[i / rows * stride + i % rows] = largest[i] + kernels::log(sum[i]); });
}

constexpr const char* kCausalHelp = "Whether a query sees only the keys up to its own place, as in text that is written on.";
constexpr const char* kScaleHelp = "What scores are multiplied by; 0: 1 / √width, as usual.";

struct AttentionFields {
  bool is_causal = false;
  double scale = 0;
  int64_t tile = 0;  // no field: examples take small tiles; 0 is what suits the device
  static void fields(AttentionFields& op, FieldVisitor& f) {
    f.boolean("is_causal", op.is_causal, kCausalHelp);
    f.real("scale", op.scale, anyNumber(), kScaleHelp);
  }
  double scaleFor(int64_t width) const { return scale != 0 ? scale : 1 / std::sqrt(double(width)); }

  // Whether inputs q, k and v from `first` on fit together.
  bool fits(Shapes& s, int first) const {
    const Shape &q = s.in(first), &k = s.in(first + 1), &v = s.in(first + 2);
    if (!s.require(q.rank() >= 2, Place::input(first), "queries (batch, heads, time, channels)", q)) return false;
    Shape keys = q, values = q;
    keys[-2] = k.rank() ? k[-2 + (k.rank() < 2)] : kUnknown;
    if (!s.require(mayEqual(k, keys) && k.rank() >= 2, Place::input(first + 1), Message("keys as the queries {0}, of any number", q), k)) return false;
    values[-2] = k[-2], values[-1] = v.rank() ? v[-1] : kUnknown;
    if (!s.require(mayEqual(v, values), Place::input(first + 2), Message("a value for each of the keys {0}", k), v)) return false;
    return bool(s.require(q[-1] != 0, Place::input(first), "at least one channel", q)) && bool(s.require(k[-2] != 0, Place::input(first + 1), "at least one key", k));
  }
};

struct ScaledDotProductAttentionGradient : AttentionFields {
  static Info info() {
    return {.name = "ScaledDotProductAttentionGradient",
            .group = "",
            .title = "Gradient of attention",
            .about = "By queries, keys and values.",
            .inputs = {{"dy", "as y"}, {"query", "(..., queries, channels)"}, {"key", "(..., keys, channels)"}, {"value", "(..., keys, values)"},
                       {"y", "what attention gave"}, {"logsumexp", "of each query's scores"}, {"dlogsumexp", "its gradient"}},
            .outputs = {{"dquery", "as the queries"}, {"dkey", "as the keys"}, {"dvalue", "as the values"}},
            .optionalInputs = 1};
  }
  void infer(Shapes& s) const {
    if (!fits(s, 1)) return;
    for (int i = 0; i < 3; ++i) s.out(i, s.in(i + 1));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const AttentionSizes sizes(p.call.in(1).shape, p.call.in(3).shape, is_causal, tile ? tile : tileOf(device));
    if (sizes.heads == 0 || sizes.queries == 0) return;
    const auto bound = std::make_shared<AttentionBound<T, Device>>(device, sizes, true);
    p.scratchBytes = bound->bytesPerPart * bound->parts;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (!call.prepared) {  // no query: nobody looks at the keys
      for (int o = 0; o < 3; ++o) allZeros(device, call.out<T>(o), call.out(o).elements());
      return;
    }
    using Products = TileProducts<T, Device>;
    const auto& bound = call.kept<AttentionBound<T, Device>>();
    const AttentionSizes& s = bound.sizes;
    const T by = T(scaleFor(s.width));
    eachHead(device, s, bound.parts, [&](Device& on, int part, int64_t head) {
      const int64_t ofQ = s.queries * s.width, ofK = s.keys * s.width, ofV = s.keys * s.valueWidth, ofY = s.queries * s.valueWidth;
      const T *dy = call.in<T>(0) + head * ofY, *q = call.in<T>(1) + head * ofQ, *k = call.in<T>(2) + head * ofK, *v = call.in<T>(3) + head * ofV;
      const T *y = call.in<T>(4) + head * ofY, *lse = call.in<T>(5) + head * s.queries, *dlse = call.has(6) ? call.in<T>(6) + head * s.queries : nullptr;
      T *dq = call.out<T>(0) + head * ofQ, *dk = call.out<T>(1) + head * ofK, *dv = call.out<T>(2) + head * ofV;
      const AttentionRoom<T> room = bound.room(call.scratch, part);
      const Products& products = bound.products[size_t(part)];
      T* delta = room.largest;
      kernels::forEachRow(on, bound.together * s.queries, s.valueWidth, AttentionDeltaRow<T>{dy, y, dlse, delta});
      for (int64_t c = 0; c < s.keys; c += s.columns) {
        const int64_t columns = s.columnsFrom(c), from = s.firstRowThatSees(c);
        if (from >= s.queries) {  // nor do all keys behind it
          for (int64_t h = 0; h < bound.together; ++h) {
            allZeros(on, dk + h * ofK + c * s.width, (s.keys - c) * s.width);
            allZeros(on, dv + h * ofV + c * s.valueWidth, (s.keys - c) * s.valueWidth);
          }
          return;
        }
        for (int64_t r = from; r < s.queries; r += s.rows) {
          const int64_t rows = s.rowsFrom(r);
          const auto multiply = [&](typename Products::Kind kind, bool more, const T* a, const T* b, T* to) {
            products.run(on, kind, rows, columns, more, a, b, to, room.products);
          };
          multiply(Products::kScores, false, q + r * s.width, k + c * s.width, room.scores);
          multiply(Products::kSlopes, false, dy + r * s.valueWidth, v + c * s.valueWidth, room.slopes);
          kernels::forEachRow(on, bound.together * rows, columns,
                              AttentionSlopesRow<T>{room.scores, room.slopes, lse + r, delta + r, rows, r, c, s.queries, by, s.causal});
          multiply(Products::kValues, r != from, room.scores, dy + r * s.valueWidth, dv + c * s.valueWidth);
          multiply(Products::kQueries, c != 0, room.slopes, k + c * s.width, dq + r * s.width);
          multiply(Products::kKeys, r != from, room.slopes, q + r * s.width, dk + c * s.width);
        }
      }
    });
  }
  static ScaledDotProductAttentionGradient of(const AttentionFields& fields) {
    ScaledDotProductAttentionGradient op;
    static_cast<AttentionFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<ScaledDotProductAttentionGradient>& e) {
    e.add(of({true, 0, 0}), {{2, 5, 3}, {2, 5, 4}, {2, 5, 4}, {2, 5, 3}, {2, 5, 3}, {2, 5}, {2, 5}}).range(-1, 1);
  }
};

struct ScaledDotProductAttention : AttentionFields {
  static Info info() {
    return {.name = "ScaledDotProductAttention",
            .group = "Layer",
            .title = "Attention",
            .about = "Each query takes a mixture of the values whose keys are like it.",
            .inputs = {{"query", "(batch, heads, queries, channels)"}, {"key", "(batch, heads, keys, channels)"}, {"value", "(batch, heads, keys, values)"}},
            .outputs = {{"y", "(batch, heads, queries, values)"}, {"logsumexp", "of each query's scores, (batch, heads, queries)"}}};
  }
  void infer(Shapes& s) const {
    if (!fits(s, 0)) return;
    const Shape &q = s.in(0), &v = s.in(2);
    Shape y = q, lse;
    y[-1] = v[-1];
    for (int axis = 0; axis + 1 < q.rank(); ++axis) lse.append(q[axis]);
    s.out(0, y);
    s.out(1, lse);
    if (q.isKnown() && v.isKnown()) s.flops(2 * double(q.elements(0, q.rank() - 1)) * double(v[-2]) * double(q[-1] + v[-1]) * (is_causal ? 0.5 : 1));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const AttentionSizes sizes(p.call.in(0).shape, p.call.in(2).shape, is_causal, tile ? tile : tileOf(device));
    if (sizes.heads == 0 || sizes.queries == 0) return;
    const auto bound = std::make_shared<AttentionBound<T, Device>>(device, sizes, false);
    p.scratchBytes = bound->bytesPerPart * bound->parts;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (!call.prepared) return;
    using Products = TileProducts<T, Device>;
    const auto& bound = call.kept<AttentionBound<T, Device>>();
    const AttentionSizes& s = bound.sizes;
    const T by = T(scaleFor(s.width));
    eachHead(device, s, bound.parts, [&](Device& on, int part, int64_t head) {
      const int64_t ofQ = s.queries * s.width, ofK = s.keys * s.width, ofV = s.keys * s.valueWidth, ofY = s.queries * s.valueWidth;
      const T *q = call.in<T>(0) + head * ofQ, *k = call.in<T>(1) + head * ofK, *v = call.in<T>(2) + head * ofV;
      T *y = call.out<T>(0) + head * ofY, *lse = call.out<T>(1) + head * s.queries;
      const AttentionRoom<T> room = bound.room(call.scratch, part);
      const Products& products = bound.products[size_t(part)];
      for (int64_t r = 0; r < s.queries; r += s.rows) {
        const int64_t rows = s.rowsFrom(r), end = s.causal ? std::min(s.keys, r + rows) : s.keys;
        for (int64_t c = 0; c < end; c += s.columns) {
          const int64_t columns = s.columnsFrom(c);
          products.run(on, Products::kScores, rows, columns, false, q + r * s.width, k + c * s.width, room.scores, room.products);
          kernels::forEachRow(on, bound.together * rows, columns,
                              AttentionScoresRow<T>{room.scores, room.largest, room.sum, y + r * s.valueWidth, rows, r, c, s.valueWidth, ofY, by, s.causal, c == 0});
          products.run(on, Products::kAttend, rows, columns, c != 0, room.scores, v + c * s.valueWidth, y + r * s.valueWidth, room.products);
        }
        kernels::forEachRow(on, bound.together * rows, s.valueWidth,
                            AttentionFinishedRow<T>{room.sum, y + r * s.valueWidth, rows, ofY});
        logarithms(on, room, bound.together, rows, lse + r, s.queries);
      }
    });
  }
  void gradient(Backward& b) const {
    std::vector<Term> inputs = {b.gradient(0), b.input(0), b.input(1), b.input(2), b.output(0), b.output(1)};
    if (b.has(1)) inputs.push_back(b.gradient(1));
    const Term first = b.add(ScaledDotProductAttentionGradient::of(*this), inputs);
    for (int i = 0; i < 3; ++i) b.give(i, i ? Backward::outputOf(first, i) : first);
  }

  static ScaledDotProductAttention of(bool isCausal, double scale = 0, int64_t tile = 0) {
    ScaledDotProductAttention op;
    op.is_causal = isCausal, op.scale = scale, op.tile = tile;
    return op;
  }
  static void examples(Examples<ScaledDotProductAttention>& e) {
    e.add(of(false), {{2, 3, 5, 4}, {2, 3, 5, 4}, {2, 3, 5, 4}});
    e.add(of(true), {{2, 3, 6, 4}, {2, 3, 6, 4}, {2, 3, 6, 4}});
    e.add(of(false, 0.3), {{3, 4}, {7, 4}, {7, 2}});
    e.add(of(true), {{2, 4, 3}, {2, 9, 3}, {2, 9, 5}});  // keys that nobody sees
    e.add(of(true), {{2, 9, 3}, {2, 4, 3}, {2, 4, 5}});
    e.add(of(true), {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}});
    e.add(of(false), {{0, 3, 2}, {0, 3, 2}, {0, 3, 2}});
    e.add(of(false), {{2, 0, 2}, {2, 3, 2}, {2, 3, 2}});
    constexpr int64_t kSmall = 4;  // several tiles of queries and of keys, with and without remainders
    e.add(of(true, 0, kSmall), {{2, 12, 3}, {2, 12, 3}, {2, 12, 3}});
    e.add(of(true, 0, kSmall), {{2, 6, 3}, {2, 14, 3}, {2, 14, 2}});
    e.add(of(true, 0, kSmall), {{2, 13, 3}, {2, 7, 3}, {2, 7, 2}});
    e.add(of(false, -0.5, kSmall), {{2, 11, 5}, {2, 9, 5}, {2, 9, 6}});
    e.add(of(true), {{1, 150, 6}, {1, 150, 6}, {1, 150, 6}});
    e.add(of(true), {{3, 64, 132}, {3, 64, 132}, {3, 64, 132}}).withoutGradient();  // more than one slice of heads
  }
  static void mistakes(Mistakes<ScaledDotProductAttention>& m) {
    m.add({}, {{4}, {4}, {4}}, "needs queries (batch, heads, time, channels), but got 4 numbers");
    m.add({}, {{2, 3, 5, 4}, {2, 3, 5, 6}, {2, 3, 5, 4}}, "needs keys as the queries 2 × 3 × 5 × 4, of any number, but got 2 × 3 × 5 × 6");
    m.add({}, {{2, 3, 5, 4}, {2, 3, 7, 4}, {2, 3, 5, 4}}, "needs a value for each of the keys 2 × 3 × 7 × 4, but got 2 × 3 × 5 × 4");
    m.add({}, {{2, 5, 4}, {2, 0, 4}, {2, 0, 4}}, "needs at least one key, but got 2 × 0 × 4");
    m.add({}, {{2, 5, 0}, {2, 5, 0}, {2, 5, 3}}, "needs at least one channel, but got 2 × 5 × 0");
  }
};

OpFile scaled_dot_product_attention_file() { return ops<ScaledDotProductAttention, ScaledDotProductAttentionGradient>(); }

}  // namespace engine
