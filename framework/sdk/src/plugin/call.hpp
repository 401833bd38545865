// Which plugin is at work, in memory that outlives a crash: the host reads it once a process has died.
#pragma once
#include <cstddef>
#include <string>

#include <elbo/error.hpp>

namespace elbo {

/// While it lives, `label` is in its `function`; calls nest. For one thread at a time.
class ELBO_EXPORT Call {
 public:
  /// Both texts must live as long.
  Call(const std::string& label, const char* function) noexcept;
  /// An exception on its way out leaves the text as it is, so that whoever catches it can tell where it came from.
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  static constexpr size_t page_size = 256;
  /// From now on the text is kept in these page_size bytes, which may be shared with another process.
  static void keep_in(char* page) noexcept;
  /// "likelihood:gaussian, in log_prob"; empty between calls.
  static std::string present();

 private:
  void write() const noexcept;

  const std::string& label_;
  const char* function_;
  const Call* outer_;
  int exceptions_;
};

}  // namespace elbo
