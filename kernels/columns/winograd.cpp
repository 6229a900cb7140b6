// The transforms of Winograd's convolution F(4 x 4, 3 x 3) for one instruction set, a vector of channels at a time. See
// conv_winograd.h for the formulas.
#include "kernels/columns/vector.h"
#include "kernels/tiles.h"

namespace kernels {
namespace {

// The points of interpolation: 0, a, -a, b, -b and infinity.
constexpr float a = 0.75f, b = 1.5f, a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;
constexpr float atZero = 1 / (a2 * b2), atA = 1 / (2 * a2 * (a2 - b2)), atB = 1 / (2 * b2 * (b2 - a2));

inline void timesB(const Vector* d, int step, Vector* v, int to) {  // B' d
  const Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const Vector evenA = d4 - b2 * d2, oddA = a * (d3 - b2 * d1), evenB = d4 - a2 * d2, oddB = b * (d3 - a2 * d1);
  v[0] = d4 + (a2 * b2 * d0 - (a2 + b2) * d2);
  v[to] = evenA + oddA, v[2 * to] = evenA - oddA;
  v[3 * to] = evenB + oddB, v[4 * to] = evenB - oddB;
  v[5 * to] = d5 + (a2 * b2 * d1 - (a2 + b2) * d3);
}
inline void timesA(const Vector* m, int step, Vector* y, int to) {  // A' m
  const Vector evenA = m[step] + m[2 * step], oddA = m[step] - m[2 * step];
  const Vector evenB = m[3 * step] + m[4 * step], oddB = m[3 * step] - m[4 * step];
  y[0] = m[0] + evenA + evenB;
  y[to] = a * oddA + b * oddB;
  y[2 * to] = a2 * evenA + b2 * evenB;
  y[3 * to] = a3 * oddA + b3 * oddB + m[5 * step];
}
inline void timesATransposed(const Vector* y, int step, Vector* z, int to) {  // A y
  const Vector y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  const Vector evenA = y0 + a2 * y2, oddA = a * y1 + a3 * y3, evenB = y0 + b2 * y2, oddB = b * y1 + b3 * y3;
  z[0] = y0, z[to] = evenA + oddA, z[2 * to] = evenA - oddA, z[3 * to] = evenB + oddB, z[4 * to] = evenB - oddB, z[5 * to] = y3;
}
inline void timesG(const Vector* g, int step, Vector* u, int to) {  // G g
  const Vector g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const Vector evenA = atA * (g0 + a2 * g2), oddA = atA * a * g1, evenB = atB * (g0 + b2 * g2), oddB = atB * b * g1;
  u[0] = atZero * g0, u[to] = evenA + oddA, u[2 * to] = evenA - oddA, u[3 * to] = evenB + oddB, u[4 * to] = evenB - oddB, u[5 * to] = g2;
}
inline void timesGTransposed(const Vector* u, int step, Vector* g, int to) {  // G' u
  const Vector evenA = atA * (u[step] + u[2 * step]), oddA = atA * (u[step] - u[2 * step]);
  const Vector evenB = atB * (u[3 * step] + u[4 * step]), oddB = atB * (u[3 * step] - u[4 * step]);
  g[0] = atZero * u[0] + evenA + evenB;
  g[to] = a * oddA + b * oddB;
  g[2 * to] = a2 * evenA + b2 * evenB + u[5 * step];
}

// from: rows x rows values, to: columns x columns, by `times` down and across.
template <int rows, int columns, class Times>
inline void both(const Times& times, const Vector* from, Vector* to) {
  Vector half[columns * rows];  // columns x rows
#pragma GCC unroll 6
  for (int x = 0; x < rows; ++x) times(from + x, rows, half + x, rows);
#pragma GCC unroll 6
  for (int y = 0; y < columns; ++y) times(half + y * rows, 1, to + y * columns, 1);
}

// Calls each(first channel, load, store) for each vector of channels.
template <class Each>
inline void eachVector(int64_t channels, const Each& each) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) each(c, [](const float* p) { return load(p); }, [](float* p, Vector v) { store(p, v); });
  const int rest = int(channels - c);
  if (rest) each(c, [rest](const float* p) { return loadFirst(p, rest); }, [rest](float* p, Vector v) { storeFirst(p, v, rest); });
}

// What comes as pixels that lie anywhere, or as values `nextFrom` apart, to values that lie `next` apart.
template <int rows, int columns, auto times>
void ofPixels(const float* const* pixels, int64_t channels, float* values, int64_t next) {
  eachVector(channels, [=](int64_t c, const auto& read, const auto& write) {
    Vector from[rows * rows], to[columns * columns];
    for (int i = 0; i < rows * rows; ++i) from[i] = read(pixels[i] + c);
    both<rows, columns>(times, from, to);
    for (int i = 0; i < columns * columns; ++i) write(values + i * next + c, to[i]);
  });
}
template <int rows, int columns, auto times>
void ofValues(const float* given, int64_t nextFrom, int64_t channels, float* values, int64_t next) {
  eachVector(channels, [=](int64_t c, const auto& read, const auto& write) {
    Vector from[rows * rows], to[columns * columns];
    for (int i = 0; i < rows * rows; ++i) from[i] = read(given + i * nextFrom + c);
    both<rows, columns>(times, from, to);
    for (int i = 0; i < columns * columns; ++i) write(values + i * next + c, to[i]);
  });
}

void output(const float* values, int64_t next, int64_t channels, const float* bias, bool relu, const float* const* masks,
            float* const* pixels) {
  eachVector(channels, [=](int64_t c, const auto& read, const auto& write) {
    Vector m[36], y[16];
    for (int i = 0; i < 36; ++i) m[i] = read(values + i * next + c);
    both<6, 4>(timesA, m, y);
    const Vector added = bias ? read(bias + c) : Vector{};
    for (int i = 0; i < 16; ++i) {
      if (!pixels[i]) continue;
      Vector v = y[i] + added;
      if (relu) v = v < 0.0f ? Vector{} : v;
      if (masks) v = read(masks[i] + c) <= 0.0f ? Vector{} : v;
      write(pixels[i] + c, v);
    }
  });
}

}  // namespace

constexpr WinogradSteps kWinogradSteps{.input = ofPixels<6, 6, timesB>,
                                       .output = output,
                                       .gradient = ofPixels<4, 6, timesATransposed>,
                                       .pattern = ofValues<3, 6, timesG>,
                                       .patternGradient = ofValues<6, 3, timesGTransposed>};

}  // namespace kernels
