// What `netw data` tells of a column, and what normalisation is made of.
#pragma once
#include "engine/data/transform.h"

namespace engine::data {

struct Statistics {
  int64_t rows = 0;
  double minimum = 0, maximum = 0;                    // of the finite numbers; 0 if there are none
  double mean = 0, deviation = 0;                     // over everything; the deviation divides by n, not n - 1
  std::vector<double> channelMean, channelDeviation;  // for each index of the row's first axis; one for single numbers
  int64_t notFinite = 0;                              // how many numbers are NaN or infinite; they count nowhere else
  std::vector<int64_t> classCounts;                   // rows of each class, where the column is a class index (i64)
};

// Reads the whole column. The same bits every time.
Result<Statistics> statistics(const Source& source, Part part, int column);

// (x - mean) / deviation, over everything or by channel. Where all numbers are equal it divides by 1.
Transform standardizing(const Statistics& statistics, bool byChannel);

}  // namespace engine::data
