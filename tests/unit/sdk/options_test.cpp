// Options that several plugins share are members of their Config.
#include <elbo/options.hpp>

#include <gtest/gtest.h>

namespace elbo {
namespace {

struct Noise {
  double width = 1;
  int64_t steps = 3;

  static void describe(Options<Noise>& o) {
    o.add("width", &Noise::width, "how wide").range(0, 10);
    o.add("steps", &Noise::steps, "how many").only_with("width");
  }
};

struct Body {
  Noise noise;
  bool deep = false;

  static void describe(Options<Body>& o) {
    o.add("deep", &Body::deep, "more layers");
    o.include(&Body::noise);
  }
};

struct Choices {
  std::string name = "a";
  Body body = {.noise = {.width = 2}};

  static void describe(Options<Choices>& o) {
    o.add("name", &Choices::name, "of it");
    o.include(&Choices::body);
    o.at("deep").only_with("name", {"b"});
  }
};

struct Wider : Choices {
  Wider() { body.noise.steps = 7; }
  static void describe(Options<Wider>& o) {
    o.include(&Wider::body);
    o.add("name", &Wider::name, "of it");
  }
};

std::vector<std::string> names(const std::vector<Option>& options) {
  std::vector<std::string> all;
  for (const Option& option : options) all.push_back(option.name);
  return all;
}

TEST(Options, IncludesThoseOfMembersInTheirPlace) {
  const auto options = options_of<Choices>();
  EXPECT_EQ(names(options.list()), (std::vector<std::string>{"name", "deep", "width", "steps"}));
  EXPECT_EQ(std::get<double>(options.list()[2].fallback), 2) << "the own default of Choices";
  EXPECT_EQ(options.list()[2].max, 10);
  EXPECT_EQ(options.list()[3].needs.at(0).at(0).key, "width");
  EXPECT_EQ(options.list()[1].needs.at(0).at(0).key, "name");
}

TEST(Options, SetsAndReadsIncludedOnes) {
  const auto options = options_of<Choices>();
  const Choices c = options.config({{"width", 5.}, {"deep", true}});
  EXPECT_EQ(c.body.noise.width, 5);
  EXPECT_EQ(c.body.noise.steps, 3);
  EXPECT_TRUE(c.body.deep);
  const auto settings = options.settings(c);
  EXPECT_EQ(settings[2].name, "width");
  EXPECT_EQ(std::get<double>(settings[2].value), 5);
}

TEST(Options, IncludesMembersOfABase) {
  const auto options = options_of<Wider>();
  EXPECT_EQ(names(options.list()), (std::vector<std::string>{"deep", "width", "steps", "name"}));
  EXPECT_EQ(std::get<int64_t>(options.list()[2].fallback), 7);
  EXPECT_EQ(options.config({{"name", "z"}}).name, "z");
}

TEST(Options, IncludesSomeOfAGroup) {
  Options<Body> o;
  o.include(&Body::noise, [](Options<Noise>& n) { n.add("width", &Noise::width, "how wide"); });
  EXPECT_EQ(names(o.list()), (std::vector<std::string>{"width"}));
}

}  // namespace
}  // namespace elbo
