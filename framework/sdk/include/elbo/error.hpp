// The two exceptions of elbo. Each carries one sentence: "<where>: found; expected; what to do".
#pragma once
#include <stdexcept>
#include <string>

#define ELBO_EXPORT __attribute__((visibility("default")))

namespace elbo {

/// A run or an operation failed; the program exits with 1.
struct ELBO_EXPORT Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The user's input is at fault; the program exits with 2.
struct ELBO_EXPORT UserError : Error {
  using Error::Error;
};

}  // namespace elbo
