#include "experiment/applicability.hpp"

#include <gtest/gtest.h>

#include <elbo/error.hpp>

#include "experiment/experiment.hpp"

namespace elbo::host::experiment {
namespace {

struct Brush {
  std::string kind = "round";
  double width = 1;
  std::string tip = "soft";
  double angle = 30;
  std::vector<std::string> layers;
  int64_t coats = 0;
  int64_t dry_hours = 0;

  static void describe(Options<Brush>& o) {
    o.add("kind", &Brush::kind, "its shape").one_of({"round", "flat", "none"});
    o.add("width", &Brush::width, "how wide").not_with("kind", {"none"});
    o.add("tip", &Brush::tip, "its end").one_of({"soft", "cut"}).only_with("kind", {"flat"});
    o.add("angle", &Brush::angle, "of a cut").only_with("tip", {"cut"});
    o.add("layers", &Brush::layers, "which").one_of({"base", "top", "gloss"});
    o.add("coats", &Brush::coats, "how often").only_with("layers", {"base", "top"}).or_with("kind", {"flat"});
    o.add("dry_hours", &Brush::dry_hours, "between coats").only_with("coats").at_most("coats");
  }
};

struct Checked {
  std::string faults;
  Brush brush;
  std::vector<std::string> with_effect;
};

/// The section as the first variant of this file has it.
Checked checked(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const Experiment experiment = read_text(text, "exp.toml", overrides);
  const Table& all = experiment.variants.at(0).settings;
  const Node* node = all.find("log");
  Faults faults;
  const auto options = options_of<Brush>();
  std::vector<Section> sections = {{"log", options.list(), {}, node ? std::get<Table>(node->value) : Table()}};
  sections[0].settings = read_options(sections[0].table, "log", options.list(), {}, faults);
  check_effects(sections, faults);
  Checked found{"", options.config(sections[0].settings), {}};
  for (const Setting& setting : with_effect(sections[0], sections)) found.with_effect.push_back(setting.name);
  try {
    faults.raise();
  } catch (const UserError& e) {
    found.faults = e.what();
  }
  return found;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Applicability, ASettingWithoutEffectIsFoundAtItsPlaceWithTheKeyThatWouldGiveItOne) {
  const std::string found = checked("log = { tip = \"cut\" }").faults;
  EXPECT_TRUE(found.starts_with("exp.toml:1:15: log.tip is \"cut\"")) << found;
  EXPECT_TRUE(has(found, "only with log.kind = \"flat\"")) << found;
  EXPECT_TRUE(has(found, "that is \"round\"")) << found;
  EXPECT_TRUE(has(found, "set log.kind or leave log.tip out")) << found;
}

TEST(Applicability, ASettingWithEffectIsNone) {
  EXPECT_EQ(checked("log = { kind = \"flat\", tip = \"cut\", angle = 3, coats = 2, dry_hours = 2 }").faults, "");
  EXPECT_EQ(checked("log = { layers = [\"gloss\", \"top\"], coats = 2 }").faults, "");  // one of a list
}

TEST(Applicability, WhatNeedsASettingWithoutEffectHasNone) {
  const std::string found = checked("log = { tip = \"cut\", angle = 3 }").faults;
  EXPECT_TRUE(has(found, "log.angle is 3, which has an effect only with log.kind = \"flat\"")) << found;
}

TEST(Applicability, NeedsThatExcludeAValue) {
  const std::string found = checked("log = { kind = \"none\", width = 2 }").faults;
  EXPECT_TRUE(has(found, "log.width is 2, which has no effect with log.kind = \"none\"")) << found;
  EXPECT_EQ(checked("log = { width = 2 }").faults, "");
}

TEST(Applicability, OneOfSeveralNeedsSuffices) {
  const std::string found = checked("log = { layers = [\"gloss\"], coats = 2 }").faults;
  EXPECT_TRUE(has(found, "log.layers = \"base\" or \"top\" or with log.kind = \"flat\"")) << found;
  EXPECT_EQ(checked("log = { kind = \"flat\", coats = 2 }").faults, "");
}

TEST(Applicability, WhatIsSwitchedOffAsByDefaultNeedsNothing) {
  EXPECT_EQ(checked("log = { coats = 0, dry_hours = 0 }").faults, "");
  EXPECT_TRUE(has(checked("log = { angle = 30 }").faults, "log.angle")) << "the default, but as if it did something";
}

TEST(Applicability, NumbersBeyondALimitAreFound) {
  const std::string found = checked("log = { kind = \"flat\", coats = 2, dry_hours = 3 }").faults;
  EXPECT_TRUE(has(found, "log.dry_hours is 3; expected at most log.coats, which is 2")) << found;
  EXPECT_EQ(checked("log = { kind = \"flat\", coats = 4, dry_hours = 3 }", {"log.coats=2"}).faults, "")
      << "a later layer lowers the limit";
}

TEST(Applicability, WhatBelongedToAReplacedChoiceIsDropped) {
  const Checked variant =
      checked("log = { kind = \"flat\", tip = \"cut\", angle = 3 }\n[[variant]]\nname = \"a\"\nlog.kind = \"round\"");
  EXPECT_EQ(variant.faults, "");
  EXPECT_EQ(variant.brush.tip, "soft");
  EXPECT_EQ(variant.brush.angle, 30);
  const Checked set = checked("log = { kind = \"flat\", tip = \"cut\" }", {"log.kind=round"});
  EXPECT_EQ(set.faults, "");
  EXPECT_EQ(set.brush.tip, "soft");
}

TEST(Applicability, WhatIsGivenWithOrAfterTheChoiceIsNot) {
  for (const char* text : {"log = { tip = \"cut\" }\n[[variant]]\nname = \"a\"\nlatent_dim = 3",
                           "log.kind = \"flat\"\n[[variant]]\nname = \"a\"\nlog = { kind = \"round\", tip = \"cut\" }",
                           "log.kind = \"round\"\n[[variant]]\nname = \"a\"\nlog = { tip = \"cut\" }",
                           "[[variant]]\nname = \"a\"\nlog.kind = \"round\"\n[sweep]\n\"log.tip\" = [\"cut\"]",
                           "[sweep]\n\"log.kind\" = [\"round\"]\n\"log.tip\" = [\"cut\"]"})
    EXPECT_TRUE(has(checked(text).faults, "log.tip is \"cut\"")) << text;
  const std::string set = checked("log.kind = \"round\"", {"log.tip=cut"}).faults;
  EXPECT_TRUE(set.starts_with("--set log.tip: log.tip")) << set;
}

TEST(Applicability, ListsWhatHasAnEffect) {
  EXPECT_EQ(checked("").with_effect, (std::vector<std::string>{"kind", "width", "layers"}));
  EXPECT_EQ(checked("log = { kind = \"flat\", tip = \"cut\", coats = 1 }").with_effect,
            (std::vector<std::string>{"kind", "width", "tip", "angle", "layers", "coats", "dry_hours"}));
}

TEST(Applicability, TellsNeedsInWords) {
  const auto options = options_of<Brush>().list();
  EXPECT_EQ(needs_text(options[0]), "");
  EXPECT_EQ(needs_text(options[1]), "not with kind = none");
  EXPECT_EQ(needs_text(options[5], "`"), "only with `layers` = `base` or `top` or with `kind` = `flat`");
  EXPECT_EQ(needs_text(options[6]), "only with coats; at most coats");
}

}  // namespace
}  // namespace elbo::host::experiment
