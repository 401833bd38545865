// What the log of a run holds, and where. docs/hdf5-log.md shows it as a table.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "hdf5/file.hpp"
#include "metrics/metric.hpp"

namespace elbo::host::log {

/// A scalar that is logged each epoch (or step), or a number of each data point.
struct Column {
  std::string name, units, long_name;  // "kl", "nat", "KL(q(z|x) || p(z))"
  std::string better{};                // "higher", "lower"; empty for neither

  Column(const Metric& metric)
      : name(metric.name), units(metric.unit), long_name(metric.long_name), better(in_words(metric.better)) {}
  /// One that no table has, as a term of an objective.
  Column(std::string its_name, std::string its_units, std::string its_long_name)
      : name(std::move(its_name)), units(std::move(its_units)), long_name(std::move(its_long_name)) {}
};

/// All that must be known before the first row: nothing can be created once writing has begun.
struct Layout {
  std::string title;
  std::string experiment_toml, plan_json;                                 // /config
  std::vector<std::pair<std::string, std::string>> provenance;            // attributes of /provenance
  std::vector<std::vector<std::pair<std::string, std::string>>> plugins;  // rows of /provenance/plugins
  std::vector<Column> train_columns, test_columns, step_columns;          // beside epoch or step
  int64_t latent_dim = 0;
  std::vector<int64_t> latent_labels;  // of the test data whose latents are logged; empty without labels
  int64_t latent_rows = 0;             // 0: no /latents
  int64_t test_rows = 0;               // of /per_example
  Shape sheet_shape;                   // [H, W] or [H, W, 3] of image sheets; empty: no /images
  bool manifold = false;               // a sheet of the latent plane, too
};

/// A number of /summary, or of a group of evaluation.h5.
struct SummaryValue {
  Column column;
  double value;
  std::string computed_on{};  // "test data", as in_words(Basis) says it

  SummaryValue(const Metric& metric, double its_value)
      : column(metric), value(its_value), computed_on(in_words(metric.basis)) {}
  SummaryValue(std::string name, double its_value, std::string units, std::string long_name)
      : column(std::move(name), std::move(units), std::move(long_name)), value(its_value) {}
};

/// A library that the run was made with: a row of /provenance/plugins. Texts that a log does not have are empty.
struct PluginRecord {
  std::string kind, name, path, sha256;
  std::string checked;     // "shipped", "passed", "failed: <properties>" or "not checked", by elbo plugins check
  std::string normalised;  // "yes", "no" or "not checked", at the start of the run; empty for a kind without a density
  std::string finding;     // what was found where it is not "yes"
};

/// The status of a finished file.
inline constexpr const char* completed = "completed";

/// What a report reads of a finished file.
struct RunSummary {
  std::string title, status, plan_json;
  std::map<std::string, double> values;
  std::map<std::string, std::string> texts;
  std::vector<PluginRecord> plugins = {};
};

/// Begins the attribute Conventions of every log; a reader knows the layout by it.
inline constexpr const char* convention = "CF-1.10, elbo-run-1";

/// Creates every group, dataset, scale and attribute of a run that has not begun.
void create_layout(h5::File& file, const Layout& layout);
/// /config/experiment_toml and /config/plan_json, which are not there yet.
void write_experiment(h5::File& file, const std::string& experiment_toml);
void write_plan(h5::File& file, const std::string& plan_json);
/// After training: /per_example, /per_example_valid, /summary, the last image of each kind, status "completed".
void add_results(h5::File& file, const Layout& layout,
                 const std::vector<std::pair<Column, std::vector<double>>>& per_example,
                 const std::vector<std::pair<Column, std::vector<double>>>& of_validation,
                 const std::vector<SummaryValue>& summary,
                 const std::vector<std::pair<std::string, std::string>>& summary_texts);
/// A scalar dataset of the group, with what it is.
void write_value(h5::File& file, const std::string& group, const SummaryValue& value);
/// Takes away /per_example, /per_example_valid, /summary and /decoder, so that a run can go on.
void remove_results(h5::File& file);
/// Opens a finished, running or killed log for reading. Throws Error: no such file, not HDF5, truncated, not of elbo.
h5::File open_log(const std::filesystem::path& file);
/// Throws Error when it is missing or not HDF5.
void must_be_hdf5(const std::filesystem::path& file);
/// Throws Error when the file is not the log of an elbo run.
void must_be_a_log(const h5::File& file);

/// As read_summary(), of a log that is open.
RunSummary summary_of(const h5::File& file);

/// Names of the datasets of /images that have one image a snapshot.
std::vector<std::string> image_names(const Layout& layout);

}  // namespace elbo::host::log
