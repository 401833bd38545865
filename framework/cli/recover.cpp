// elbo recover FILE...
#include "log/recover.hpp"

#include <fmt/core.h>

#include <cstdio>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/verbs.hpp"

namespace elbo::cli {
namespace {

constexpr const char* recover_help =
    "usage: elbo recover FILE...\n"
    "Repairs the HDF5 log of a run that was killed, so that every program can open it again.\n"
    "All epochs that were complete are kept. Files that need no repair are left as they are.\n";

void report(const std::string& file, const log::Recovery& r) {
  if (r.repaired)
    fmt::print("{}: repaired; it holds {}; status is now \"{}\"\n", file,
               counted(static_cast<size_t>(r.epochs), "epoch"), r.status);
  else
    fmt::print("{}: needs no repair; it holds {}; status is \"{}\"\n", file,
               counted(static_cast<size_t>(r.epochs), "epoch"), r.status);
}

}  // namespace

int recover(const Arguments& arguments) {
  if (arguments.empty())
    throw UserError("elbo recover: no file is named; expected the HDF5 logs of runs; see elbo recover --help");
  if (arguments.front() == "--help" || arguments.front() == "-h") {
    fmt::print("{}", recover_help);
    return 0;
  }
  // One bad file does not keep the others from being repaired.
  int code = 0;
  for (const std::string& file : arguments) {
    try {
      report(file, log::recover(file));
    } catch (const Error& error) {
      std::fflush(stdout);
      fmt::print(stderr, "elbo: {}\n", error.what());
      code = 2;
    }
  }
  return code;
}

}  // namespace elbo::cli
