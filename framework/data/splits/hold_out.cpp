#include "data/splits/hold_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "data/setting_fault.hpp"

namespace elbo::host::data {
namespace {

using Rows = std::vector<int64_t>;

int64_t at(const std::vector<int64_t>& all, int64_t row) { return all[static_cast<size_t>(row)]; }

/// Those of the rows for which is_held(row).
template <class IsHeld>
HeldOut divided(const Rows& rows, IsHeld&& is_held) {
  HeldOut out;
  for (const int64_t row : rows) (is_held(row) ? out.held : out.kept).push_back(row);
  return out;
}

/// What is left of `wanted` for each stratum: whole numbers nearest to its share, whose sum is `wanted` (largest remainders first).
std::map<int64_t, int64_t> shares(const std::map<int64_t, int64_t>& sizes, int64_t wanted, int64_t rows) {
  std::map<int64_t, int64_t> share;
  std::vector<std::pair<double, int64_t>> remainders;
  int64_t left = wanted;
  for (const auto& [stratum, size] : sizes) {
    const double exact = static_cast<double>(wanted) * static_cast<double>(size) / static_cast<double>(rows);
    share[stratum] = static_cast<int64_t>(std::floor(exact));
    left -= share[stratum];
    remainders.emplace_back(share[stratum] - exact, stratum);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; left > 0 && i < remainders.size(); ++i, --left) ++share[remainders[i].second];
  return share;
}

HeldOut by_stratum(const Rows& rows, const RowFacts& facts, int64_t wanted, bool of_every) {
  std::map<int64_t, int64_t> sizes;
  for (const int64_t row : rows) ++sizes[at(facts.strata, row)];
  auto share = shares(sizes, wanted, static_cast<int64_t>(rows.size()));
  for (auto& [stratum, count] : share) {
    const int64_t size = sizes[stratum];
    if (of_every && size < 2)
      throw SettingFault(
          "stratify",
          fmt::format("{}: '{}' has 1 row; expected 2 or more, for training and for test data; leave that row out, "
                      "join it with others, or "
                      "leave stratify out",
                      facts.stratum_column, facts.stratum_names[static_cast<size_t>(stratum)]));
    count = std::clamp<int64_t>(count, of_every ? 1 : 0, size - 1);
  }
  // The last of each stratum: `left` rows of it are kept.
  std::map<int64_t, int64_t> left;
  for (const auto& [stratum, size] : sizes) left[stratum] = size - share[stratum];
  return divided(rows, [&](int64_t row) { return left[at(facts.strata, row)]-- <= 0; });
}

struct Group {
  std::string order;  // by which they are taken
  int64_t code = 0, size = 0, stratum = 0;
};

/// Of the rows, in the order in which they are held out. Its stratum is that of most of its rows.
std::vector<Group> groups_of(const Rows& rows, const RowFacts& facts, int64_t seed) {
  std::map<int64_t, std::map<int64_t, int64_t>> strata;
  for (const int64_t row : rows) ++strata[at(facts.groups, row)][facts.strata.empty() ? 0 : at(facts.strata, row)];
  std::vector<Group> groups;
  for (const auto& [code, counts] : strata) {
    Group group{.order = sha256(fmt::format("{} {}", seed, facts.group_names[static_cast<size_t>(code)])),
                .code = code};
    int64_t most = 0;
    for (const auto& [stratum, count] : counts) {
      group.size += count;
      if (count > most) most = count, group.stratum = stratum;
    }
    groups.push_back(std::move(group));
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.order < b.order; });
  return groups;
}

/// Marks groups until their rows are nearest to `wanted`: one at least, and not all.
void take(const std::vector<const Group*>& groups, double wanted, std::vector<bool>& held) {
  double filled = 0;
  size_t taken = 0;
  for (const Group* group : groups) {
    const auto size = static_cast<double>(group->size);
    if (taken + 1 == groups.size() || std::abs(filled + size - wanted) >= std::abs(filled - wanted)) continue;
    held[static_cast<size_t>(group->code)] = true;
    filled += size;
    ++taken;
  }
  if (taken > 0) return;
  const Group* least =
      *std::min_element(groups.begin(), groups.end(), [](const Group* a, const Group* b) { return a->size < b->size; });
  held[static_cast<size_t>(least->code)] = true;
}

void check_groups(const std::vector<Group>& groups, const RowFacts& facts, int64_t kept, const std::string& part) {
  if (kept <= 0)
    throw SettingFault(
        "groups",
        fmt::format(
            "{}: all rows or more are asked for as {}; expected fewer, so that some are left to train on; lower "
            "the number (dataset.test, dataset.valid)",
            facts.group_column, part));
  if (groups.size() < 2)
    throw SettingFault(
        "groups",
        fmt::format("{}: all rows are of one group, '{}'; expected two or more, of which some are {}; take another "
                    "column, or leave groups out",
                    facts.group_column, facts.group_names[static_cast<size_t>(groups.at(0).code)], part));
  const auto largest =
      std::max_element(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.size < b.size; });
  if (largest->size > kept)
    throw SettingFault(
        "groups",
        fmt::format(
            "{}: the group '{}' has {} rows, more than the {} that are no {}; expected groups that fit in there whole; "
            "hold out fewer rows "
            "(test_fraction, valid), or leave out some of that group",
            facts.group_column, facts.group_names[static_cast<size_t>(largest->code)], largest->size, kept, part));
}

