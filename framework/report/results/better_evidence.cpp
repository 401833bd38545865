#include "report/results/better_evidence.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/json.hpp"
#include "hdf5/file.hpp"
#include "log/evaluation_file.hpp"
#include "metrics/rung.hpp"
#include "report/results/verification.hpp"

namespace elbo::host::report {
namespace fs = std::filesystem;
namespace {

constexpr const char* group = "/evidence";
constexpr const char* of_each = "_each";
constexpr std::array of_importance_weights = {metrics::bias, metrics::ess, metrics::pareto_k};

/// "log_px" of "log_px_each"; empty for another name.
std::string column_in(const std::string& name) {
  const std::string suffix = of_each;
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : "";
}

/// NaN for the test data that it was not measured of, as the log has it.
std::vector<double> of_all(std::vector<double> values, size_t test_data) {
  values.resize(std::max(values.size(), test_data), std::numeric_limits<double>::quiet_NaN());
  return values;
}

void take(const h5::File& file, const observation::MeasureKey& key, RunOutcome& run) {
  size_t test_data = 0;
  if (const auto elbo = run.per_example.find(metrics::elbo.name); elbo != run.per_example.end())
    test_data = elbo->second().size();
  const auto before = computed_summary(run);  // of which the new numbers may have no counterpart
  for (const Metric& metric : of_importance_weights) run.per_example.erase(metric.name);
  for (const std::string& name : file.names(group)) {
    const std::string path = std::string(group) + "/" + name, column = column_in(name);
    if (!column.empty()) {
      const h5::Dataset values = file.dataset(path);
      run.per_example[column] = numbers_of(of_all(values.read<double>(0, values.rows()), test_data));
    } else if (!file.is_text(path) && file.dims(path).empty()) {
      run.summary->values[name] = file.number(path);
    }
  }
  run.key->estimator = key.estimator;
  run.summary->texts["measure"] = in_words(*run.key);
  run.summary->values.erase(metrics::log_px_rise.name);
  for (const auto& [name, value] : before) run.summary->values.erase(name);
  run.summary->values[metrics::log_px_images.name] = static_cast<double>(key.estimator.images);
  for (const auto& [name, value] : computed_summary(run)) run.summary->values[name] = value;
}

}  // namespace

void take_better_evidence(RunOutcome& run) {
  const fs::path path = run.log.parent_path() / log::evaluation_file;
  std::error_code error;
  if (!run.key || !run.summary || run.refused || run.key->estimator.name == ladder_name || !fs::exists(path, error))
    return;
  RunOutcome better = run;
  try {
    const h5::File file = h5::File::open(path, h5::Mode::read);
    if (!file.has(group)) return;
    const auto key =
        observation::measure_key_from_json(json_or_discarded(file.text(std::string(group) + "/measure_key")));
    if (!key.same_measure(*run.key)) return;
    take(file, key, better);
    if (contradiction(better)) return;
  } catch (const std::exception&) {
    return;  // elbo show says that the file is damaged
  }
  run = std::move(better);
  run.evidence_from = log::evaluation_file;
}

}  // namespace elbo::host::report
