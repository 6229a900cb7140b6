// Tables as text: a row a line, fields between commas, semicolons or tabs, "quoted" where they hold one of these
// (RFC 4180). A first line without any number names the columns; without one they are column1, column2, ...
#pragma once
#include <span>
#include <string>

#include "engine/data/bytes.h"
#include "engine/data/source.h"

namespace engine::data {

// Columns `features` (f64: all columns of numbers but the target), the target, and then every column by its own name: i64
// where all its numbers are whole, f64 else, class indices where it holds words, classes in the order of their bytes.
// Columns of words that are not the target are not among the features, which a lint tells. `target` "" is the only column
// of words, or else the last one. A field that is empty or another kind than those above it is a problem with its line and
// column. All rows are the train part.
Result<SourcePointer> parseCsv(std::span<const std::byte> file, const std::string& path, const std::string& target = {}, int64_t limit = memoryOfMachine());
Result<SourcePointer> openCsv(const std::string& path, const std::string& target = {}, int64_t limit = memoryOfMachine());
bool isCsvName(std::string_view path);  // .csv, .tsv

}  // namespace engine::data
