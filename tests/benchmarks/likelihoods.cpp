// elbo bench likelihoods: every likelihood that is found, beside its textbook form where there is one.
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/text.hpp"
#include "benchmarks/benchmarks.hpp"
#include "benchmarks/memory.hpp"
#include "benchmarks/textbook.hpp"
#include "conformance/likelihood/likelihood.hpp"
#include "plugins/registry.hpp"

namespace elbo::host::bench {
namespace {

constexpr int64_t batch = 100;
const Shape image = {784}, count_vector = {500};
constexpr double mean_count = 2;  // of a value, where the total is given
constexpr double level = 1. / 256;

/// log p(x) [1, batch] of given raw parameters.
using Density = std::function<Tensor(const Tensor& flat)>;

/// One likelihood on one batch, in one dtype.
struct Specimen {
  std::shared_ptr<Likelihood> likelihood;
  Tensor x, flat;  // [batch, X...], [1, batch, numel(params)]

  Theta theta(const Tensor& raw) const { return conformance::theta_of(*likelihood, raw); }
};

/// The same draw in both dtypes: data are rounded to float32 first, and stay off the ends 0 and 1.
Specimen specimen(const conformance::LikelihoodSubject& subject, at::ScalarType dtype) {
  const bool is_count = subject.support == Support::counts || subject.support == Support::simplex_counts;
  const Shape shape = is_count ? count_vector : image;
  Specimen s;
  s.likelihood = subject.make(shape);
  if (subject.support == Support::simplex_counts) {
    const Tensor x = full(Shape{8} + shape, mean_count).to(at::kDouble);
    s.likelihood->init_from(conformance::statistics_of(x, s.likelihood->context().observation));
  }
  s.flat = conformance::varied_raw(*s.likelihood, 1, batch, 1).to(at::kFloat).to(at::kDouble);
  Tensor x = conformance::data_for(*s.likelihood, s.flat, 1);
  if (subject.support == Support::unit_interval) x = x.clamp(0x1p-20, 1 - 0x1p-20);
  s.x = x.to(at::kFloat).to(dtype);
  s.flat = s.flat.to(dtype);
  s.likelihood->to_like(s.flat);
  return s;
}

void forward_and_backward(const Density& density, const Tensor& flat, const Likelihood& likelihood) {
  const Tensor raw = flat.detach().requires_grad_();
  density(raw).sum().backward();
  for (const auto& [name, t] : likelihood.named_parameters()) t.mutable_grad().reset();
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// One row to be: a density by two routes, ours and perhaps the textbook's.
struct LikelihoodCase {
  std::string name, form;  // "gaussian", "density" or "levels"
  Specimen single, in_double;
  Density ours, ours_in_double, naive, naive_in_double;

  std::string label() const { return name + " " + form; }
};

Density of_textbook(const Textbook& formula, const Specimen& s) {
  if (!formula) return {};
  return [&s, formula](const Tensor& raw) {
    const Theta theta = s.theta(raw);
    return formula(s.x, Parameters(*s.likelihood, theta));
  };
}

Density of_plugin(const Specimen& s) {
  return [&s](const Tensor& raw) { return s.likelihood->log_prob(s.x, s.theta(raw)); };
}

Density of_levels(const Specimen& s) {
  return [&s](const Tensor& raw) {
    const Tensor lo = (s.x.clamp(0, 1 - level) / level).floor() * level;
    return *s.likelihood->interval_log_prob(lo, lo + level, s.theta(raw));
  };
}

void add_cases(const plugins::FoundPlugin& found, std::vector<std::unique_ptr<LikelihoodCase>>& cases) {
  PluginChoice choice{.kind = found.kind, .name = found.name, .path = found.path};
  const auto subject = conformance::likelihood_subject(choice);
  const auto add = [&](const char* form, auto route, const Textbook& formula) {
    auto c = std::make_unique<LikelihoodCase>();
    c->name = found.name;
    c->form = form;
    c->single = specimen(subject, at::kFloat);
    c->in_double = specimen(subject, at::kDouble);
    c->ours = route(c->single);
    c->ours_in_double = route(c->in_double);
    c->naive = of_textbook(formula, c->single);
    c->naive_in_double = of_textbook(formula, c->in_double);
    cases.push_back(std::move(c));
  };
  const bool is_density = measure_of(subject.support) == Measure::lebesgue;
  add(is_density ? "density" : "mass", of_plugin, textbook(found.name));
  const LikelihoodCase& plain = *cases.back();
  const Tensor x = plain.single.x.narrow(0, 0, 1), raw = plain.single.flat.narrow(1, 0, 1);
  const auto& likelihood = *plain.single.likelihood;
  if (is_density && likelihood.interval_log_prob(x - level, x, conformance::theta_of(likelihood, raw)))
    add("levels", of_levels, {});
}

std::vector<std::unique_ptr<LikelihoodCase>> find_cases(const std::string& filter) {
  std::vector<std::unique_ptr<LikelihoodCase>> cases;
  std::vector<std::string> names;
  const plugins::Registry registry(plugin_folders());
  for (const plugins::FoundPlugin& found : registry.all()) {
    if (found.kind != "likelihood" || !found.fault.empty()) continue;
    if (std::find(names.begin(), names.end(), found.name) != names.end()) continue;  // the first folder's one counts
    names.push_back(found.name);
    if (found.name.find(filter) == std::string::npos) continue;
    try {
      add_cases(found, cases);
    } catch (const conformance::Failure& failure) {
      fmt::print(stderr, "likelihood:{}: is left out: {}\n", found.name, failure.sentence);
    } catch (const std::exception& e) {
      const std::string text = e.what();
      fmt::print(stderr, "likelihood:{}: is left out: {}\n", found.name, text.substr(0, text.find('\n')));
    }
  }
  if (cases.empty())
    throw UserError("elbo bench likelihoods: no likelihood has '" + filter +
                    "' in its name; there are: " + join(names));
  return cases;
}

void add_measurements(const LikelihoodCase& c, Measurements& measurements) {
  const auto add = [&](const std::string& side, const Density& density) {
    measurements.add(c.label() + " " + side + " forward", [&] {
      const at::NoGradGuard no_gradients;
      density(c.single.flat);
    });
    measurements.add(c.label() + " " + side + " both",
                     [&] { forward_and_backward(density, c.single.flat, *c.single.likelihood); });
  };
  add("ours", c.ours);
  if (c.naive) add("naive", c.naive);
}

/// Everything but times.
Json facts_of(const LikelihoodCase& c) {
  const at::NoGradGuard no_gradients;
  const int64_t dims = c.single.x.numel();
  Json row = {{"likelihood", c.name}, {"form", c.form}, {"shape", {batch, dims / batch}}};
  const Tensor exact = c.ours_in_double(c.in_double.flat);
  row["error_nats"] = largest_difference(c.ours(c.single.flat), exact);
  const at::AutoGradMode with_gradients(true);
  const auto bytes = [&](const Density& density) {
    const int64_t own = (c.single.x.numel() + 2 * c.single.flat.numel()) * 4;  // x, parameters and their gradient
    const Memory memory = memory_of([&] { forward_and_backward(density, c.single.flat, *c.single.likelihood); });
    return static_cast<double>(own + memory.allocated) / static_cast<double>(dims);
  };
  row["bytes_per_dim"] = bytes(c.ours);
  if (!c.naive) return row;
  const Tensor naive_exact = c.naive_in_double(c.in_double.flat).detach();
  row["naive_error_nats"] = largest_difference(c.naive(c.single.flat).detach(), naive_exact);
  row["naive_bytes_per_dim"] = bytes(c.naive);
  row["naive_differs_nats"] = largest_difference(naive_exact, exact);
  return row;
}

void add_times(const LikelihoodCase& c, const std::map<std::string, Timing>& times, Json& row) {
  const auto nanoseconds = [&](const std::string& what) {
    return times.at(c.label() + " " + what).median * 1e9 / static_cast<double>(c.single.x.numel());
  };
  row["forward_ns_per_dim"] = nanoseconds("ours forward");
  row["both_ns_per_dim"] = nanoseconds("ours both");
  if (!c.naive) return;
  row["naive_forward_ns_per_dim"] = nanoseconds("naive forward");
  row["naive_both_ns_per_dim"] = nanoseconds("naive both");
  row["speedup_over_naive"] = row["naive_both_ns_per_dim"].get<double>() / row["both_ns_per_dim"].get<double>();
}

const std::vector<Shown> likelihoods_columns = {{"likelihood", "likelihood", "", 0},
                                                {"form", "of", "", 0},
                                                {"forward_ns_per_dim", "forward", "ns/dim", 2},
                                                {"both_ns_per_dim", "and back", "ns/dim", 2},
                                                {"bytes_per_dim", "moved", "B/dim", 0},
                                                {"error_nats", "error", "nat", -1},
                                                {"naive_forward_ns_per_dim", "textbook", "ns/dim", 2},
                                                {"naive_both_ns_per_dim", "and back", "ns/dim", 2},
                                                {"naive_bytes_per_dim", "moved", "B/dim", 0},
                                                {"naive_error_nats", "error", "nat", -1},
                                                {"speedup_over_naive", "textbook / ours", "time", 2}};

}  // namespace

void likelihoods(const Request& request) {
  const auto cases = find_cases(request.filter);
  Measurements measurements;
  Json rows = Json::array();
  for (const auto& c : cases) {
    rows.push_back(facts_of(*c));
    add_measurements(*c, measurements);
  }
  const auto times = measurements.run(request.settings);
  for (size_t i = 0; i < cases.size(); ++i) add_times(*cases[i], times, rows[i]);
  write(request.format, Json::object(), conditions(request.unset), rows, likelihoods_columns);
}

}  // namespace elbo::host::bench
