#include "base/transient.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace elbo::host {
namespace {

constexpr std::array numbers = {EIO, ENOSPC, EDQUOT, EFBIG, ESTALE, ETIMEDOUT, ENOLCK, ENFILE};

}  // namespace

bool is_transient(const std::exception& error) { return dynamic_cast<const Transient*>(&error) != nullptr; }

bool is_transient_reason(const std::string& reason) {
  return std::any_of(numbers.begin(), numbers.end(), [&](int number) { return reason == std::strerror(number); });
}

void throw_system_error(const std::string& sentence, int error_number) {
  const std::string reason = std::strerror(error_number);
  if (is_transient_reason(reason)) throw TransientError(sentence + ": " + reason);
  throw Error(sentence + ": " + reason);
}

}  // namespace elbo::host
