#include "experiment/declaration.hpp"

#include <gtest/gtest.h>

namespace elbo::host::experiment {
namespace {

struct Declared {
  double rate = 0.5;
  std::string kind = "plain";
  std::vector<int64_t> sizes = {500, 0};
  double any = std::numeric_limits<double>::infinity();
};

/// What is said of the option that `declare` adds beside a sound one.
template <class Declare>
std::string fault(Declare declare) {
  Options<Declared> o;
  o.add("kind", &Declared::kind, "which").one_of({"plain", "fancy"});
  declare(o);
  return declaration_fault(o.list());
}

TEST(Declaration, SoundOnesHaveNoFault) {
  EXPECT_EQ(fault([](auto& o) { o.add("learning-Rate_2", &Declared::rate, "how fast").range(0.5, 0.5); }), "");
  EXPECT_EQ(fault([](auto& o) { o.add("any", &Declared::any, "no bound"); }), "");
}

TEST(Declaration, NamesAreKeysAndDiffer) {
  EXPECT_EQ(fault([](auto& o) { o.add("kind", &Declared::rate, "again"); }),
            "its option 'kind' is declared twice; give each option a name of its own");
  for (const std::string name : {"", "learning rate", "a.b", "\xc3\x9f"})
    EXPECT_EQ(fault([&](auto& o) { o.add(name, &Declared::rate, "how fast"); }),
              "its option '" + name + "' has a name that is no key of a TOML table; expected letters, digits, _ and -");
  EXPECT_EQ(fault([](auto& o) { o.add("path", &Declared::kind, "a file"); }),
            "its option 'path' has the name of a key that every plugin's section has; choose another");
}

TEST(Declaration, NeedsAreOfOptionsAboveAndOfTheirValues) {
  EXPECT_EQ(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with("kind", {"fancy"}); }), "");
  EXPECT_EQ(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with("kind"); }), "");
  EXPECT_EQ(
      fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").not_with("objective.plugin", {"autoencoder"}); }),
      "");
  EXPECT_EQ(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").below("latent_dim"); }), "");
  for (const std::string key : {"objective.plug", "trains.threads", "objective."})
    EXPECT_NE(fault([&](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with(key); }), "") << key;
  EXPECT_NE(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with("train.precision", {"auto"}); }),
            "");
  const std::string unknown =
      fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with("knid", {"fancy"}); });
  EXPECT_TRUE(unknown.starts_with("its option 'rate' depends on 'knid'")) << unknown;
  const std::string itself = fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").at_most("rate"); });
  EXPECT_TRUE(itself.starts_with("its option 'rate' depends on 'rate'")) << itself;
  for (const Value& value : {Value(std::string("fancier")), Value(true), Value(int64_t{1})}) {
    const std::string found =
        fault([&](auto& o) { o.add("rate", &Declared::rate, "how fast").only_with("kind", {value}); });
    EXPECT_TRUE(found.starts_with("its option 'rate' depends on kind = ")) << found;
  }
}

TEST(Declaration, DefaultsDependOnOptionsAboveAndAreAllowed) {
  const auto with = [](const std::string& key, const Value& value, const Value& fallback) {
    return fault(
        [&](auto& o) { o.add("rate", &Declared::rate, "how fast").range(0, 1).default_with(key, {value}, fallback); });
  };
  EXPECT_EQ(with("kind", std::string("fancy"), 0.25), "");
  EXPECT_TRUE(with("kind", std::string("fancier"), 0.25).starts_with("its option 'rate' depends on kind = "));
  EXPECT_TRUE(
      with("knid", std::string("fancy"), 0.25).starts_with("its option 'rate' has a default that depends on 'knid'"));
  EXPECT_TRUE(with("kind", std::string("fancy"), 2.)
                  .starts_with("its option 'rate' has the default 2.0 with some values of kind"));
  EXPECT_TRUE(with("kind", std::string("fancy"), int64_t{1})
                  .starts_with("its option 'rate' has the default 1 with some values of kind"));
}

TEST(Declaration, ADefaultIsAmongWhatIsAllowed) {
  EXPECT_EQ(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").range(1, 5); }),
            "its option 'rate' has the default 0.5; expected a number from 1 to 5; correct the default or the range");
  EXPECT_EQ(fault([](auto& o) { o.add("sizes", &Declared::sizes, "layers").range(1, 1e6); }),
            "its option 'sizes' has the default [500, 0]; expected a number from 1 to 1000000; "
            "correct the default or the range");
  EXPECT_EQ(fault([](auto& o) { o.add("sort", &Declared::kind, "which").one_of({"red", "blue"}); }),
            "its option 'sort' has the default \"plain\"; expected one of \"red\", \"blue\"; correct the default or "
            "the choices");
  EXPECT_EQ(fault([](auto& o) { o.add("rate", &Declared::rate, "how fast").range(1, 0); }),
            "its option 'rate' has a range from 1 to 0; expected the smaller number first");
}

}  // namespace
}  // namespace elbo::host::experiment
