#pragma once
#include <string>
#include <vector>

namespace elbo::cli {

/// elbo plugins new KIND NAME [DIR], given the words after `new`. Throws UserError, too, for the name of a plugin that is
/// there already.
int new_plugin(const std::vector<std::string>& words);

}  // namespace elbo::cli
