#include "benchmarks/workload.hpp"

#include <dnnl.h>

#include "base/paths.hpp"
#include "kernels/bf16_products.hpp"
#include "model/load_plugin.hpp"
#include "plugins/registry.hpp"

namespace elbo::host::bench {
namespace {

template <class Kind>
std::shared_ptr<Kind> plugin(const std::string& kind, const std::string& name, const std::vector<Setting>& settings,
                             const Context& context) {
  plugins::Registry registry(plugin_folders());
  const plugins::FoundPlugin& found = registry.find(kind, name);
  return plugins::make_plugin<Kind>({kind, name, found.path, "", settings}, context);
}

bool is_density(const Workload& w) {
  return w.likelihood == "gaussian" || w.likelihood == "laplace" || w.likelihood == "continuous_bernoulli";
}

/// What the workload's likelihood is of.
Support support_of(const Workload& w) {
  if (w.observe == "binary") return Support::binary;
  if (w.observe == "counts") return Support::counts;
  if (w.likelihood == "continuous_bernoulli") return Support::unit_interval;
  return is_density(w) ? Support::real : Support::levels;
}

void add_layer(int64_t rows, int64_t in, int64_t out, bool gradient_of_input, std::vector<Product>& all) {
  all.push_back({rows, in, out, false, true});                          // y = x W^T
  if (gradient_of_input) all.push_back({rows, out, in, false, false});  // dx = dy W
  all.push_back({out, rows, in, true, false});                          // dW = dy^T x
}

}  // namespace

std::vector<Workload> workloads() {
  const auto mlp = [](int64_t batch) {
    return Workload{"mlp batch " + std::to_string(batch), {500}, {500}, 20, batch, 1};
  };
  std::vector<Workload> all = {
      mlp(100), mlp(20), mlp(500), {"iwae k 50 batch 20", {200, 200}, {200, 200}, 50, 20, 50, "iwae"}};
  all.push_back(mlp(100));
  all.back().name += " bright";
  all.back().black = 0;
  for (const Shape& shape : {Shape{1, 28, 28}, Shape{3, 32, 32}}) {
    all.push_back({"conv " + std::to_string(shape[1]) + "x" + std::to_string(shape[2]) + "x" + std::to_string(shape[0]),
                   {256},
                   {256},
                   20,
                   100,
                   1});
    all.back().shape = shape;
    all.back().channels = {32, 64};
    all.back().images = 5000;
  }
  if (!kernels::has_bf16_products()) return all;
  for (const int64_t batch : {100, 500}) {
    all.push_back(mlp(batch));
    all.back().name += " bf16";
    all.back().precision = "bf16";
  }
  return all;
}

std::vector<Workload> workloads_of_likelihoods() {
  std::vector<Workload> all;
  struct Scored {
    std::string likelihood, observe;
    int64_t levels, parameters;
  };
  for (const auto& [likelihood, observe, levels, parameters] :
       {Scored{"gaussian", "levels", 256, 1}, Scored{"laplace", "levels", 256, 1},
        Scored{"continuous_bernoulli", "levels", 256, 1}, Scored{"discretized_logistic", "levels", 256, 2},
        Scored{"discretized_logistic_mixture", "levels", 256, 15}, Scored{"categorical", "levels", 16, 16},
        Scored{"negative_binomial", "counts", 16, 1}, Scored{"zero_inflated_negative_binomial", "counts", 16, 2}}) {
    Workload w = workloads().front();
    w.name = "mlp " + likelihood;
    w.likelihood = likelihood, w.observe = observe, w.levels = levels, w.parameters = parameters;
    w.black = 0.5;
    all.push_back(std::move(w));
  }
  return all;
}

std::unique_ptr<data::Dataset> made_images(const Workload& w) {
  auto made = std::make_unique<data::Dataset>();
  data::Dataset& dataset = *made;
  dataset.name = "benchmark";
  dataset.shape = w.shape;
  dataset.support = w.observe == "counts" ? Support::counts : Support::levels;
  dataset.levels = w.observe == "counts" ? 0 : w.levels;
  uint32_t state = 1;
  const auto split = [&](int64_t n) {
    std::vector<uint8_t> values(static_cast<size_t>(n * w.values()));
    for (uint8_t& value : values) {
      state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
      value = state < (1 - w.black) * 0x1p32 ? static_cast<uint8_t>((state >> 16 & 255) * w.levels / 256) : 0;
    }
    return data::Split{.x = {.shape = {n, w.shape[0], w.shape[1], w.shape[2]}, .values = std::move(values)},
                       .labels = {},
                       .exact_log_px = {}};
  };
  dataset.train = split(w.images);
  dataset.test = split(w.test_images);
  return made;
}

Assembled assemble(const Workload& w) { return assemble(w, made_images(w)); }

Assembled assemble(const Workload& w, std::unique_ptr<data::Dataset> dataset) {
  Assembled a;
  a.run.train.batch_size = w.batch;
  a.run.train.precision = w.precision;
  a.run.data.observe = w.observe;
  a.dataset = std::move(dataset);
  const auto observed = observation::observation_model({a.dataset->shape, a.dataset->support, a.dataset->levels},
                                                       support_of(w), is_density(w), a.run.data, w.likelihood);
  a.source = std::make_unique<BatchSource>(*a.dataset, observed);
  Context context{.observation = observed.observation, .latent_dim = w.latent_dim, .decoder_output = {}, .rng = Rng(1)};
  a.model.latent_dim = w.latent_dim;
  a.model.likelihood = plugin<Likelihood>("likelihood", w.likelihood, {}, context);
  if (numel(a.model.likelihood->params()) != w.outputs())
    throw Error("elbo bench: likelihood " + w.likelihood + " has other than " + std::to_string(w.parameters) +
                " parameters for each value");
  context.decoder_output = a.model.likelihood->params();
  const bool conv = !w.channels.empty();
  const auto settings = [&](const std::vector<int64_t>& hidden) {
    std::vector<Setting> all = {{"hidden", hidden}};
    if (conv) all.insert(all.end(), {{"channels", w.channels}, {"activation", std::string("relu")}});
    return all;
  };
  a.model.encoder = plugin<Encoder>("encoder", conv ? "conv" : "mlp", settings(w.encoder), context);
  a.model.decoder = plugin<Decoder>("decoder", conv ? "conv" : "mlp", settings(w.decoder), context);
  a.model.prior = plugin<Prior>("prior", "standard_normal", {}, context);
  a.model.objective = plugin<Objective>("objective", w.bound, {{"samples", w.samples}}, context);
  return a;
}

std::vector<Product> products(const Workload& w) {
  std::vector<Product> all;
  if (!w.channels.empty()) return all;
  int64_t in = w.values();
  for (const int64_t out : w.encoder) {
    add_layer(w.batch, in, out, in != w.values(), all);
    in = out;
  }
  for (int head = 0; head < 2; ++head) add_layer(w.batch, in, w.latent_dim, true, all);  // mean and log scale
  in = w.latent_dim;
  for (const int64_t out : w.decoder) {
    add_layer(w.batch * w.samples, in, out, true, all);
    in = out;
  }
  add_layer(w.batch * w.samples, in, w.outputs(), true, all);
  return all;
}

std::vector<Product> decoding(const Workload& w, int64_t rows) {
  std::vector<Product> all;
  int64_t in = w.latent_dim;
  for (const int64_t out : w.decoder) {
    all.push_back({rows, in, out, false, true});
    in = out;
  }
  all.push_back({rows, in, w.outputs(), false, true});
  return all;
}

ProductsAlone::ProductsAlone(const std::vector<Product>& products) {
  const auto some = [](int64_t n) { return std::vector<float>(static_cast<size_t>(n), 0.5f); };
  for (const Product& p : products) operands_.push_back({p, some(p.m * p.k), some(p.k * p.n), some(p.m * p.n)});
}

void ProductsAlone::run() {
  for (Operands& o : operands_) {
    const Product& p = o.shape;
    dnnl_sgemm(p.left_transposed ? 'T' : 'N', p.right_transposed ? 'T' : 'N', p.m, p.n, p.k, 1, o.a.data(),
               p.left_transposed ? p.m : p.k, o.b.data(), p.right_transposed ? p.k : p.n, 0, o.c.data(), p.n);
  }
}

}  // namespace elbo::host::bench
