#include "worker/verbs.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <optional>

#include "base/digest.hpp"
#include "kernels/matrix_products.hpp"
#include "model/forward.hpp"
#include "train/step.hpp"
#include "worker/assemble.hpp"
#include "worker/process.hpp"

namespace elbo::host::worker {
using Json = nlohmann::ordered_json;
namespace {

constexpr int64_t data_points = 8;

// Weights as they begin, and enlarged ones: bounds of a plugin that nothing reaches at the start take effect there.
constexpr double enlargements[] = {1, 3, 3};

/// A digest of numbers. Zeros of either sign count as the same.
class Numbers {
 public:
  void add(const Tensor& t) {
    const Tensor values = (t.detach().to(at::kCPU, at::kDouble) + 0.0).contiguous();
    digest_.add(std::as_bytes(std::span(values.data_ptr<double>(), static_cast<size_t>(values.numel()))));
  }
  void add(const std::string& text) { digest_.add(std::as_bytes(std::span(text))); }
  /// What `f` gives; or, for what a plugin cannot give, nothing.
  template <class F>
  void add_if_possible(F&& f) {
    try {
      add(f());
    } catch (const std::exception&) {
      add(std::string("none"));
    }
  }
  std::string hex() { return digest_.hex(); }

 private:
  Md5 digest_;
};

Tensor first_ids(const BatchSource& source, Part part) {
  return at::arange(std::min(data_points, source.size(part)), at::TensorOptions(at::kLong));
}

void add_state(const Model& model, Numbers& numbers) {
  for (const auto& [name, t] : model.named_parameters()) {
    numbers.add(t);
    if (t.grad().defined()) numbers.add(t.grad());
  }
  for (const auto& [name, t] : model.named_buffers()) numbers.add(t);
}

/// What is reported of a model: on data that are only tested, and of its samples.
void add_results(Model& model, const BatchSource& source, Numbers& numbers) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Rng rng(0);
  const Batch batch = source.batch(Part::test, first_ids(source, Part::test), rng);
  Rng noise = rng.fork("posterior").for_data(batch.ids);
  const Pass pass = forward(model, batch, source.observation_model().scoring(), model.objective->sampling().samples,
                            noise, has_posterior(model) ? Latent::sample : Latent::mean);
  numbers.add(model.objective->tested(pass));
  numbers.add(pass.log_lik);
  if (pass.log_q.defined()) numbers.add(pass.kl_each());
  const Theta theta = decode(model, pass.z, batch.condition);
  numbers.add_if_possible([&] { return posterior_mean(model, *pass.posterior); });
  numbers.add_if_possible([&] { return model.likelihood->mean(theta); });
  numbers.add_if_possible([&] { return model.likelihood->sample(theta, noise); });
  if (pass.log_q.defined()) numbers.add_if_possible([&] { return model.prior->sample(data_points, noise); });
  model.set_training(true);
}

/// Two steps, at either end of what the epochs change, and what is reported after them.
void add_steps(const Run& run, Assembly& a, Numbers& numbers) {
  Optimizer optimizer(run.optimizer, a.model.named_parameters());
  const Tensor ids = first_ids(*a.source, Part::train);
  for (const double epoch : {0.0, static_cast<double>(run.train.max_epochs)}) {
    numbers.add(train_step(run, a.model, *a.source, optimizer, ids, Rng(0), epoch).value);
    add_state(a.model, numbers);
  }
  add_results(a.model, *a.source, numbers);
}

void enlarge_weights(const Model& model, double factor) {
  const at::NoGradGuard no_gradients;
  for (auto& [name, t] : model.named_parameters()) Tensor(t).mul_(factor);
}

std::string digest_of_steps(const Run& run) {
  Assembly a = assemble(run);
  Numbers numbers;
  add_state(a.model, numbers);
  bool is_first = true;
  for (const double factor : enlargements) {
    enlarge_weights(a.model, factor);
    try {
      add_steps(run, a, numbers);
    } catch (const Error& e) {
      if (is_first) throw;
      numbers.add(std::string(e.what()));  // numbers that overflow with enlarged weights
    }
    is_first = false;
  }
  return numbers.hex();
}

Json answer_for(const std::string& run) {
  try {
    return {{"digest", digest_of_steps(parse_run(run, "elbo-worker"))}};
  } catch (const std::exception& e) {
    return {{"fault", e.what()}};
  }
}

}  // namespace

int first_steps(const Words& runs) {
  at::set_num_threads(1);
  kernels::use_onednn_products();
  set_limits(TrainConfig());
  return answer_each(runs, 1, [](std::span<const std::string> run) { return answer_for(run[0]); });
}

}  // namespace elbo::host::worker
