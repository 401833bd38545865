#include "formats/readers.hpp"

namespace elbo::formats {

const std::vector<const Format*>& formats() {
#define ELBO_LISTED(name) &readers::name,
  static const std::vector<const Format*> all = {ELBO_FORMATS(ELBO_LISTED)};
#undef ELBO_LISTED
  return all;
}

}  // namespace elbo::formats
