// Every seed, and so every input that was ever found to be read wrongly, in the ordinary build: as it is, and with bytes changed.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include "base/files.hpp"
#include "fuzz/targets.hpp"

namespace elbo::host::fuzz {
namespace {

class Replay : public testing::TestWithParam<Target> {
 protected:
  static std::map<std::string, std::string> seeds() {
    std::map<std::string, std::string> contents;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(ELBO_SEEDS) / GetParam().seeds()))
      contents[entry.path().filename()] = read_file(entry.path());
    return contents;
  }
};

TEST_P(Replay, EverySeedIsReadOrRefusedInWords) {
  for (const auto& [name, content] : seeds()) {
    SCOPED_TRACE(name);
    EXPECT_NO_THROW(GetParam().read(std::as_bytes(std::span(content))));
  }
  EXPECT_FALSE(seeds().empty());
}

// The same changes in every run, others with --gtest_shuffle --gtest_random_seed=N; where headers are, most of them.
TEST_P(Replay, ChangedBytesAreReadOrRefusedInWords) {
  std::mt19937_64 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (const auto& [name, content] : seeds())
    for (int change = 0; change < 40; ++change) {
      std::string changed = content;
      const size_t end = change % 2 ? changed.size() : std::min<size_t>(changed.size(), 2048);
      for (size_t i = 0, bytes = 1 + below(8); i < bytes && end > 0; ++i)
        changed[below(end)] = static_cast<char>(below(256));
      if (change % 10 == 9) changed.resize(below(changed.size() + 1));
      SCOPED_TRACE(fmt::format("{}, change {}", name, change));
      EXPECT_NO_THROW(GetParam().read(std::as_bytes(std::span(changed))));
    }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(targets()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace elbo::host::fuzz
