// How results are shown: a table for people, JSON and CSV for programs. Each says on what they were measured.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace elbo::host::bench {

using Json = nlohmann::ordered_json;

/// Processor, compiler, libraries and the environment's variables that were unset ("NAME=value" each).
Json conditions(const std::vector<std::string>& unset);

/// A column of the table: the key of a row's value, the heading, its unit, and digits after the point.
struct Shown {
  std::string key, heading, unit;
  int digits = 0;
};

enum class Format { table, json, csv };

/// Writes rows of one shape to standard output; a missing or null value is an empty cell. As JSON: `top`, with
/// "conditions" and "rows" added.
void write(Format format, const Json& top, const Json& conditions, const Json& rows, const std::vector<Shown>& columns);

}  // namespace elbo::host::bench
