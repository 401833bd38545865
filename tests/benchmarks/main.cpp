// elbo-bench: what `elbo bench` hands over to.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <csignal>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "benchmarks/benchmarks.hpp"
#include "kernels/matrix_products.hpp"

namespace elbo::host::bench {
namespace {
namespace po = boost::program_options;

Request read(int count, char** words, std::string& benchmark) {
  po::options_description own;
  own.add_options()("benchmark", po::value<std::string>())("filter", po::value<std::string>()->default_value(""))(
      "json", "")("csv", "")("device", po::value<std::string>()->default_value("cpu"))("min-time", po::value<double>())(
      "repetitions", po::value<int64_t>())("unset", po::value<std::vector<std::string>>());
  po::positional_options_description first;
  first.add("benchmark", 1);
  po::variables_map given;
  try {
    po::store(po::command_line_parser(count, words).options(own).positional(first).run(), given);
  } catch (const po::error& error) {
    throw UserError(std::string("elbo bench: ") + error.what() + "; see elbo bench --help");
  }
  Request request;
  if (given.count("benchmark")) benchmark = given["benchmark"].as<std::string>();
  request.filter = given["filter"].as<std::string>();
  request.device = given["device"].as<std::string>();
  if (request.device != "cpu" && (request.device != "cuda" || benchmark != "step"))
    throw UserError("elbo bench: --device " + request.device + ": expected cpu, or cuda for `elbo bench step`");
  request.format = given.count("json") ? Format::json : given.count("csv") ? Format::csv : Format::table;
  // Whole processes are started for `workers`, so that each has to be worth it.
  const double usual = benchmark == "workers" ? 0.5 : 0.02;
  request.settings = {given.count("min-time") ? given["min-time"].as<double>() : usual,
                      given.count("repetitions") ? given["repetitions"].as<int64_t>()
                      : benchmark == "answer"    ? 1
                                                 : 9};
  if (given.count("unset")) request.unset = given["unset"].as<std::vector<std::string>>();
  const auto [time, repetitions] = request.settings;
  if (!(time > 0 && time <= 60))
    throw UserError(fmt::format("elbo bench: --min-time {}: expected more than 0, at most 60", time));
  if (repetitions < 1 || repetitions > 1000)
    throw UserError(fmt::format("elbo bench: --repetitions {}: expected 1 to 1000", repetitions));
  return request;
}

// Nothing is left in files while measuring, so there is nothing to clean up.
void stop(int) {
  constexpr char sentence[] = "\nelbo bench: stopped; nothing was measured to the end\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence, sizeof sentence - 1);
  ::_exit(130);
}

int run(int count, char** words) {
  std::string benchmark;
  const Request request = read(count, words, benchmark);
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  at::set_num_threads(1);
  kernels::use_onednn_products();
  if (benchmark == "likelihoods") likelihoods(request);
  else if (benchmark == "step") step(request);
  else if (benchmark == "blocks") blocks(request);
  else if (benchmark == "growth") growth(request);
  else if (benchmark == "workers") workers(request);
  else if (benchmark == "evaluation") evaluation(request);
  else if (benchmark == "logging") logging(request);
  else if (benchmark == "answer") answer(request);
  else
    throw UserError("elbo bench: there is no benchmark '" + benchmark + "'" +
                    suggestion(benchmark, {"likelihoods", "step", "blocks", "growth", "workers", "evaluation",
                                           "logging", "answer"}));
  return 0;
}

int complain(const std::exception& error, int code) {
  const std::string sentence = error.what();  // torch appends a stack trace to its messages
  fmt::print(stderr, "{}\n", sentence.substr(0, sentence.find('\n')));
  return code;
}

}  // namespace
}  // namespace elbo::host::bench

int main(int count, char** words) {
  // As in the worker: every step allocates the same large tensors.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  int code = 0;
  try {
    code = elbo::host::bench::run(count, words);
  } catch (const elbo::UserError& error) {
    code = elbo::host::bench::complain(error, 2);
  } catch (const std::exception& error) {
    code = elbo::host::bench::complain(error, 1);
  }
  std::fflush(nullptr);
  ::_exit(code);  // tearing down libtorch's libraries takes longer and can only crash
}
