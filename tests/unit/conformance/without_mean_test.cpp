// A composite of which one part has no mean, such as Cauchy's distribution, has none itself and says so before it is asked.
#include <gtest/gtest.h>

#include <filesystem>

#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

PluginChoice likelihood(const std::string& folder, const std::string& name) {
  const auto path = std::filesystem::path(ELBO_BUILD_DIR + folder) / "likelihood" / (name + ".so");
  return {.kind = "likelihood", .name = name, .path = path, .sha256 = "", .settings = {}};
}

bool has_mean(const PluginChoice& of_b) {
  const std::string shipped = "/lib/elbo/plugins";
  PluginChoice composite = likelihood(shipped, "composite");
  composite.parts = {{"a", {"a"}, likelihood(shipped, "gaussian")}, {"b", {"b"}, of_b}};
  Context context;
  context.observation = {.shape = {2}, .support = Support::mixed, .levels = 0, .columns = {{"a"}, {"b"}}};
  return plugins::make_plugin<Likelihood>(composite, context)->has_mean();
}

TEST(WithoutMean, ACompositeHasOneWhereEveryPartDoes) {
  EXPECT_TRUE(has_mean(likelihood("/lib/elbo/plugins", "laplace")));
  EXPECT_FALSE(has_mean(likelihood("/tests/third_party/plugins", "my_cauchy")));
}

}  // namespace
}  // namespace elbo::host::conformance