HeldOut by_group(const Rows& rows, const RowFacts& facts, int64_t wanted, int64_t seed, const std::string& part,
                 bool of_every) {
  const std::vector<Group> groups = groups_of(rows, facts, seed);
  check_groups(groups, facts, static_cast<int64_t>(rows.size()) - wanted, part);
  std::map<int64_t, std::vector<const Group*>> strata;
  for (const Group& group : groups) strata[group.stratum].push_back(&group);
  std::vector<bool> held(facts.group_names.size());
  for (const auto& [stratum, members] : strata) {
    if (members.size() < 2 && of_every)
      throw SettingFault(
          "stratify",
          fmt::format("{}: '{}' occurs in 1 group only, '{}'; expected 2 or more, for training and for test data; join "
                      "it with others, "
                      "or leave stratify out",
                      facts.stratum_column, facts.stratum_names[static_cast<size_t>(stratum)],
                      facts.group_names[static_cast<size_t>(members[0]->code)]));
    if (members.size() < 2) continue;
    double size = 0;
    for (const Group* group : members) size += static_cast<double>(group->size);
    take(members, static_cast<double>(wanted) * size / static_cast<double>(rows.size()), held);
  }
  return divided(rows, [&](int64_t row) { return held[static_cast<size_t>(at(facts.groups, row))]; });
}

HeldOut by_time(const Rows& rows, const RowFacts& facts, int64_t wanted, const std::string& part) {
  std::map<int64_t, int64_t> sizes;
  for (const int64_t row : rows) ++sizes[at(facts.times, row)];
  if (sizes.size() < 2)
    throw SettingFault(
        "time",
        fmt::format("{}: all rows are of one time; expected two or more, the latest of which are {}; take another "
                    "column, or leave time out",
                    facts.time_column, part));
  int64_t filled = 0, first = sizes.rbegin()->first;
  for (auto time = sizes.rbegin(); std::next(time) != sizes.rend(); ++time) {
    if (filled > 0 && std::abs(filled + time->second - wanted) >= std::abs(filled - wanted)) break;
    filled += time->second;
    first = time->first;
  }
  return divided(rows, [&](int64_t row) { return at(facts.times, row) >= first; });
}

}  // namespace

HeldOut hold_out(const Rows& rows, const RowFacts& facts, int64_t wanted, int64_t seed, const std::string& part,
                 bool of_every_stratum) {
  if (wanted <= 0 || rows.empty()) return {.kept = rows, .held = {}};
  if (!facts.times.empty()) return by_time(rows, facts, wanted, part);
  if (!facts.groups.empty())
    return by_group(rows, facts, wanted, seed, part, of_every_stratum && !facts.strata.empty());
  if (!facts.strata.empty()) return by_stratum(rows, facts, wanted, of_every_stratum);
  const auto cut = rows.end() - std::min(wanted, static_cast<int64_t>(rows.size()));
  return {.kept = {rows.begin(), cut}, .held = {cut, rows.end()}};
}

}  // namespace elbo::host::data
