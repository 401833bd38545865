// evaluation.h5: what was measured of a finished run beside its log, in a file of its own, so that the log stays as it is.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "log/layout.hpp"

namespace elbo::host::log {

inline constexpr const char* evaluation_file = "evaluation.h5";

/// A dimension of some arrays; with values it is a coordinate, as the K of a bound.
struct EvaluationAxis {
  std::string name, long_name;
  int64_t size = 0;
  std::vector<int64_t> values{};     // none, or `size` of them
  std::vector<std::string> names{};  // likewise, of columns, say; one of both at most
};

struct EvaluationArray {
  Column column;
  std::vector<std::string> axes;
  std::vector<double> values;  // row-major
};

/// One metric: an HDF5 group.
struct EvaluationGroup {
  std::string name, long_name;                               // "bounds", "importance-weighted lower bounds of log p(x)"
  std::vector<std::pair<std::string, std::string>> texts{};  // measure, measure_key, estimator
  std::vector<SummaryValue> values{};
  std::vector<EvaluationAxis> axes{};
  std::vector<EvaluationArray> arrays{};

  void add(const Metric& metric, double value) { values.emplace_back(metric, value); }
};

/// Adds the groups to the file, or takes the place of those of the same name; all at once or not at all. Throws Error.
void write_evaluation(const std::filesystem::path& file, const std::string& title,
                      const std::vector<EvaluationGroup>& groups);

/// For the front: {"metric", "long_name", texts, "values": [{name, value, unit, long_name, better}], "rows": {...}}, where rows
/// are the arrays over a single coordinate or over an axis with names. NaN is null.
nlohmann::ordered_json to_json(const EvaluationGroup& group);

/// The same of every group in a file, in the order of writing. Throws Error.
std::vector<nlohmann::ordered_json> read_evaluation(const std::filesystem::path& file);

}  // namespace elbo::host::log
