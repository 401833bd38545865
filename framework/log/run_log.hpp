// The HDF5 log of one run. Layout and reasons: docs/hdf5-log.md.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "log/decoder_export.hpp"
#include "log/layout.hpp"

namespace elbo::host::log {

enum class Pass { train, test };

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
              const std::optional<DecoderExport>& decoder = {},
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

/// Throws Error: not HDF5, not an elbo run, damaged.
RunSummary read_summary(const std::filesystem::path& file);

}  // namespace elbo::host::log
