// IDX, the format of MNIST and its kin (http://yann.lecun.com/exdb/mnist): big-endian arrays, gzipped or not.
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "engine/data/bytes.h"
#include "engine/data/table.h"

namespace engine::data {

// One file's bytes as an array, in the type of ours that holds its numbers: u8; i8, i16 and i32 as i32; f32; f64.
// `path` is for messages.
Result<Array> parseIdx(std::span<const std::byte> file, const std::string& path, int64_t limit = memoryOfMachine());

// Pictures and their labels, columns `image` (u8, channels, height, width) and `label` (class index). The file may be
// either of the two; the other is found by name: X-images-idx3-ubyte and X-labels-idx1-ubyte, also with .idx3-ubyte,
// also with .gz. All rows are the train part.
Result<SourcePointer> openIdx(const std::string& file, int64_t limit = memoryOfMachine());

// A folder with train-images-idx3-ubyte and its kin, and t10k- (or test-) for the test part. The classes are named by
// `classes` if any are given, else by their numbers.
Result<SourcePointer> openIdxFolder(const std::string& folder, const std::string& name,
                                    std::vector<std::string> classes = {}, int64_t limit = memoryOfMachine());
bool isIdxFolder(const std::string& folder);

// Where Debian's package dataset-fashion-mnist puts it; NETWRIGHT_DATA in the environment names another folder, which
// has the files or a folder fashion-mnist with them.
Result<SourcePointer> openFashionMnist(int64_t limit = memoryOfMachine());

}  // namespace engine::data
