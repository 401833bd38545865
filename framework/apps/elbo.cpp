#include <csignal>
#include <cstdio>
#include <exception>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace {

int complain(const std::exception& error, int code) {
  std::fflush(stdout);
  // A verb's own sentences name it: "elbo run: ...".
  const std::string sentence = error.what();
  elbo::host::cli::print_error("{}{}\n", sentence.starts_with("elbo ") ? "" : "elbo: ", sentence);
  return code;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write, in words
  elbo::host::cli::go_on_without_readers();
  elbo::host::give_large_pages_to_children();
  try {
    elbo::host::cpu_limit_must_be_possible();
    return elbo::host::cli::after_output(elbo::host::cli::dispatch({words + 1, words + count}));
  } catch (const elbo::UserError& error) {
    return complain(error, 2);
  } catch (const std::exception& error) {
    return complain(error, 1);
  }
}
