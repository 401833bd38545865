#include "data/splits/divide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/hold_out.hpp"
#include "data/splits/row_keys.hpp"
#include "data/splits/split.hpp"

namespace elbo::host::data {
namespace {

using Rows = std::vector<int64_t>;
using Parts = std::map<std::string, UsableRows>;

constexpr size_t fewest_groups = 5;  // of test data, below which comparisons decide nothing

std::string said(const DataConfig& config, const char* key, const std::string& column) {
  return fmt::format("{}: {} = \"{}\"", config.path, key, column);
}

/// Of the rows that can be used, in their order.
Rows usable(const RowKeys& keys, const std::string& part, const Parts& parts) {
  const auto found = keys.codes.find(part);
  const UsableRows& rows = parts.at(part);
  if (found == keys.codes.end()) return {};
  if (static_cast<int64_t>(found->second.size()) != rows.stored)
    throw UserError(
        fmt::format("'{}' has {} values; expected {}, one a row", keys.column, found->second.size(), rows.stored));
  Rows codes;
  for (const int64_t row : rows.rows) codes.push_back(found->second[static_cast<size_t>(row)]);
  return codes;
}

struct AllKeys {
  RowKeys groups, strata, times;
  Rows ranks;  // of the names of times
};

RowFacts facts_of(const DataConfig& config, const AllKeys& keys, const std::string& part, const Parts& parts) {
  RowFacts facts{.groups = usable(keys.groups, part, parts),
                 .strata = usable(keys.strata, part, parts),
                 .times = usable(keys.times, part, parts),
                 .group_names = keys.groups.names,
                 .stratum_names = keys.strata.names,
                 .group_column = said(config, "groups", config.groups),
                 .stratum_column = said(config, "stratify", config.stratify),
                 .time_column = said(config, "time", config.time)};
  for (int64_t& time : facts.times) time = keys.ranks[static_cast<size_t>(time)];
  return facts;
}

/// The column of that key; `kind` as in read_keys().
RowKeys keys_of(const DataConfig& config, const Description& d, const char* key, const std::string& column,
                const char* kind) {
  if (column.empty()) return {};
  RowKeys keys = for_key(key, [&] { return read_keys(d, kind); });
  if (keys.empty() && std::string_view(kind) != "labels")
    throw SettingFault(
        key, said(config, key, column) +
                 ": these files have no column or dataset beside the values; expected a table or arrays in one file; "
                 "leave it out");
  return keys;
}

AllKeys read_all(const DataConfig& config, const Description& d) {
  const bool by_labels = config.stratify == "labels" || config.stratify == config.labels;
  AllKeys keys{.groups = keys_of(config, d, "groups", config.groups, "groups"),
               .strata = keys_of(config, d, "stratify", config.stratify, by_labels ? "labels" : "strata"),
               .times = keys_of(config, d, "time", config.time, "time"),
               .ranks = {}};
  if (!config.time.empty())
    keys.ranks = for_key("time", [&] { return ranks_in_time(keys.times.names, said(config, "time", config.time)); });
  if (!config.stratify.empty() && keys.strata.empty())
    throw SettingFault(
        "stratify",
        said(config, "stratify", config.stratify) +
            ": there are no labels; expected labels = \"...\", or the name of a column; leave stratify out");
  return keys;
}

void check_config(const DataConfig& config) {
  if (config.time.empty()) return;
  for (const auto& [key, value] : {std::pair("groups", config.groups), {"stratify", config.stratify}})
    if (!value.empty())
      throw SettingFault(
          key,
          fmt::format(
              "[dataset]: has time = \"{}\" and {} = \"{}\"; expected one of them, since the latest rows are held out "
              "whatever else they are; leave one out",
              config.time, key, value));
}

/// Takes from `held` the rows whose values occur among `kept` of another part or the same one.
int64_t drop_copies(const UsableRows& of_held, Rows& held, const std::set<uint64_t>& seen) {
  return static_cast<int64_t>(
      std::erase_if(held, [&](int64_t row) { return seen.contains(of_held.hashes[static_cast<size_t>(row)]); }));
}

void add_hashes(const UsableRows& of, const Rows& rows, std::set<uint64_t>& seen) {
  for (const int64_t row : rows) seen.insert(of.hashes[static_cast<size_t>(row)]);
}

void drop_copies(const Parts& parts, const std::string& pool, Description& d) {
  SplitRows& rows = *d.division;
  const std::string of_valid = d.valid > 0 ? "valid_" : pool, of_test = pool.empty() ? pool : "test_";
  const size_t valid = rows.valid.size(), test = rows.test.size();
  std::set<uint64_t> seen;
  add_hashes(parts.at(pool), rows.train, seen);
  const int64_t of_valid_rows = drop_copies(parts.at(of_valid), rows.valid, seen);
  add_hashes(parts.at(of_valid), rows.valid, seen);
  const int64_t of_test_rows = drop_copies(parts.at(of_test), rows.test, seen);
  if (of_valid_rows > 0) d.copies[of_valid] += of_valid_rows;
  if (of_test_rows > 0) d.copies[of_test] += of_test_rows;
  if (rows.test.empty())
    throw SettingFault(
        "duplicates",
        fmt::format("{}: all {} test data are copies of training data, and duplicates = \"drop\" leaves none; expected "
                    "some that are not; use other test data, or duplicates = \"keep\"",
                    d.source, test));
  for (const auto& [dropped, all, name] :
       {std::tuple(of_valid_rows, valid, "validation"), {of_test_rows, test, "test"}})
    if (dropped > 0)
      d.notes.push_back(fmt::format("{} of {} {} data are left out, since they are exact copies of {} data", dropped,
                                    all, name,
                                    std::string(name) == "test" && valid > 0 ? "training or validation" : "training"));
}

std::set<int64_t> codes_of(const Rows& rows, const Rows& codes) {
  std::set<int64_t> found;
  for (const int64_t row : rows) found.insert(codes[static_cast<size_t>(row)]);
  return found;
}

void say_groups(const DataConfig& config, const std::set<int64_t>& train, const std::set<int64_t>& test,
                Description& d) {
  d.notes.push_back(fmt::format("groups = \"{}\": {} in training and validation data, {} others in test data{}",
                                config.groups, train.size(), test.size(),
                                test.size() < fewest_groups
                                    ? fmt::format("; comparisons need {} or more for a standard error", fewest_groups)
                                    : ""));
}

/// Where `select` names a column that says what rows are of.
void say_what_is_modelled(const DataConfig& config, Description& d) {
  for (const auto& [key, column, why] :
       {std::tuple("groups", config.groups, "test data have values of it that training data lack"),
        {"time", config.time, "all test data lie beyond the training data in it"}})
    if (!column.empty() && std::find(d.columns.begin(), d.columns.end(), column) != d.columns.end())
      d.notes.push_back(
          fmt::format("{} = \"{}\": select names that column, so it is modelled, too, although {}; leave it out of "
                      "select unless that is meant",
                      key, column, why));
}

/// Throws UserError where a group lies in the training data and in this part.
void check_apart(const DataConfig& config, const AllKeys& keys, const std::set<int64_t>& train,
                 const std::set<int64_t>& other, const char* part) {
  std::vector<std::string> both;
  for (const int64_t code : other)
    if (train.contains(code)) both.push_back(keys.groups.names[static_cast<size_t>(code)]);
  if (!both.empty())
    throw SettingFault(
        "groups",
        fmt::format(
            "{}: '{}'{} lies in the training data and in the {} data; expected each group on one side; move its rows, "
            "or put all rows into one file, which is split by groups",
            said(config, "groups", config.groups), both[0],
            both.size() > 1 ? fmt::format(" (and {} more groups)", both.size() - 1) : "", part));
}

/// The first of the times of these rows, as it is written.
std::string earliest(const AllKeys& keys, const std::string& part, const Parts& parts, const Rows& rows) {
  const Rows codes = usable(keys.times, part, parts);
  const auto first = std::min_element(rows.begin(), rows.end(), [&](int64_t a, int64_t b) {
    return keys.ranks[static_cast<size_t>(codes[static_cast<size_t>(a)])] <
           keys.ranks[static_cast<size_t>(codes[static_cast<size_t>(b)])];
  });
  return first == rows.end() ? "" : keys.times.names[static_cast<size_t>(codes[static_cast<size_t>(*first)])];
}

/// All rows lie in one file.
void divide_one_file(const DataConfig& config, const AllKeys& keys, const Parts& parts, Description& d) {
  const auto count = static_cast<int64_t>(parts.at("").rows.size());
  const RowFacts facts = facts_of(config, keys, "", parts);
  const auto wanted = std::llround(static_cast<double>(count) * config.test_fraction);
  HeldOut test = hold_out(permutation(count, config.split_seed), facts, wanted, config.split_seed, "test data", true);
  HeldOut valid = hold_out(test.kept, facts, config.valid, config.split_seed, "validation data", false);
  d.division = {.train = valid.kept, .valid = valid.held, .test = test.held};
  if (!facts.groups.empty())
    say_groups(config, codes_of(test.kept, facts.groups), codes_of(test.held, facts.groups), d);
  if (!facts.times.empty())
    d.notes.push_back(fmt::format("time = \"{}\": test data are the {} rows from {} on", config.time, test.held.size(),
                                  earliest(keys, "", parts, test.held)));
  if (config.duplicates == "drop") drop_copies(parts, "", d);
  d.train = static_cast<int64_t>(d.division->train.size() + d.division->valid.size());
  d.test = static_cast<int64_t>(d.division->test.size());
}

Rows drawn(const Parts& parts, const std::string& part) {
  const auto found = parts.find(part);
  return found == parts.end() ? Rows() : permutation(static_cast<int64_t>(found->second.rows.size()), drawing_seed);
}

/// Training and test data are given; validation data may have to be taken from the training data.
void divide_given_parts(const DataConfig& config, const AllKeys& keys, const Parts& parts, Description& d) {
  const RowFacts facts = facts_of(config, keys, "train_", parts);
  HeldOut pool{.kept = drawn(parts, "train_"), .held = {}};
  if (d.valid == 0) pool = hold_out(pool.kept, facts, config.valid, config.split_seed, "validation data", false);
  d.division = {
      .train = pool.kept, .valid = d.valid > 0 ? drawn(parts, "valid_") : pool.held, .test = drawn(parts, "test_")};
  if (!config.groups.empty()) {
    const auto all = codes_of(drawn(parts, "train_"), facts.groups);
    const auto test = codes_of(d.division->test, usable(keys.groups, "test_", parts));
    check_apart(config, keys, all, test, "test");
    if (d.valid > 0)
      check_apart(config, keys, all, codes_of(d.division->valid, usable(keys.groups, "valid_", parts)), "validation");
    say_groups(config, all, test, d);
  }
  if (config.duplicates == "drop") drop_copies(parts, "train_", d);
  d.train = static_cast<int64_t>(d.division->train.size() + (d.valid > 0 ? 0 : d.division->valid.size()));
  if (d.valid > 0) d.valid = static_cast<int64_t>(d.division->valid.size());
  d.test = static_cast<int64_t>(d.division->test.size());
}

}  // namespace

bool divides_rows(const DataConfig& config) {
  return !config.groups.empty() || !config.stratify.empty() || !config.time.empty() || config.duplicates == "drop";
}

void divide(const DataConfig& config, const Parts& parts, Description& d) {
  check_config(config);
  if (config.duplicates == "drop" && config.memory_gb > 0)
    throw SettingFault(
        "duplicates",
        "[dataset]: has duplicates = \"drop\" and memory_gb; expected one of them, since copies are found among data "
        "in memory; "
        "leave one out");
  const AllKeys keys = read_all(config, d);
  (parts.contains("") ? divide_one_file : divide_given_parts)(config, keys, parts, d);
  say_what_is_modelled(config, d);
}

}  // namespace elbo::host::data
