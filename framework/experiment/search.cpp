#include "experiment/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "experiment/applicability.hpp"

namespace elbo::host::experiment {
namespace {

const std::vector<std::string>& distributions() {
  static const std::vector<std::string> all = {"uniform", "log_uniform", "integer", "log_integer", "choice"};
  return all;
}

constexpr const char* example = "as in \"train.optimizer.lr\" = { log_uniform = [1e-4, 1e-2] }";

double number_of(const Node& node) {
  if (const auto* whole = std::get_if<int64_t>(&node.value)) return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(&node.value);
  return number ? *number : std::numeric_limits<double>::quiet_NaN();
}

/// Whether this table is a distribution, and not keys below one.
bool is_distribution(const Table& table) {
  const auto keys = table.keys();
  return std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
    return std::find(distributions().begin(), distributions().end(), key) != distributions().end();
  });
}

void check_bounds(const Dimension& d, const Node& given, Faults& faults) {
  const double low = number_of(d.given[0]), high = number_of(d.given[1]);
  const auto is_whole = [](const Node& node) { return std::holds_alternative<int64_t>(node.value); };
  std::string fault;
  if (!std::isfinite(low) || !std::isfinite(high)) fault = "two numbers";
  else if (d.is_integer() && !(is_whole(d.given[0]) && is_whole(d.given[1]))) fault = "two integers";
  else if (low >= high) fault = "a lower bound below the upper one";
  else if (d.is_log() && low <= 0) fault = "bounds above 0, since it is drawn on a logarithmic scale";
  if (!fault.empty())
    faults.add(given.where, fmt::format("search.space: {} of {} is {}; expected {}", d.distribution, d.name,
                                        to_string(given), fault));
}

void check_choices(const Dimension& d, const Node& given, Faults& faults) {
  std::set<std::string> seen;
  for (const Node& choice : d.given)
    if (!seen.insert(to_string(choice)).second)
      faults.add(choice.where,
                 fmt::format("search.space: choice of {} has {} twice; expected each once", d.name, to_string(choice)));
  if (d.given.size() < 2)
    faults.add(given.where,
               fmt::format("search.space: choice of {} is {}; expected two values or more to choose from; a value that "
                           "all trials share stands in the file itself",
                           d.name, to_string(given)));
}

void read_variants(const Table& table, Dimension& d, Faults& faults) {
  const Node* node = table.find("variants");
  if (!node) return;
  const auto* list = std::get_if<List>(&node->value);
  for (size_t i = 0; list && i < list->size(); ++i)
    if (const auto* name = std::get_if<std::string>(&(*list)[i].value)) d.variants.push_back(*name);
  if (!list || list->empty() || d.variants.size() != list->size())
    faults.add(node->where, fmt::format("search.space: variants of {} is {}; expected a list of names of variants",
                                        d.name, to_string(*node)));
}

void add_dimension(const Table& table, Dimension d, std::vector<Dimension>& space, Faults& faults) {
  auto known = distributions();
  known.push_back("variants");
  check_keys(table, "search.space." + d.name, known, faults);
  for (const char* section : {"dataset.", "evaluate.", "log."})
    if (d.name.starts_with(section))
      return faults.add(
          table.where,
          fmt::format("search.space has {}, of which the number depends by which trials are compared; expected a "
                      "setting of the model or of its training; leave it out, or sweep over it",
                      d.name));
  const Node* given = nullptr;
  for (const std::string& name : distributions()) {
    const Node* node = table.find(name);
    if (node && given)
      return faults.add(node->where, fmt::format("search.space: {} has both {} and {}; expected one distribution",
                                                 d.name, d.distribution, name));
    if (node) given = node, d.distribution = name;
  }
  const auto* list = std::get_if<List>(&given->value);
  if (!list || (!d.is_choice() && list->size() != 2))
    return faults.add(
        given->where,
        fmt::format("search.space: {} of {} is {}; expected {}", d.distribution, d.name, to_string(*given),
                    d.is_choice() ? "a list of values to choose from" : "a list of two bounds"));
  d.given = *list;
  const size_t before = faults.count();
  if (d.is_choice()) check_choices(d, *given, faults);
  else check_bounds(d, *given, faults);
  read_variants(table, d, faults);
  if (faults.count() == before) space.push_back(std::move(d));
}

