// The verbs of the command line: `elbo <verb> ...`. A file holds one, or some that do nearly the same.
#pragma once
#include <string>
#include <vector>

namespace elbo::cli {

using Arguments = std::vector<std::string>;

/// Each gets the words after its name, prints to stdout, throws UserError or Error, and returns the exit code.
int run(const Arguments& arguments);
int plan(const Arguments& arguments);
int explain(const Arguments& arguments);
int check(const Arguments& arguments);
int schema(const Arguments& arguments);
int compare(const Arguments& arguments);
int score(const Arguments& arguments);
int evaluate(const Arguments& arguments);
int sample(const Arguments& arguments);
int reconstruct(const Arguments& arguments);
int traverse(const Arguments& arguments);
int interpolate(const Arguments& arguments);
int manifold(const Arguments& arguments);
int plugins(const Arguments& arguments);
int data(const Arguments& arguments);
int status(const Arguments& arguments);
int watch(const Arguments& arguments);
int resume(const Arguments& arguments);
int merge(const Arguments& arguments);
int show(const Arguments& arguments);
int export_log(const Arguments& arguments);
int report(const Arguments& arguments);
int rerun(const Arguments& arguments);
int work(const Arguments& arguments);
int recover(const Arguments& arguments);
int bench(const Arguments& arguments);

/// The program, its compiler and its libraries, one a line.
std::string versions();

}  // namespace elbo::cli
