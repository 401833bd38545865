#pragma once
#include <string>
#include <utility>
#include <vector>

#include "experiment/table.hpp"

namespace elbo::host::experiment {

/// Reads TOML. Throws UserError with the place and the parser's reason.
Table parse(const std::string& text, const std::string& source);

/// One --set of the command line.
struct Override {
  std::vector<std::string> path;
  Where where;  // "--set train.max_epochs"
  Node node;
};

/// "train.max_epochs=3": the value is read as TOML, and as a string where it is not TOML. Throws UserError.
Override parse_override(const std::string& argument);

}  // namespace elbo::host::experiment