void collect_space(const Table& table, const std::vector<std::string>& above, std::vector<Dimension>& space,
                   Faults& faults) {
  for (const Entry& entry : table.entries()) {
    auto path = above;
    for (std::string& part : parts_of(entry.key)) path.push_back(std::move(part));
    const Dimension d{.name = join(path, "."), .path = path, .where = entry.where, .distribution = {}, .given = {}};
    const auto* nested = std::get_if<Table>(&entry.node.value);
    if (!nested || (nested->entries().empty()))
      faults.add(entry.node.where, fmt::format("search.space.{} is {}; expected a distribution ({}), {}", d.name,
                                               to_string(entry.node), join(distributions()), example));
    else if (is_distribution(*nested)) add_dimension(*nested, d, space, faults);
    else collect_space(*nested, path, space, faults);
  }
}

/// From 0 to 1, below 1: the same on every machine.
double uniform_of(const Search& search, const std::string& key, int64_t trial, size_t attempt) {
  constexpr size_t digits = 13;  // of 4 bits
  const std::string hash = sha256(fmt::format("search {} {} {} {}", search.config.seed, key, trial, attempt));
  return static_cast<double>(std::stoull(hash.substr(0, digits), nullptr, 16)) / std::ldexp(1.0, 4 * digits);
}

double rounded(double x, double low, double high) {
  constexpr int digits = 4, digits_of_narrow = 10;
  constexpr double narrow = 0.5;
  const bool is_wide = high - low > narrow * std::max(std::abs(low), std::abs(high));
  return std::clamp(std::stod(fmt::format("{:.{}g}", x, is_wide ? digits : digits_of_narrow)), low, high);
}

/// To draw a trial that is none of those before it, from so many settings.
size_t most_attempts(double settings) {
  constexpr double least = 10000, times = 30;
  return static_cast<size_t>(std::isfinite(settings) ? std::max(least, times * settings) : least);
}

/// The variant of the file that it is, or was swept from.
const std::string& origin_of(const Variant& variant) {
  return variant.swept_keys.empty() ? variant.name : variant.swept_from;
}

std::vector<const Dimension*> space_of(const Variant& variant, const Search& search) {
  std::vector<const Dimension*> space;
  for (const Dimension& d : search.space)
    if (d.variants.empty() || std::find(d.variants.begin(), d.variants.end(), origin_of(variant)) != d.variants.end())
      space.push_back(&d);
  return space;
}

Variant without_values(const Variant& variant, const Search& search, int64_t trial) {
  Variant made = variant;
  made.swept_from = variant.name;
  made.swept_keys.clear();
  made.where = search.where;
  made.trial = trial;
  made.name += fmt::format("{}trial {}", variant.name.empty() ? "" : " ", trial);
  return made;
}

void take_value(Variant& variant, const Dimension& d, const Node& value) {
  variant.swept_keys.push_back(d.name);
  set_at(variant.settings, d.path, d.where, value, in_sweep);
}

/// How many settings the space of a variant has; 0 where these are too few.
double settings_in(const Variant& variant, const Search& search, const std::vector<const Dimension*>& space,
                   Faults& faults) {
  double count = 1;
  std::vector<std::string> factors;
  for (const Dimension* d : space) {
    count *= d->count();
    factors.push_back(fmt::format("{:.15g} of {}", d->count(), d->name));
  }
  const std::string of = variant.name.empty() ? "" : fmt::format(" of variant '{}'", variant.name);
  if (space.empty())
    faults.add(search.where,
               fmt::format("search.space has no key{}, so that all its trials would be the same; expected "
                           "one at least",
                           of));
  else if (count < static_cast<double>(search.config.trials))
    faults.add(search.trials,
               fmt::format("search.trials is {}, and the space{} has {:.15g} settings ({}); expected at most {:.15g}; "
                           "lower trials, or use [sweep], which tries every combination",
                           search.config.trials, of, count, join(factors, " x "), count));
  return !space.empty() && count >= static_cast<double>(search.config.trials) ? count : 0;
}

}  // namespace

