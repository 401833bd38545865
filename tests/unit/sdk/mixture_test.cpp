// log_normal_mixture against tests/vectors/mixture.json, made by mixture.py beside it.
#include <elbo/distributions.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/twins.hpp"

namespace elbo {
namespace {

using nlohmann::json;

json mixtures() { return json::parse(std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/mixture.json")); }

std::vector<double> flat(const json& values) {
  std::vector<double> all;
  for (const json& v : values)
    for (const json& each : v.is_array() ? v : json::array({v})) all.push_back(each);
  return all;
}

struct Mixture {
  Tensor z, log_weights, mean, log_scale;

  Mixture(const json& row, at::ScalarType type) {
    const auto leaf = [type](const json& values) { return at::tensor(flat(values), at::kDouble).to(type); };
    const auto k = static_cast<int64_t>(row["mean"].size());
    z = leaf(row["z"]).view({1, 1, -1}).requires_grad_();
    log_weights = leaf(row["log_weights"]).requires_grad_();
    mean = leaf(row["mean"]).view({k, -1}).requires_grad_();
    log_scale = leaf(row["log_scale"]).view({k, -1}).requires_grad_();
  }
  Tensor value() const { return log_normal_mixture(z, log_weights, mean, log_scale); }
};

void expect_gradient(const Tensor& leaf, const json& expected, at::ScalarType type, const json& row) {
  const Tensor found = leaf.grad().flatten().to(at::kDouble), truth = at::tensor(flat(expected), at::kDouble);
  const double largest = type == at::kFloat ? 3e38 : 1e300, least = type == at::kFloat ? 1e-36 : 1e-290;
  for (int64_t i = 0; i < truth.size(0); ++i) {
    const double t = truth[i].item<double>();
    if (std::abs(t) < largest) {
      EXPECT_NEAR(found[i].item<double>(), t, (type == at::kFloat ? 1e-5 : 1e-9) * std::abs(t) + least) << row.dump();
    }
  }
}

TEST(Mixture, agrees_with_the_table_at_every_scale) {
  for (const bool fused : {true, false})
    for (const at::ScalarType type : {at::kDouble, at::kFloat})
      for (const json& row : mixtures()) {
        use_fused_kernels(fused);
        const Mixture m(row, type);
        const Tensor value = m.value();
        const double expected = row["value"];
        EXPECT_NEAR(value.item<double>(), expected,
                    (type == at::kFloat ? 2e-6 : 1e-12) * std::max(1., std::abs(expected)))
            << row.dump();
        value.sum().backward();
        expect_gradient(m.z, row["by_z"], type, row);
        expect_gradient(m.log_weights, row["by_log_weights"], type, row);
        expect_gradient(m.mean, row["by_mean"], type, row);
        expect_gradient(m.log_scale, row["by_log_scale"], type, row);
      }
  use_fused_kernels(true);
}

}  // namespace
}  // namespace elbo
