// The instruction sets for which kernels are compiled, beside what every processor of the architecture has.
#pragma once
#include <cstdint>

namespace kernels {

enum class Column : uint8_t { baseline, avx2, avx512 };
inline constexpr int kColumns = 3;
const char* nameOf(Column column);

// Whether this build has the column and this machine runs it.
bool runs(Column column);
// The best column that this machine can run, or what NETWRIGHT_COLUMN (baseline, avx2, avx512) in the environment says.
Column column();

}  // namespace kernels