double Dimension::count() const {
  if (is_choice()) return static_cast<double>(given.size());
  if (is_integer()) return number_of(given[1]) - number_of(given[0]) + 1;
  return std::numeric_limits<double>::infinity();
}

Node Dimension::at(double u) const {
  if (is_choice()) return given[static_cast<size_t>(u * static_cast<double>(given.size()))];
  const double low = number_of(given[0]), high = number_of(given[1]);
  const Where place = given[0].where;
  if (!is_integer()) {
    const double x = is_log() ? low * std::pow(high / low, u) : low + u * (high - low);
    return {place, rounded(x, low, high)};
  }
  constexpr double half = 0.5;  // each integer stands for the interval around it
  const double first = low - half, end = high + half;
  const double x = is_log() ? first * std::pow(end / first, u) : first + u * (end - first);
  return {place, static_cast<int64_t>(std::clamp(std::floor(x + half), low, high))};
}

std::optional<Search> read_search(const Node& node, Faults& faults) {
  const auto* table = std::get_if<Table>(&node.value);
  if (!table) {
    faults.add(node.where, "search is " + type_name(node) +
                               "; expected a section [search] with trials, and a section [search.space]");
    return {};
  }
  const auto& declared = known_options<SearchConfig>();
  const auto settings = read_effective_options(*table, "search", declared.list(), {"space"}, faults);
  const Node *trials = table->find("trials"), *space = table->find("space");
  Search search{declared.config(settings), node.where, trials ? trials->where : node.where, {}};
  const auto* keys = space ? std::get_if<Table>(&space->value) : nullptr;
  if (!keys || keys->entries().empty()) {
    faults.add(space ? space->where : node.where,
               fmt::format("search.space is {}; expected a section [search.space] with a distribution for each key, {}",
                           space ? (keys ? "empty" : type_name(*space)) : "missing", example));
    return {};
  }
  const size_t before = faults.count();
  collect_space(*keys, {}, search.space, faults);
  return faults.count() == before ? std::optional(search) : std::nullopt;
}

std::vector<Variant> trials_of(const std::vector<Variant>& variants, const Search& search, Faults& faults) {
  std::vector<Variant> all;
  for (const Variant& variant : variants) {
    const auto space = space_of(variant, search);
    const double settings = settings_in(variant, search, space, faults);
    if (settings == 0) continue;
    const size_t most = most_attempts(std::min(settings, 1e6));
    std::set<std::string> drawn;
    for (int64_t trial = 1; trial <= search.config.trials; ++trial) {
      Variant made;
      std::string values;
      size_t attempt = 0;
      do {
        made = without_values(variant, search, trial);
        values.clear();
        for (const Dimension* d : space) {
          const Node value = d->at(uniform_of(search, d->name, trial, attempt));
          values += to_string(value) + "\n";
          take_value(made, *d, value);
        }
      } while (!drawn.insert(values).second && ++attempt < most);
      if (attempt >= most) {
        faults.add(search.trials, fmt::format("search.trials is {}, and no setting was found for trial {} that is not "
                                              "that of another one; expected fewer trials, or a larger space",
                                              search.config.trials, trial));
        return all;
      }
      all.push_back(std::move(made));
    }
  }
  return all;
}

std::vector<Variant> ends_of(const std::vector<Variant>& variants, const Search& search) {
  std::vector<Variant> all;
  for (const Variant& variant : variants) {
    const auto space = space_of(variant, search);
    size_t most = 0;
    for (const Dimension* d : space) most = std::max(most, d->given.size());
    for (size_t i = 0; i < most; ++i) {
      all.push_back(without_values(variant, search, 0));
      for (const Dimension* d : space) take_value(all.back(), *d, d->given[i % d->given.size()]);
    }
  }
  return all;
}

}  // namespace elbo::host::experiment
