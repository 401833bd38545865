#include "experiment/experiment.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/visible.hpp"
#include "experiment/check.hpp"
#include "experiment/parse.hpp"
#include "experiment/search.hpp"
#include "experiment/sweep.hpp"
#include "experiment/varied_keys.hpp"

namespace elbo::host::experiment {

const std::vector<std::string> sections = {"dataset",   "encoder", "decoder",  "prior", "likelihood",
                                           "objective", "train",   "evaluate", "log"};

namespace {

std::vector<std::string> names_of(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(option.name);
  return names;
}

/// What a variant may say.
const std::vector<std::string>& model_keys() {
  static const std::vector<std::string> all = [] {
    auto keys = names_of(options_of<ModelConfig>().list());
    keys.insert(keys.end(), sections.begin(), sections.end());
    return keys;
  }();
  return all;
}

void set_all(Table& table, const std::vector<Override>& overrides) {
  for (const Override& o : overrides) set_at(table, o.path, o.where, o.node);
}

/// The overrides that a variant or a sweep could undo.
std::vector<Override> of_the_model(const std::vector<Override>& overrides) {
  std::vector<Override> kept;
  const auto& keys = model_keys();
  for (const Override& o : overrides)
    if (std::find(keys.begin(), keys.end(), o.path.front()) != keys.end()) kept.push_back(o);
  return kept;
}

/// Names stand in tables and on terminals, where these signs make other text of them.
void check_signs(const std::string& name, const Where& where, Faults& faults) {
  if (visible(name) != name || name.find_first_of("\t\n\r") != std::string::npos)
    faults.add(where,
               "a name has a line break or another control character; expected a name of signs that can be seen");
}

/// Where seeds is a table.
std::optional<SeedRule> read_seed_rule(const Node* seeds, Faults& faults) {
  const Table* table = seeds ? std::get_if<Table>(&seeds->value) : nullptr;
  if (!table) return {};
  const SeedRule rule = read_config<SeedRule>(*table, "seeds", faults);
  const Node* looks = table->find("looks");
  if (rule.looks.empty())
    faults.add(looks->where, "seeds.looks is []; expected at least one look, as in looks = [3, 5, 8]");
  if (std::adjacent_find(rule.looks.begin(), rule.looks.end(), std::greater_equal()) != rule.looks.end())
    faults.add(looks->where,
               "seeds.looks is " + to_string(*looks) +
                   "; expected ascending numbers, since each look is taken with more seeds than the last; sort them");
  return rule;
}

/// What looks cannot decide however many seeds there are.
void check_seed_rule(const SeedRule& rule, const Where& where, size_t variants, Faults& faults) {
  if (rule.looks.empty()) return;
  const auto most = static_cast<size_t>(rule.looks.back()) * variants;
  if (variants < 2)
    faults.add(where,
               "seeds until decided of 1 variant: there is nothing to decide; expected two variants or more; "
               "list the seeds, as in seeds = [1, 2, 3]");
  if (most > most_runs_for_all_pairs)
    faults.add(where, "seeds until decided: up to " + std::to_string(most) + " runs (" + std::to_string(variants) +
                          " variants x " + std::to_string(rule.looks.back()) + " seeds); expected at most " +
                          std::to_string(most_runs_for_all_pairs) +
                          ", of which every pair is compared; use fewer variants or looks, or list the seeds");
}

HeadConfig read_head(Table root, const std::filesystem::path& file, Faults& faults) {
  auto beside = model_keys();
  beside.insert(beside.end(), {"variant", "sweep", "search"});
  if (const Node* seeds = root.find("seeds"); seeds && std::holds_alternative<Table>(seeds->value)) root.erase("seeds");
  HeadConfig head = read_config<HeadConfig>(root, "", faults, beside);
  if (head.name.empty()) head.name = file.stem().string();
  const Node* named = root.find("name");
  check_signs(head.name, named ? named->where : root.where, faults);
  const Node* written = root.find("seeds");
  if (head.seeds.empty()) faults.add(written->where, "seeds is []; expected at least one seed, as in seeds = [1]");
  std::set<int64_t> seen;
  for (const int64_t seed : head.seeds)
    if (!seen.insert(seed).second)
      faults.add(written->where, "seeds has " + std::to_string(seed) + " twice; expected each seed once");
  return head;
}

Table base_of(const Table& root) {
  Table base;
  base.where = root.where;
  for (const Entry& entry : root.entries())
    if (const auto& keys = model_keys(); std::find(keys.begin(), keys.end(), entry.key) != keys.end()) base.set(entry);
  return base;
}

void add_variant(const Node& node, const Table& base, std::vector<Variant>& variants, Faults& faults) {
  const auto* table = std::get_if<Table>(&node.value);
  const Node* name_node = table ? table->find("name") : nullptr;
  const auto* name = name_node ? std::get_if<std::string>(&name_node->value) : nullptr;
  if (!table || !name || name->empty()) {
    faults.add(name_node ? name_node->where : node.where,
               "a variant without a name; expected name = \"...\" below [[variant]]");
    return;
  }
  auto known = model_keys();
  known.push_back("name");
  check_keys(*table, "[variant]", known, faults);
  Variant variant{*name, name_node->where, base};
  Table over = *table;
  over.erase("name");
  put_in_layer(over, in_variant);
  merge(variant.settings, over);
  variants.push_back(std::move(variant));
}

std::vector<Variant> read_variants(const Table& root, const Table& base, Faults& faults) {
  const Node* node = root.find("variant");
  if (!node) return {{"", root.where, base}};
  const auto* list = std::get_if<List>(&node->value);
  std::vector<Variant> variants;
  if (!list || list->empty())
    faults.add(node->where, "variant is not a list of tables; expected sections headed [[variant]], with two brackets");
  else
    for (const Node& item : *list) add_variant(item, base, variants, faults);
  return variants;
}

std::vector<Axes> read_sweep(const Table& root, Faults& faults) {
  const Node* node = root.find("sweep");
  if (!node) return {};
  const auto* table = std::get_if<Table>(&node->value);
  if (table) return axes_of(*table, faults);
  faults.add(node->where, "sweep is " + type_name(*node) + "; expected a section [sweep] with lists of values");
  return {};
}

void check_names(const std::vector<Variant>& variants, Faults& faults) {
  std::map<std::string, Where> first;
  for (const Variant& variant : variants) {
    check_signs(variant.name, variant.where, faults);
    const auto [at, is_new] = first.try_emplace(variant.name, variant.where);
    if (!is_new)
      faults.add(variant.where, "a second variant named '" + variant.name + "' (the first: " + to_string(at->second) +
                                    "); expected a name of its own");
  }
}

}  // namespace

Experiment read(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return read_text(read_file(file), file, overrides);
}

Experiment read_text(const std::string& text, const std::filesystem::path& file,
                     const std::vector<std::string>& overrides) {
  Faults faults;
  Experiment experiment{.name = {},
                        .description = {},
                        .seeds = {},
                        .seed_rule = {},
                        .search = {},
                        .variants = {},
                        .ends = {},
                        .toml = text,
                        .file = file};
  if (!text.empty() && text.back() != '\n') experiment.toml += "\n";
  std::vector<Override> set;
  for (const std::string& argument : overrides) {
    set.push_back(parse_override(argument));
    experiment.toml += "# --set " + argument + "\n";
  }
  Table root = parse(text, file.string());
  set_all(root, set);

  const HeadConfig head = read_head(root, file, faults);
  experiment.name = head.name;
  experiment.description = head.description;
  experiment.seeds = head.seeds;
  experiment.seed_rule = read_seed_rule(root.find("seeds"), faults);
  if (experiment.seed_rule && !experiment.seed_rule->looks.empty()) {
    experiment.seeds.resize(static_cast<size_t>(experiment.seed_rule->looks.front()));
    std::iota(experiment.seeds.begin(), experiment.seeds.end(), 1);
  }
  const auto sweep = read_sweep(root, faults);
  const Node* searched = root.find("search");
  const auto search = searched ? read_search(*searched, faults) : std::nullopt;
  const auto varied = varied_keys(sweep, search);
  check_varied(varied, model_keys(), faults);
  check_overrides(set, varied, faults);
  const auto variants = read_variants(root, base_of(root), faults);
  if (search) check_search(*search, variants, root.find("seeds"), faults);
  check_count(variants.size(), experiment.seeds.size(), sweep, search, head.max_runs, root.where, faults);
  if (search) faults.raise();
  experiment.variants = swept(variants, sweep);
  if (search) {
    experiment.search = search->config;
    experiment.ends = ends_of(experiment.variants, *search);
    experiment.variants = trials_of(experiment.variants, *search, faults);
  }
  const auto set_in_each = of_the_model(set);
  for (Variant& end : experiment.ends) set_all(end.settings, set_in_each);
  for (Variant& variant : experiment.variants) {
    set_all(variant.settings, set_in_each);
    if (variant.name.empty()) variant.name = "default";
  }
  check_names(experiment.variants, faults);
  if (experiment.seed_rule)
    check_seed_rule(*experiment.seed_rule, root.find("seeds")->where, experiment.variants.size(), faults);
  faults.raise();
  return experiment;
}

}  // namespace elbo::host::experiment
