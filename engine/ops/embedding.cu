// A trained row for each class number: y[i] = weight[index[i]]. The gradient by a row of the table is the sum of the dy of
// all places that hold its number: places are sorted by number, and each row gathers its own in the order of the places.
// No sum depends on the number of threads, and none is atomic.
//
// A number outside of [0, num_embeddings) gives NaN, not a read outside of the table, and no gradient.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/graph/op.h"
#include "kernels/map.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

// What the table and its gradients share.
struct EmbeddingFields {
  int64_t num_embeddings = 128;
  int64_t embedding_dim = 64;
  std::vector<int64_t> padding_idx = {};  // none or one

  static void fields(EmbeddingFields& op, FieldVisitor& f) {
    f.integer("num_embeddings", op.num_embeddings, atLeast(1), "How many different class numbers there are: rows of the table.");
    f.integer("embedding_dim", op.embedding_dim, atLeast(1), "How many numbers stand for each.");
    f.integers("padding_idx", op.padding_idx, anyNumber(), {0, 1},
               "A class number that only fills up: its row begins with zeros and is not trained. Below 0 counts from the end; empty: none.");
  }
  // -1: none
  int64_t paddingRow() const { return padding_idx.empty() ? -1 : padding_idx[0] < 0 ? padding_idx[0] + num_embeddings : padding_idx[0]; }
  bool fits(Shapes& s) const {
    const bool exists = padding_idx.empty() || (padding_idx[0] >= -num_embeddings && padding_idx[0] < num_embeddings);
    return bool(s.require(exists, Place::field("padding_idx"), Message("a row of the table, {0} to {1}", -num_embeddings, num_embeddings - 1),
                          Message("{0}", padding_idx.empty() ? 0 : padding_idx[0]))
                    .fix("empty the list where nothing fills up", {SetField{s.node(), "padding_idx", std::vector<int64_t>{}}}));
  }
};

namespace {

template <class T>
struct LookUpRow {
  const int64_t* index;
  const T* table;  // (entries, columns)
  T* y;            // (places, columns)
  int64_t entries, zero;
  T unknown;  // stands for what is not in the table

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t at = index[row.index];
    const bool known = at >= 0 && at < entries;
    const T* from = table + (known ? at : 0) * row.size;
    T* to = y + row.index * row.size;
    if (known && at != zero) row.each([=](int64_t i) { to[i] = from[i]; });
    else row.each([=, none = known ? T(0) : unknown](int64_t i) { to[i] = none; });
  }
};

// The sum of the rows of dy at places[first[row]] to places[first[row + 1]].
template <class T>
struct GatherRow {
  const T* dy;
  const int64_t *first, *places;
  T* dtable;
  int64_t zero;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    T* to = dtable + row.index * row.size;
    const int64_t end = row.index == zero ? 0 : first[row.index + 1];
    int64_t p = row.index == zero ? 0 : first[row.index];
    if (p == end) return row.each([=](int64_t i) { to[i] = T(0); });
    const T* from = dy + places[p] * row.size;
    row.each([=](int64_t i) { to[i] = from[i]; });
    for (++p; p < end; ++p) {
      const T* more = dy + places[p] * row.size;
      row.each([=](int64_t i) { to[i] += more[i]; });
    }
  }
};

// Sorts the places 0, 1, ... by their numbers, equal ones in their own order. `first`: entries + 1; `places`: room for
// roomForPlaces(count). Places whose number is outside of the table are behind first[entries].
[[maybe_unused]] int64_t roomForPlaces(const Cpu*, int64_t count) { return count; }
[[maybe_unused]] void sortPlaces(Cpu&, const int64_t* index, int64_t count, int64_t entries, int64_t* first, int64_t* places) {
  // By counting: twice through the places and once through the table, less than what gathering the rows costs.
  std::fill_n(first, entries + 1, int64_t(0));
  for (int64_t i = 0; i < count; ++i)
    if (index[i] >= 0 && index[i] < entries) ++first[index[i]];
  int64_t before = 0;
  for (int64_t e = 0; e <= entries; ++e) before += std::exchange(first[e], before);
  for (int64_t i = 0; i < count; ++i)
    if (index[i] >= 0 && index[i] < entries) places[first[index[i]]++] = i;
  for (int64_t e = entries; e > 0; --e) first[e] = first[e - 1];  // each has moved on to the next one's beginning
  first[0] = 0;
}

#ifdef KERNELS_CUDA
int64_t powerOfTwoFrom(int64_t count) {
  int64_t power = 1;
  while (power < count) power *= 2;
  return power;
}
[[maybe_unused]] int64_t roomForPlaces(const Cuda*, int64_t count) { return powerOfTwoFrom(count); }

