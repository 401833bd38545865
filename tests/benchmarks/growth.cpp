// elbo bench growth: how the cost of a training step grows with one size at a time, the others held.
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <memory>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/memory.hpp"
#include "benchmarks/stepper.hpp"

namespace elbo::host::bench {
namespace {

/// One size that is varied.
struct Axis {
  std::string name;
  std::vector<int64_t> values;  // growing
  std::function<void(Workload&, int64_t)> set;
};

std::vector<Axis> axes() {
  return {{"latent dimensions", {5, 20, 80, 320}, [](Workload& w, int64_t n) { w.latent_dim = n; }},
          {"hidden units", {125, 250, 500, 1000, 2000}, [](Workload& w, int64_t n) { w.encoder = w.decoder = {n}; }},
          {"hidden layers",
           {1, 2, 4, 8},
           [](Workload& w, int64_t n) { w.encoder = w.decoder = std::vector<int64_t>(static_cast<size_t>(n), 200); }},
          {"batch", {25, 100, 400, 1600}, [](Workload& w, int64_t n) { w.batch = n; }},
          {"samples", {1, 4, 16, 64}, [](Workload& w, int64_t n) { w.samples = n; }},
          {"training images", {5000, 20000, 80000}, [](Workload& w, int64_t n) { w.images = n; }}};
}

struct Point {
  const Axis* axis;
  int64_t value;
  std::unique_ptr<Stepper> stepper;
  std::string name() const { return axis->name + " " + std::to_string(value); }
};

std::vector<Point> points_of(const std::vector<Axis>& all, const std::string& filter) {
  std::vector<Point> points;
  std::string names;
  for (const Axis& axis : all) {
    names += (names.empty() ? "" : ", ") + axis.name;
    if (axis.name.find(filter) == std::string::npos) continue;
    for (const int64_t value : axis.values) {
      Workload workload = workloads().front();
      axis.set(workload, value);
      points.push_back({&axis, value, std::make_unique<Stepper>(workload)});
    }
  }
  if (points.empty())
    throw UserError("elbo bench growth: no size has '" + filter + "' in its name; there are: " + names);
  return points;
}

const std::vector<Shown> growth_columns = {{"size", "size", "", 0},
                                           {"value", "value", "number", 0},
                                           {"ms_per_step", "step", "ms", 2},
                                           {"growth", "time grows as size to the power", "number", 2},
                                           {"products_growth", "products alone", "number", 2},
                                           {"peak_mb", "memory", "MB", 1}};

/// p in time ~ size^p between two points.
double power(double time, double before, int64_t value, int64_t value_before) {
  return std::log(time / before) / std::log(static_cast<double>(value) / static_cast<double>(value_before));
}

}  // namespace

void growth(const Request& request) {
  const auto all = axes();
  const auto points = points_of(all, request.filter);
  std::vector<ProductsAlone> products;
  for (const Point& p : points) products.emplace_back(bench::products(p.stepper->workload));
  Measurements measurements;
  for (size_t i = 0; i < points.size(); ++i) {
    measurements.add(points[i].name(), [&points, i] { points[i].stepper->step(); });
    measurements.add(points[i].name() + " products", [&products, i] { products[i].run(); });
  }
  const auto times = measurements.run(request.settings);
  Json rows = Json::array();
  for (size_t i = 0; i < points.size(); ++i) {
    const Point& p = points[i];
    const auto seconds = [&](const Point& of, const char* which) { return times.at(of.name() + which).median; };
    Json row = {{"size", p.axis->name}, {"value", p.value}, {"ms_per_step", seconds(p, "") * 1e3}};
    if (i > 0 && points[i - 1].axis == p.axis) {
      const Point& before = points[i - 1];
      row["growth"] = power(seconds(p, ""), seconds(before, ""), p.value, before.value);
      row["products_growth"] = power(seconds(p, " products"), seconds(before, " products"), p.value, before.value);
    }
    row["peak_mb"] = static_cast<double>(memory_of([&] { p.stepper->step(); }).peak) / 1e6;
    rows.push_back(row);
  }
  write(request.format, Json::object(), conditions(request.unset), rows, growth_columns);
}

}  // namespace elbo::host::bench
