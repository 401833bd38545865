// The benchmarks, one file each. They print to standard output.
#pragma once
#include "benchmarks/measure.hpp"
#include "benchmarks/output.hpp"

namespace elbo::host::bench {

struct Request {
  Settings settings;
  std::string filter;  // part of a name; empty for all
  std::string device = "cpu";
  Format format = Format::table;
  std::vector<std::string> unset;  // variables that the front took out of the environment
};

/// Throws UserError when the filter leaves nothing.
void likelihoods(const Request& request);
void step(const Request& request);
/// On a CUDA device; throws UserError where there is none.
void step_on_cuda(const Request& request);
void blocks(const Request& request);
void growth(const Request& request);
void workers(const Request& request);
void evaluation(const Request& request);
void logging(const Request& request);
/// Whole commands; in the folder of the sources.
void answer(const Request& request);

}  // namespace elbo::host::bench
