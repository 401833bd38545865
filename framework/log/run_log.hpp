// The HDF5 log of one run. Layout and reasons: docs/hdf5-log.md.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "log/chain.hpp"
#include "metrics/metric.hpp"

namespace elbo::log {

/// A scalar that is logged each epoch (or step), or a number of each datum.
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

enum class Pass { train, test };

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

/// The last row of each series at some moment of a run; 0 where there was none.
struct Position {
  int64_t epoch = 0, step = 0;       // of /train, of /steps
  int64_t tested = 0, snapshot = 0;  // epochs of /test, of /latents and /images
};

class RunLog {
 public:
  /// Creates the file and everything in it, then starts single-writer-multiple-reader mode. Throws Error.
  static RunLog create(const std::filesystem::path& file, const Layout& layout);
  /// Opens a file whose writer died or stopped, and cuts every series back to this position. The layout must be the one
  /// it was created with. Throws Error when the file cannot be used, or ends before the position.
  static RunLog resume(const std::filesystem::path& file, const Layout& layout, const Position& position);

  /// One row; values by column name, NaN for a column not given. kl_per_dim has latent_dim values or none.
  void epoch(Pass pass, int64_t epoch, const std::map<std::string, double>& values, std::span<const double> kl_per_dim);
  /// Buffered until the next flush.
  void step(int64_t step, const std::map<std::string, double>& values);
  /// mean, scale: [latent_rows, L] row-major
  void latents(int64_t epoch, std::span<const float> mean, std::span<const float> scale);
  /// name: "samples", "reconstructions", "traversals" or "manifold"; pixels in sheet_shape, row-major
  void image(const std::string& name, int64_t epoch, std::span<const uint8_t> pixels);
  /// Makes all rows so far visible to readers and safe from kill -9. Throws Error when the disk is full, say.
  void flush();

  /// After training: per-example values of the test data (float64) and of the validation data, the summary, status "completed"; then
  /// closes the file.
  void finish(const std::vector<std::pair<Column, std::vector<double>>>& per_example,
              const std::vector<SummaryValue>& summary,
              const std::vector<std::pair<std::string, std::string>>& summary_texts,
              const std::optional<Chain>& decoder = {},
              const std::vector<std::pair<Column, std::vector<double>>>& of_validation = {});
  /// Closes the file with this status ("stopped", "failed: ..."), keeping what is there. Does nothing after a write
  /// has failed: the file is then left as it was flushed last.
  void close(const std::string& status);

  RunLog(RunLog&&) noexcept;
  RunLog& operator=(RunLog&&) noexcept;
  ~RunLog();

 private:
  struct File;
  explicit RunLog(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

/// A library that the run was made with: a row of /provenance/plugins. Texts that a log does not have are empty.
struct PluginRecord {
  std::string kind, name, path, sha256;
  std::string checked;     // "shipped", "passed", "failed: <properties>" or "not checked", by elbo plugins check
  std::string normalised;  // "yes", "no" or "not checked", at the start of the run; empty for a kind without a density
  std::string finding;     // what was found where it is not "yes"
};

/// What a report reads of a finished file.
struct RunSummary {
  std::string title, status, plan_json;
  std::map<std::string, double> values;
  std::map<std::string, std::string> texts;
  std::vector<PluginRecord> plugins = {};
};

/// Throws Error: not HDF5, not an elbo run, damaged.
RunSummary read_summary(const std::filesystem::path& file);

}  // namespace elbo::log
