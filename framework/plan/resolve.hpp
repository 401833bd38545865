// One variant's tables -> a run: plugins asked, data known, everything checked.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>

#include "data/dataset.hpp"
#include "data/splits/split.hpp"
#include "experiment/applicability.hpp"
#include "experiment/check.hpp"
#include "experiment/experiment.hpp"
#include "plan/questions.hpp"

namespace elbo::host {

/// Where a table has the key, or where it stands itself.
experiment::Where where_of(const experiment::Table& table, const char* key);

class Resolver {
 public:
  Resolver(const DescribePlugin& describe, const ListLikelihoods& likelihoods, experiment::Faults& faults)
      : describe_(describe), likelihoods_(likelihoods), faults_(faults) {}
  /// All but the names and the seed. Mistakes go to faults, and what they concern keeps its default.
  Run run_of(const experiment::Table& variant);
  /// Of the data of a run that it has resolved without a fault.
  const data::SplitSizes& sizes_of(const DataConfig& config) { return find_data(config, {})->sizes; }

 private:
  struct Data {
    const data::Description* description;
    data::DataRecord record;
    data::SplitSizes sizes;
  };
  template <class T>
  struct Outcome {
    std::optional<T> value;
    std::string fault, key{};  // that it is about, where only the data show it
  };

  /// The sections that are not a plugin's, and the objective's name: for plugins whose options depend on one of them.
  std::vector<experiment::Section> read_sections(const experiment::Table& variant, Run& run);
  /// The table of one plugin; `section` is what messages call it.
  const plugins::PluginDescription* read_plugin(const experiment::Table& table, const std::string& section,
                                                PluginChoice& choice, std::span<const experiment::Section> around = {});
  /// The likelihoods within one, in the order of the columns; returns what they say of themselves. In resolve_parts.cpp.
  std::vector<const plugins::PluginDescription*> read_parts(const experiment::Table& likelihood,
                                                            const std::vector<std::string>& names,
                                                            PluginChoice& choice);
  const plugins::PluginDescription* read_part(const experiment::Node& node, const std::string& section,
                                              PluginChoice& choice);
  const plugins::PluginDescription* ask(const PluginChoice& choice, const experiment::Where& where);
  /// Faults stand at the key of `dataset` that they are about, else at that which names the data.
  const Data* find_data(const DataConfig& config, const experiment::Table& dataset);
  /// data::description_of(), which reads a file, once for each that is meant.
  const data::Description& description_of(const DataConfig& config);
  /// A data set with a validation part of its own has validation data without dataset.valid, and early stopping needs to know.
  void count_own_validation_data(std::vector<Setting>& dataset);
  /// Faults what is set without effect on these data; what belonged to data that a later layer replaced gets its default
  /// back. Returns whether that changed something.
  bool check_data_settings(const experiment::Table& dataset, const Data& data, DataConfig& config);
  /// SHA-256 of the weights of the finished run that this one starts from; a fault where there is none.
  std::string weights_at(const experiment::Table& train, const TrainConfig& config);
  /// Faults metrics that these data cannot have.
  void check_metrics(const experiment::Table& evaluate, const Data& data, const EvaluateConfig& config);
  /// Faults a log of steps that no step of the run reaches.
  void check_accumulation(const experiment::Table& train, int64_t rows, const TrainConfig& config);
  void check_steps_logged(const experiment::Table& variant, const Data& data, const Run& run);
  void check_support(const plugins::PluginDescription& likelihood,
                     const std::vector<const plugins::PluginDescription*>& parts, const Data& data,
                     const DataConfig& config, const experiment::Where& where);

  const DescribePlugin& describe_;
  const ListLikelihoods& likelihoods_;
  experiment::Faults& faults_;
  std::map<std::tuple<std::string, std::string, std::string>, Outcome<plugins::PluginDescription>> plugins_;
  std::map<std::string, Outcome<Data>> data_;
  std::map<std::string, data::Description> descriptions_;
  std::map<std::string, Outcome<std::string>> weights_;  // by the folder of their run
  std::set<std::vector<const void*>> supported_;         // likelihoods with the data that they were found to score
};

}  // namespace elbo::host
