// Trains the runs of a plan one after the other in this process, so that runs of a second do not pay for the start of libtorch each. Used by
// starts.py:
//     elbo plan FILE --json | starts
// Prints a JSON object a line for each run: {"variant", "seed", "elbo", "kl"} of the test data, as `elbo run` would log them, or
// {"variant", "seed", "fault": sentence}.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <filesystem>
#include <iostream>

#include "base/value_json.hpp"
#include "kernels/matrix_products.hpp"
#include "train/trainer.hpp"
#include "worker/assemble.hpp"

namespace elbo::host {
namespace {
using Json = nlohmann::ordered_json;

PassResult trained(const Run& run, const std::filesystem::path& folder) {
  worker::Assembly a = worker::assemble(run);
  std::atomic<bool> stop = false;
  TrainObserver observer;
  observer.tick = [](const auto&, double) {};
  observer.step = [](int64_t, const auto&) {};
  observer.epoch = [](int64_t, const auto&, const auto&) {};
  observer.tested = [](int64_t, const auto&) {};
  observer.before_checkpoint = [] {};
  Trainer(run, a.model, *a.source, folder).train(observer, stop);
  const BatchSource scored = worker::scored_source(*a.source);
  return test_pass(a.model, scored, Part::test, run.evaluate.batch_size, scored.rng(run.seed).fork("test"));
}

Json answer_for(const Json& plan, const std::filesystem::path& folder) {
  Json answer = {{"variant", plan.at("variant")}, {"seed", plan.at("seed")}};
  try {
    const PassResult result = trained(run_from_json(plan), folder);
    answer["elbo"] = result.elbo;
    answer["kl"] = result.kl;
  } catch (const std::exception& e) {
    answer["fault"] = e.what();
  }
  return answer;
}

int starts(const std::filesystem::path& folder) {
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(1);
  kernels::use_onednn_products();
  const Json plans = Json::parse(std::cin);
  for (const Json& plan : plans.at("runs")) std::cout << answer_for(plan, folder).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace elbo::host

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: elbo plan FILE --json | starts FOLDER\n";
    return 2;
  }
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return elbo::host::starts(argv[1]);
}
