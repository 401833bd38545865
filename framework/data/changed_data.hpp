#pragma once
#include <elbo/error.hpp>

namespace elbo::data {

/// The data are not those of the plan, or not those of a moment ago.
class ChangedData : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace elbo::data
