// The worker's answer on standard output, kept apart from whatever plugins print there.
#pragma once
#include <string_view>

namespace elbo::worker {

/// From its making on, standard output is standard error; the answer goes to what it was.
class Answer {
 public:
  Answer();
  /// Writes all of it at once; false when nobody listens.
  bool write(std::string_view text) const;

 private:
  int fd_;
};

}  // namespace elbo::worker
