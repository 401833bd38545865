// What rows are of, beside their values: the group, stratum or time of each, by which files are split.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// One code a row of each part's file, by the beginning of the part's roles ("train_", or "" where one file holds all). The codes are places in
/// `names`, which are those of all parts in alphabetical order.
struct RowKeys {
  std::string column;  // what the file calls them
  std::vector<std::string> names;
  bool are_names = false;  // not numbers
  std::map<std::string, std::vector<int64_t>> codes;

  bool empty() const { return codes.empty(); }
};

/// The role of what dataset.condition has in that place.
inline std::string condition_role(size_t place) { return "condition" + std::to_string(place); }

/// Of the roles that end with `kind`: "groups", "strata", "time", "labels", condition_role(). Throws UserError: a row without one, or more than one a row.
RowKeys read_keys(const Description& description, const std::string& kind);

/// One text a row of labels, groups or what else has one value a row. Throws UserError naming `where` and a row that has none, unless it
/// `may_be_missing`: then its text is empty.
std::vector<std::string> row_texts(const Array& stored, const std::string& where, bool may_be_missing = false);

/// Numbers by their values, other names by the alphabet.
void sort_names(std::vector<std::string>& names);

/// The rank of each name among all, equal for names of one time. Throws UserError naming `where` and a name that is no number, date or time
/// as the others are.
std::vector<int64_t> ranks_in_time(const std::vector<std::string>& names, const std::string& where);

}  // namespace elbo::host::data
