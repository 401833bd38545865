// Every seed, and so every input that was ever found to be read wrongly, in the ordinary build.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.hpp"
#include "fuzz/targets.hpp"

namespace elbo::host::fuzz {
namespace {

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, EverySeedIsReadOrRefusedInWords) {
  size_t seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(ELBO_SEEDS) / GetParam().name)) {
    SCOPED_TRACE(entry.path().filename());
    const std::string content = read_file(entry.path());
    EXPECT_NO_THROW(GetParam().read(std::as_bytes(std::span(content))));
    ++seeds;
  }
  EXPECT_GT(seeds, 0u);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(targets()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace elbo::host::fuzz
