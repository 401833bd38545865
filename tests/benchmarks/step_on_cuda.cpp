// elbo bench step --device cuda: a recorded and replayed step against the same step operation by operation, against the same
// model in plain libtorch on the same device, and against its matrix products alone.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/eager.hpp"
#include "benchmarks/stepper.hpp"
#include "kernels/cuda_graph.hpp"
#include "kernels/device.hpp"
#include "kernels/precision.hpp"
#include "train/cuda_graph_step.hpp"

namespace elbo::host::bench {
namespace {

constexpr int steps_at_a_time = 50, warm_up = 10;

/// The step's matrix products one after the other, on memory of their own.
class ProductsOnCuda {
 public:
  ProductsOnCuda(const Workload& w, const Tensor& like) : precision_(w.precision) {
    for (const Product& p : products(w)) {
      const auto some = [&](int64_t rows, int64_t columns, bool transposed) {
        return transposed ? elbo::full({columns, rows}, 0.5, like).t() : elbo::full({rows, columns}, 0.5, like);
      };
      operands_.emplace_back(some(p.m, p.k, p.left_transposed), some(p.k, p.n, p.right_transposed));
    }
  }
  void run() const {
    const kernels::Precision precision(precision_);
    for (const auto& [a, b] : operands_) a.mm(b);
  }
  bool none() const { return operands_.empty(); }

 private:
  std::string precision_;
  std::vector<std::pair<Tensor, Tensor>> operands_;
};

struct CudaCase {
  Stepper ours, plain;
  Eager eager;
  ProductsOnCuda products;
  CudaGraphStep captured;

  CudaCase(const Workload& w, const at::Device& device)
      : ours(w, device),
        plain(w, device),
        eager(w, device),
        products(w, ours.ours.source->like()),
        captured(ours.ours.run, ours.ours.model, *ours.ours.source, ours.optimizer, kernels::captured_on_cuda) {}

  void replayed_step() {
    const Tensor rows = ours.ids();
    captured.step(rows, ours.rng(), 0);
  }
};

/// Milliseconds of the device for one call, the median of so many measurements.
double median_on_cuda(const Settings& settings, const std::function<void()>& once) {
  const auto some = [&](int count) {
    return [&once, count] {
      for (int i = 0; i < count; ++i) once();
    };
  };
  some(warm_up)();
  std::vector<double> times;
  for (int64_t i = 0; i < settings.repetitions; ++i)
    times.push_back(kernels::cuda_milliseconds(some(steps_at_a_time)) / steps_at_a_time);
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

Json cuda_row(const Workload& w, const at::Device& device, const Settings& settings) {
  CudaCase c(w, device);
  const double ours = median_on_cuda(settings, [&] { c.replayed_step(); }),
               plain = median_on_cuda(settings, [&] { c.plain.step(); });
  const double eager = median_on_cuda(settings, [&] { c.eager.step(c.plain.ids()); });
  Json row = {{"case", w.name + " " + w.precision},
              {"ms_per_step", ours},
              {"images_per_second", static_cast<double>(w.batch) * 1e3 / ours},
              {"not_replayed_ms", plain},
              {"eager_ms", eager},
              {"speedup_over_eager", eager / ours},
              {"remark", c.captured.take_remark()}};
  if (!c.products.none()) {
    row["gemm_ms"] = median_on_cuda(settings, [&] { c.products.run(); });
    row["percent_gemm"] = 100 * row["gemm_ms"].get<double>() / ours;
  }
  return row;
}

const std::vector<Shown> cuda_columns = {{"case", "case", "", 0},
                                         {"ms_per_step", "step", "ms", 3},
                                         {"images_per_second", "images", "1/s", 0},
                                         {"not_replayed_ms", "not replayed", "ms", 3},
                                         {"eager_ms", "plain libtorch", "ms", 3},
                                         {"speedup_over_eager", "plain libtorch / step", "time", 2},
                                         {"gemm_ms", "products", "ms", 3},
                                         {"percent_gemm", "products / step", "%", 0}};

}  // namespace

void step_on_cuda(const Request& request) {
  const at::Device device = kernels::device_of("cuda");
  kernels::use_own_cuda_stream();
  kernels::prepare_precision("bf16", device);
  Json rows = Json::array();
  for (Workload w : workloads()) {
    if (w.name.find(request.filter) == std::string::npos || w.name.ends_with("bf16") || w.name.ends_with("bright"))
      continue;
    for (const char* precision : {"float32", "tf32", "bf16"}) {
      w.precision = precision;
      rows.push_back(cuda_row(w, device, request.settings));
    }
  }
  if (rows.empty()) throw UserError("elbo bench step: no case has '" + request.filter + "' in its name");
  Json where = conditions(request.unset);
  where["device"] = kernels::in_words(device);
  write(request.format, rows[0], where, rows, cuda_columns);
}

}  // namespace elbo::host::bench
