#include "experiment/varied_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace elbo::host::experiment {

std::vector<Varied> varied_keys(const std::vector<Axes>& sweep, const std::optional<Search>& search) {
  std::vector<Varied> all;
  for (const Axes& axes : sweep)
    for (const Axis& axis : axes)
      all.push_back({axis.name, axis.path, axis.where, "[sweep]",
                     fmt::format("sweep.{}'{}'=[...]", axes.size() > 1 ? "zip." : "", axis.name)});
  for (size_t i = 0; search && i < search->space.size(); ++i) {
    const Dimension& d = search->space[i];
    all.push_back({d.name, d.path, d.where, "[search.space]",
                   fmt::format("search.space.'{}'={{ {} = [...] }}", d.name, d.distribution)});
  }
  return all;
}

void check_varied(const std::vector<Varied>& varied, const std::vector<std::string>& keys, Faults& faults) {
  for (size_t i = 0; i < varied.size(); ++i) {
    const Varied& one = varied[i];
    if (std::find(keys.begin(), keys.end(), one.path.front()) == keys.end())
      faults.add(one.where, "unknown key '" + one.name + "' in " + one.section + suggestion(one.path.front(), keys));
    for (size_t j = 0; j < i; ++j)
      if (varied[j].path == one.path)
        faults.add(one.where, fmt::format("{} varies {}, which {} varies too ({}); expected it once; remove one",
                                          one.section, one.name, varied[j].section, to_string(varied[j].where)));
  }
}

void check_overrides(const std::vector<Override>& overrides, const std::vector<Varied>& varied, Faults& faults) {
  for (const Override& o : overrides) {
    if (o.path.front() == "variant")
      faults.add(o.where, "variants cannot be set one by one; set the key itself, which changes it in every variant");
    for (const Varied& one : varied)
      if (one.path == o.path)
        faults.add(o.where, fmt::format("{} varies {} ({}); set {} instead", one.section, one.name,
                                        to_string(one.where), one.remedy));
  }
}

void check_search(const Search& search, const std::vector<Variant>& variants, const Node* seeds, Faults& faults) {
  std::vector<std::string> names;
  for (const Variant& variant : variants) names.push_back(variant.name);
  for (const Dimension& d : search.space)
    for (const std::string& name : d.variants)
      if (std::find(names.begin(), names.end(), name) == names.end())
        faults.add(d.where, fmt::format("search.space: {} is drawn for the variant '{}', and there is none{}", d.name,
                                        name, suggestion(name, names)));
  if (seeds && std::holds_alternative<Table>(seeds->value))
    faults.add(seeds->where,
               "seeds until decided of the trials of a [search], of which one is chosen by validation data and none is "
               "proved against another; expected a list, as in seeds = [1]");
}

void check_count(size_t variants, size_t seeds, const std::vector<Axes>& sweep, const std::optional<Search>& search,
                 int64_t most, const Where& where, Faults& faults) {
  double runs = static_cast<double>(variants) * static_cast<double>(seeds);
  std::string product = counted(variants, "variant") + " x " + counted(seeds, "seed");
  for (const Axes& axes : sweep) {
    runs *= static_cast<double>(axes.front().values.size());
    std::vector<std::string> names;
    for (const Axis& axis : axes) names.push_back(axis.name);
    product += fmt::format(" x {} values of {}", axes.front().values.size(), join(names, " and "));
  }
  if (search) {
    runs *= static_cast<double>(search->config.trials);
    product += fmt::format(" x {} trials", search->config.trials);
  }
  if (runs <= static_cast<double>(most)) return;
  faults.add(
      !sweep.empty() ? sweep.front().front().where
      : search       ? search->trials
                     : where,
      fmt::format("{} are {:.15g} runs; expected at most {}; vary less, or raise max_runs", product, runs, most));
  faults.raise();
}

}  // namespace elbo::host::experiment
