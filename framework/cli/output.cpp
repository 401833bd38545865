#include "cli/output.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

namespace elbo::host::cli {
namespace {

volatile std::sig_atomic_t reader_has_gone = 0;

}  // namespace

void go_on_without_readers() {
  std::signal(SIGPIPE, [](int) { reader_has_gone = 1; });
}

int after_output(int code) {
  errno = 0;
  std::cout.flush();
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (is_written || reader_has_gone) return code;
  print_error("elbo: standard output could not be written in full{}{}\n", errno ? ": " : "",
              errno ? std::strerror(errno) : "");
  return code == 0 ? 1 : code;
}

}  // namespace elbo::host::cli
