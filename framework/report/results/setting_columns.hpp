// The settings in which runs differ or that a sweep or a search varies, as columns of one type each.
#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace elbo::host::report {

/// From each variant's plan (as /config/plan_json): {"settings": ["likelihood.plugin", ...], "rows": [{"variant", "values"}]}.
/// A setting that a variant does not have is null. Places of files, seeds and what is logged are not told.
nlohmann::ordered_json settings_diff(const std::vector<std::pair<std::string, nlohmann::ordered_json>>& plans);

/// One setting of all runs.
struct SettingColumn {
  enum class Type { boolean, integer, number, text };

  std::string name;  // "train.optimizer.lr"
  Type type = Type::text;
  std::vector<nlohmann::ordered_json> values;  // of each run; null where it has no such setting

  /// "" where there is none; lists as in TOML.
  std::string text(size_t run) const;
};

/// By the plans of runs: each setting in which they differ, and each that a sweep or a search varies though the runs have one value of it.
std::vector<SettingColumn> setting_columns(const std::vector<nlohmann::ordered_json>& plans);

/// "train.optimizer.lr = 0.002, latent_dim = 12": what a sweep or a search gave to the run of a plan.
std::string varied_settings(const nlohmann::ordered_json& plan);

}  // namespace elbo::host::report
