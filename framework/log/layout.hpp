// What the log of a run holds, and where. docs/hdf5-log.md shows it as a table.
#pragma once
#include "hdf5/file.hpp"
#include "log/run_log.hpp"

namespace elbo::log {

/// Begins the attribute Conventions of every log; a reader knows the layout by it.
inline constexpr const char* convention = "CF-1.10, elbo-run-1";

/// Creates every group, dataset, scale and attribute of a run that has not begun.
void create_layout(h5::File& file, const Layout& layout);
/// /config/plan_json, which is not there yet.
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

}  // namespace elbo::log
