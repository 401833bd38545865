#include "experiment/check.hpp"

#include <gtest/gtest.h>

#include <elbo/error.hpp>

#include "base/value_json.hpp"
#include "experiment/parse.hpp"

namespace elbo::host::experiment {
namespace {

struct Sample {
  bool flag = true;
  int64_t count = 3;
  double rate = 0.5;
  std::string kind = "plain";
  std::vector<int64_t> sizes = {500};
  std::vector<double> weights;
  std::vector<std::string> words;

  static void describe(Options<Sample>& o) {
    o.add("flag", &Sample::flag, "on or off");
    o.add("count", &Sample::count, "how many").range(1, 10);
    o.add("rate", &Sample::rate, "how fast").range(0, 1);
    o.add("kind", &Sample::kind, "which").one_of({"plain", "fancy"});
    o.add("sizes", &Sample::sizes, "layer by layer").range(1, 4096);
    o.add("weights", &Sample::weights, "of the parts");
    o.add("words", &Sample::words, "in order");
  }
};

Sample sample_of(const std::string& text) {
  Faults faults;
  const auto sample = read_config<Sample>(parse(text, "f.toml"), "sample", faults);
  faults.raise();
  return sample;
}

std::string fault_of_sample(const std::string& text) {
  try {
    sample_of(text);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Check, FillsInDefaults) {
  const Sample sample = sample_of("");
  EXPECT_EQ(sample.count, 3);
  EXPECT_EQ(sample.sizes, std::vector<int64_t>{500});
}

TEST(Check, ReadsEveryType) {
  const Sample sample = sample_of(R"(
flag = false
count = 10
rate = 0.25
kind = "fancy"
sizes = [200, 100]
weights = [1, 0.5]
words = ["a", "b"])");
  EXPECT_FALSE(sample.flag);
  EXPECT_EQ(sample.count, 10);
  EXPECT_EQ(sample.rate, 0.25);
  EXPECT_EQ(sample.kind, "fancy");
  EXPECT_EQ(sample.sizes, (std::vector<int64_t>{200, 100}));
  EXPECT_EQ(sample.weights, (std::vector<double>{1.0, 0.5}));
  EXPECT_EQ(sample.words, (std::vector<std::string>{"a", "b"}));
}

TEST(Check, TakesAnIntegerForANumberButNotTheOtherWay) {
  EXPECT_EQ(sample_of("rate = 1").rate, 1.0);
  EXPECT_EQ(fault_of_sample("count = 2.0"),
            "f.toml:1:9: sample.count is 2.0, a number; expected an integer from 1 to 10 (how many)");
  EXPECT_EQ(
      fault_of_sample("sizes = [2, 2.5]"),
      "f.toml:1:9: sample.sizes is [2, 2.5], a list; expected a list of integers from 1 to 4096 (layer by layer)");
}

TEST(Check, RefusesOtherTypes) {
  EXPECT_EQ(fault_of_sample("flag = 1"),
            "f.toml:1:8: sample.flag is 1, an integer; expected true or false (on or off)");
  EXPECT_EQ(fault_of_sample("rate = \"high\""),
            "f.toml:1:8: sample.rate is \"high\", a string; expected a number from 0 to 1 (how fast)");
  EXPECT_EQ(fault_of_sample("sizes = 500"),
            "f.toml:1:9: sample.sizes is 500, an integer; expected a list of integers from 1 to 4096 (layer by layer)");
}

TEST(Check, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(fault_of_sample("\n  count = 0"),
            "f.toml:2:11: sample.count is 0; expected an integer from 1 to 10 (how many)");
  EXPECT_EQ(fault_of_sample("rate = 1.5"), "f.toml:1:8: sample.rate is 1.5; expected a number from 0 to 1 (how fast)");
  EXPECT_EQ(fault_of_sample("sizes = [500, 0]"),
            "f.toml:1:9: sample.sizes is [500, 0]; expected a list of integers from 1 to 4096 (layer by layer)");
}

TEST(Check, RefusesNumbersThatAreNotFinite) {
  EXPECT_EQ(fault_of_sample("rate = nan"), "f.toml:1:8: sample.rate is nan; expected a number from 0 to 1 (how fast)");
  EXPECT_EQ(fault_of_sample("weights = [1.0, inf]"),
            "f.toml:1:11: sample.weights is [1.0, inf]; expected a list of numbers (of the parts)");
}

TEST(Check, RefusesWhatIsNoChoice) {
  EXPECT_EQ(fault_of_sample("kind = \"fancier\""),
            "f.toml:1:8: sample.kind is \"fancier\"; expected one of \"plain\", \"fancy\"");
}

TEST(Check, NamesTheNearestKeyOrAllOfThem) {
  EXPECT_EQ(fault_of_sample("coumt = 3"), "f.toml:1:1: unknown key 'coumt' in [sample]; did you mean 'count'?");
  EXPECT_EQ(
      fault_of_sample("temperature = 3"),
      "f.toml:1:1: unknown key 'temperature' in [sample]; there are: flag, count, rate, kind, sizes, weights, words");
}

struct Dependent {
  std::string kind = "plain";
  double rate = 0.5;

  static void describe(Options<Dependent>& o) {
    o.add("kind", &Dependent::kind, "which").one_of({"plain", "fancy", "odd"});
    o.add("rate", &Dependent::rate, "how fast").default_with("kind", {std::string("fancy"), std::string("odd")}, 0.25);
  }
};

TEST(Check, ADefaultMayDependOnAnotherOption) {
  const auto rate = [](const std::string& text) {
    Faults faults;
    const double found = read_config<Dependent>(parse(text, "f.toml"), "sample", faults).rate;
    faults.raise();
    return found;
  };
  EXPECT_EQ(rate(""), 0.5);
  EXPECT_EQ(rate("kind = \"fancy\""), 0.25);
  EXPECT_EQ(rate("kind = \"odd\""), 0.25);
  EXPECT_EQ(rate("kind = \"fancy\"\nrate = 0.5"), 0.5) << "what the file says counts";
  const Option declared = options_of<Dependent>().list()[1];
  EXPECT_EQ(default_text(declared, "`"), "`0.5`, `0.25` with `kind` = `\"fancy\"` or `\"odd\"`");
  EXPECT_EQ(default_text(option_from_json(to_json(declared))), default_text(declared)) << "programs read it as JSON";
}

TEST(Check, WritesRanges) {
  const auto options = options_of<Sample>().list();
  EXPECT_EQ(range_text(options[1]), "from 1 to 10");
  EXPECT_EQ(range_text(options[0]), "");
  EXPECT_EQ(range_text({.name = "x", .doc = "", .fallback = 1.0, .min = 0.5}), "of at least 0.5");
}

}  // namespace
}  // namespace elbo::host::experiment
