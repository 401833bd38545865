// The verbs of the command line: `elbo <verb> ...`. Each is defined in a file of verbs/, or some that do nearly the same in one.
#pragma once
#include <string>
#include <vector>

namespace elbo::host::cli {

using Arguments = std::vector<std::string>;

struct Verb {
  const char *name, *arguments, *summary;  // no summary: not in the overview
  /// Gets the words after its name, prints to stdout, throws UserError or Error, and returns the exit code.
  int (*function)(const Arguments&);
  int position;  // in the overview, among those of the other files
};

/// What `elbo` does with these words: a verb, the overview or the version.
int dispatch(const Arguments& words);

/// The program, its compiler and its libraries, one a line.
std::string versions();

}  // namespace elbo::host::cli