// number * count + place: no two are equal, so that every way of sorting gives the same.
struct CompareKeys {
  int64_t* keys;
  int64_t run, distance;  // runs of this length are sorted, up and down in turn
  BOTH void operator()(int64_t pair) const {
    const int64_t i = pair / distance * 2 * distance + pair % distance, j = i + distance;
    const bool up = (i & run) == 0;
    const int64_t a = keys[i], b = keys[j];
    const bool swap = (a > b) == up;
    keys[i] = swap ? b : a, keys[j] = swap ? a : b;
  }
};
// A bitonic sort (Batcher 1968): always the same comparisons, each a launch of all pairs.
void sortPlaces(Cuda& device, const int64_t* index, int64_t count, int64_t entries, int64_t* first, int64_t* places) {
  const int64_t size = count ? powerOfTwoFrom(count) : 0;
  kernels::map(device, size, [=] BOTH(int64_t i) {
    const bool known = i < count && index[i] >= 0 && index[i] < entries;
    places[i] = known ? index[i] * count + i : entries * count + i;
  });
  for (int64_t run = 2; run <= size; run *= 2)
    for (int64_t distance = run / 2; distance > 0; distance /= 2) kernels::map(device, size / 2, CompareKeys{places, run, distance});
  kernels::map(device, entries + 1, [=] BOTH(int64_t e) {
    int64_t low = 0, high = size;  // the first key that is not below this entry's
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (places[middle] < e * count) low = middle + 1;
      else high = middle;
    }
    first[e] = low;
  });
  kernels::map(device, size, [=] BOTH(int64_t i) { places[i] %= count; });
}
#endif

}  // namespace

struct EmbeddingGradient : EmbeddingFields {
  static Info info() {
    return {.name = "EmbeddingGradient",
            .group = "",
            .title = "Gradient of an embedding",
            .about = "Each row of the table: the sum of dy where its number stands.",
            .inputs = {{"dy", "(..., embedding_dim)"}, {"index", "class numbers, (...)", Takes::classes}},
            .outputs = {{"dweight", "(num_embeddings, embedding_dim)"}}};
  }
  void infer(Shapes& s) const {
    const Shape& index = s.in(1);
    Shape dy = index;
    dy.append(embedding_dim);
    if (!s.require(index.rank() < Shape::kMaxRank && mayEqual(s.in(0), dy), Place::input(0), Message("a gradient of {0}", dy), s.in(0))) return;
    if (fits(s)) s.out(0, {num_embeddings, embedding_dim});
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = Room(static_cast<const Device*>(nullptr), nullptr, num_embeddings, p.call.in(1).elements()).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const int64_t places = call.in(1).elements();
    const Room room(&device, call.scratch, num_embeddings, places);
    sortPlaces(device, call.in<int64_t>(1), places, num_embeddings, room.first, room.places);
    kernels::forEachRow(device, num_embeddings, embedding_dim, GatherRow<T>{call.in<T>(0), room.first, room.places, call.out<T>(0), paddingRow()});
  }
  void gradient(Backward& b) const;

  static EmbeddingGradient of(const EmbeddingFields& fields) {
    EmbeddingGradient op;
    static_cast<EmbeddingFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<EmbeddingGradient>& e) {
    e.add(of({5, 3, {}}), {{7, 3}, {7}}).draw({}).draw({.classes = 5});
    e.add(of({5, 3, {-2}}), {{2, 4, 3}, {2, 4}}).draw({}).draw({.classes = 5});
    e.add(of({4, 2, {}}), {{9, 2}, {9}}).draw({}).draw({.classes = 6});  // some are outside of the table
    e.add(of({300, 40, {0}}), {{17, 21, 40}, {17, 21}}).draw({}).draw({.classes = 300});
    e.add(of({3, 4, {}}), {{0, 4}, {0}}).draw({}).draw({.classes = 3});
  }
  static void mistakes(Mistakes<EmbeddingGradient>& m) {
    m.add(of({5, 3, {}}), {{7, 2}, {7}}, "needs a gradient of 7 × 3, but got 7 × 2");
  }

 private:
  struct Room {
    kernels::Scratch scratch;
    int64_t *first, *places;
    template <class Device>
    Room(const Device* device, void* memory, int64_t entries, int64_t count)
        : scratch(memory), first(scratch.take<int64_t>(entries + 1)), places(scratch.take<int64_t>(roomForPlaces(device, count))) {}
  };
};

