// Failures that may pass by themselves: a full disk, a network file system that is away. They are worth another try.
#pragma once
#include <string>

#include <elbo/error.hpp>

namespace elbo::host {

/// Mixed into the exception of such a failure.
struct Transient {
  virtual ~Transient() = default;
};

struct TransientError : Error, Transient {
  using Error::Error;
};

bool is_transient(const std::exception& error);
/// Whether the system's words for an error (see strerror(3)) are those of such a failure.
bool is_transient_reason(const std::string& reason);
/// Throws TransientError or Error, "<sentence>: <the system's words>".
[[noreturn]] void throw_system_error(const std::string& sentence, int error_number);

}  // namespace elbo::host
