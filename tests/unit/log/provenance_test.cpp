#include "log/provenance.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <regex>

namespace elbo::host::log {
namespace {

std::map<std::string, std::string> collected() {
  const auto all = provenance("1.2.3", "1.13.1", 7);
  const std::map<std::string, std::string> map(all.begin(), all.end());
  EXPECT_EQ(map.size(), all.size()) << "a name is there twice";
  return map;
}

TEST(Provenance, TellsWhatIsNeededToRepeatARun) {
  const auto all = collected();
  for (const char* name : {"command", "started_at", "seed", "elbo", "torch", "hdf5", "boost", "compiler", "cpu",
                           "cores", "host", "kernel"})
    EXPECT_TRUE(all.contains(name)) << name;
  EXPECT_EQ(all.at("elbo"), "1.2.3");
  EXPECT_EQ(all.at("torch"), "1.13.1");
  EXPECT_EQ(all.at("seed"), "7");
  EXPECT_NE(all.at("command").find("test_log"), std::string::npos) << all.at("command");
  EXPECT_TRUE(std::regex_match(all.at("hdf5"), std::regex("\\d+\\.\\d+\\.\\d+")));
  EXPECT_TRUE(std::regex_match(all.at("boost"), std::regex("1\\.\\d+(\\.\\d+)?")));
  EXPECT_NE(all.at("kernel").find("Linux"), std::string::npos);
}

TEST(Provenance, TheTimeIsUtc) {
  EXPECT_TRUE(std::regex_match(utc_now(), std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"))) << utc_now();
}

TEST(Provenance, VariablesThatChangeAResultAreKept) {
  setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  setenv("ELBO_SECRET", "no", 1);
  const auto all = collected();
  EXPECT_EQ(all.at("OPENBLAS_CORETYPE"), "Haswell");
  EXPECT_FALSE(all.contains("ELBO_SECRET"));
  unsetenv("OPENBLAS_CORETYPE");
}

}  // namespace
}  // namespace elbo::host::log