// Rows of a table that is a value like others; zeros where no gradient goes. The gradient's own gradient.
struct EmbeddingRows : EmbeddingFields {
  static Info info() {
    return {.name = "EmbeddingRows",
            .group = "",
            .title = "Rows of a table",
            .about = "Row index[i] of the table; zeros for the padding and for what is not in the table.",
            .inputs = {{"index", "class numbers, (...)", Takes::classes}, {"table", "(num_embeddings, embedding_dim)"}},
            .outputs = {{"y", "(..., embedding_dim)"}}};
  }
  void infer(Shapes& s) const {
    Shape y = s.in(0);
    const Shape table = {num_embeddings, embedding_dim};
    if (!s.require(y.rank() < Shape::kMaxRank && mayEqual(s.in(1), table), Place::input(1), Message("a table of {0}", table), s.in(1))) return;
    y.append(embedding_dim);
    if (fits(s)) s.out(0, y);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::forEachRow(device, call.in(0).elements(), embedding_dim,
                        LookUpRow<T>{call.in<int64_t>(0), call.in<T>(1), call.out<T>(0), num_embeddings, paddingRow(), T(0)});
  }
  void gradient(Backward& b) const { b.give(1, b.add(EmbeddingGradient::of(*this), {b.gradient(0), b.input(0)})); }

  static EmbeddingRows of(const EmbeddingFields& fields) {
    EmbeddingRows op;
    static_cast<EmbeddingFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<EmbeddingRows>& e) {
    e.add(of({5, 3, {1}}), {{2, 4}, {5, 3}}).draw({.classes = 5}).draw({});
    e.add(of({5, 3, {}}), {{0}, {5, 3}}).draw({.classes = 5}).draw({});
  }
  static void mistakes(Mistakes<EmbeddingRows>& m) {
    m.add(of({5, 3, {}}), {{7}, {5, 2}}, "needs a table of 5 × 3, but got 5 × 2");
  }
};

inline void EmbeddingGradient::gradient(Backward& b) const {
  b.give(0, b.add(EmbeddingRows::of(*this), {b.input(1), b.gradient(0)}));
}

struct Embedding : EmbeddingFields {
  static Info info() {
    return {.name = "Embedding",
            .group = "Layer",
            .title = "Embedding",
            .about = "A trained list of numbers for each class number: words, characters, places.",
            .inputs = {{"index", "class numbers, (...)", Takes::classes}},
            .outputs = {{"y", "(..., embedding_dim)"}}};
  }
  void infer(Shapes& s) const {
    if (!fits(s)) return;
    Shape y = s.in(0);
    if (!s.require(y.rank() < Shape::kMaxRank, Place::input(0), Message("at most {0} axes", Shape::kMaxRank - 1), y)) return;
    y.append(embedding_dim);
    s.parameter("weight", {num_embeddings, embedding_dim}, Initial::normal(1).withZeroRow(paddingRow()));
    s.out(0, y);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    constexpr int64_t none = -1;  // the padding's row is read too: weights that come from elsewhere may have numbers there
    kernels::forEachRow(device, call.in(0).elements(), embedding_dim,
                        LookUpRow<T>{call.in<int64_t>(0), call.in<T>(1), call.out<T>(0), num_embeddings, none, std::numeric_limits<T>::quiet_NaN()});
  }
  void gradient(Backward& b) const { b.give(1, b.add(EmbeddingGradient::of(*this), {b.gradient(0), b.input(0)})); }

  static Embedding of(const EmbeddingFields& fields) {
    Embedding op;
    static_cast<EmbeddingFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<Embedding>& e) {
    e.add(of({5, 3, {}}), {{4}}).draw({.classes = 5});
    e.add(of({7, 4, {}}), {{2, 3}}).draw({.classes = 7});
    e.add(of({7, 4, {0}}), {{2, 3}}).draw({.classes = 7}).withoutGradient();  // the padding's row has one, and is not given it
    e.add(of({1, 1, {}}), {{}}).draw({.classes = 1});
    e.add(of({3, 2, {}}), {{0}}).draw({.classes = 3});
    e.add(of({300, 40, {}}), {{17, 23}}).draw({.classes = 300});
  }
  static void mistakes(Mistakes<Embedding>& m) {
    m.add(of({5, 3, {5}}), {{4}}, "needs a row of the table, -5 to 4, but got 5; empty the list where nothing fills up");
    m.add(of({5, 3, {}}), {{1, 1, 1, 1, 1, 1, 1, 1}}, "needs at most 7 axes, but got 1 × 1 × 1 × 1 × 1 × 1 × 1 × 1");
  }
};

OpFile embedding_file() { return ops<Embedding, EmbeddingGradient, EmbeddingRows>(); }

}  // namespace engine
