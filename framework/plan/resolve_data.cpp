// What a run is made from that lies in files: its data, and the weights that it starts from; looked at once for all runs.
#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "data/condition.hpp"
#include "data/description.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/split.hpp"
#include "experiment/known_options.hpp"
#include "plan/resolve.hpp"
#include "plan/run_identity.hpp"

namespace elbo::host {
using experiment::Node, experiment::Table, experiment::Where;

void Resolver::count_own_validation_data(std::vector<Setting>& dataset) {
  const DataConfig config = known_options<DataConfig>().config(dataset);
  if (config.name.empty() || config.valid > 0) return;
  try {
    const int64_t own = description_of(config).valid;
    for (Setting& setting : dataset)
      if (setting.name == "valid") setting.value = own;
  } catch (const UserError&) {
    // find_data() reports data that cannot be found.
  }
}

const data::Description& Resolver::description_of(const DataConfig& config) {
  const bool is_named = config.path.empty() && config.format.empty();
  const std::string key = is_named ? config.name : settings_key(config);
  if (const auto known = descriptions_.find(key); known != descriptions_.end()) return known->second;
  return descriptions_.emplace(key, data::description_of(config)).first->second;
}

namespace {

/// Rows that are left out for missing values are only known once they have been read, and their conditions then.
void check_condition(const data::Description& description, const DataConfig& config) {
  if (description.format == "generated") data::check_generated_condition(description, config);
  if (config.condition.empty() || description.format == "generated" || !description.left_out.empty()) return;
  const auto rows = data::split_rows(description, data::split_sizes(description, config));
  data::for_key("condition", [&] { data::condition_of(description, config, rows); });
}

}  // namespace

const Resolver::Data* Resolver::find_data(const DataConfig& config, const Table& dataset) {
  const Where where = where_of(dataset, config.path.empty() ? "name" : "path");
  if (config.name.empty() == config.path.empty()) {
    faults_.add(where,
                std::string(config.name.empty() ? "no data" : "both a name and a path of data") +
                    "; expected in [dataset] either name = \"...\" or path = \"...\"; elbo data list shows the names");
    return nullptr;
  }
  auto [at, is_new] = data_.try_emplace(settings_key(config));
  auto& outcome = at->second;
  if (is_new) {
    try {
      const data::Description& description = description_of(config);
      check_condition(description, config);
      outcome.value = Data{&description, data::record_of(description, config), data::split_sizes(description, config)};
    } catch (const data::SettingFault& e) {
      outcome.fault = e.what();
      outcome.key = e.key();
    } catch (const UserError& e) {
      outcome.fault = e.what();
    }
  }
  const Node* about = outcome.key.empty() ? nullptr : dataset.find(outcome.key);
  if (!outcome.value) faults_.add(about ? about->where : where, outcome.fault);
  return outcome.value ? &*outcome.value : nullptr;
}

std::string Resolver::weights_at(const Table& train, const TrainConfig& config) {
  if (config.start_from.empty()) return "";
  auto [at, is_new] = weights_.try_emplace(config.start_from);
  auto& outcome = at->second;
  if (is_new) {
    const std::filesystem::path folder = config.start_from, file = folder / weights_file;
    if (std::filesystem::exists(folder / "done.json") && std::filesystem::exists(file))
      outcome.value = sha256_of_file(file);
    else
      outcome.fault = "train.start_from: " + folder.string() +
                      " is no folder of a finished run; expected one with done.json and " + weights_file +
                      ", as runs/mnist/plain-seed1-0123abcd; correct its name or finish the run";
  }
  if (!outcome.value) faults_.add(where_of(train, "start_from"), outcome.fault);
  return outcome.value.value_or("");
}

}  // namespace elbo::host
