#include "data/description.hpp"

#include <algorithm>

#include "data/dataset.hpp"
#include "files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

const std::string good = R"(title = "t"
source = "s"
licence = "l"
citation = "c"
format = "idx"
shape = [1, 2, 2]
support = "levels"
levels = 256
[splits]
train = 3
test = 2
[files]
train_x = { name = "a" }
test_x = { name = "b", md5 = "0123456789abcdef0123456789abcdef" }
[get]
how = "ask"
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  return text.replace(text.find(from), from.size(), to);
}

/// All mistakes, one a line, without the first one's file.
std::string fault(const std::string& text) {
  const Folder folder;
  const fs::path file = write(folder / "d.toml", text);
  try {
    read_description(file);
  } catch (const UserError& mistakes) {
    const std::string said = mistakes.what();
    return said.starts_with(file.string()) ? said.substr(file.string().size()) : said;
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(Description, EveryShippedFileParses) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(ELBO_SOURCE_DIR) / "datasets"))
    if (entry.path().extension() == ".toml") {
      const Description d = read_description(entry.path());
      for (const std::string& said : {d.how_to_get, d.title, d.source, d.licence, d.citation})
        EXPECT_FALSE(said.empty()) << d.name;
      names.push_back(d.name);
    }
  EXPECT_EQ(names.size(), descriptions().size());
  for (const char* name : {"bars", "counts_mouse_brain", "fashion_mnist", "linear_gaussian", "mnist", "wine"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
}

TEST(Description, ReadsAllKeys) {
  const Folder folder;
  const Description d = read_description(write(folder / "mine.toml", good));
  EXPECT_EQ(d.name, "mine");
  EXPECT_EQ(d.shape, (Shape{1, 2, 2}));
  EXPECT_EQ(d.support, Support::levels);
  EXPECT_EQ(d.levels, 256);
  EXPECT_EQ(d.train, 3);
  ASSERT_EQ(d.files.size(), 2u);
  EXPECT_EQ(d.files[1].md5, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(d.how_to_get, "ask");
}

TEST(Description, OfPrivateDataNeedsNoLicence) {
  const Folder folder;
  const std::string begin = "title = \"t\"\nsource = \"s\"\nlicence = \"l\"\ncitation = \"c\"\n";
  EXPECT_EQ(read_description(write(folder / "mine.toml", with(begin, ""))).train, 3);
}

TEST(Description, FaultsNameThePlace) {
  EXPECT_SAYS(fault(with("title = \"t\"", "titel = \"t\"")), ":1:1: unknown key 'titel'; did you mean 'title'?");
  EXPECT_SAYS(fault(with("title = \"t\"", "title = 3")), ":1:9: title is 3, an integer; expected a string");
  EXPECT_SAYS(fault(with("format = \"idx\"\n", "")), "format is missing; expected a string");
  EXPECT_SAYS(fault(with("\"idx\"", "\"zarr\"")), ":5:10: format is \"zarr\"; expected one of \"csv\", \"h5ad\", ");
  EXPECT_SAYS(fault(with("[1, 2, 2]", "[1, 0, 2]")), ":6:9: shape is [1, 0, 2]; expected a list of integers from 1");
  EXPECT_SAYS(fault(with("[1, 2, 2]", "[1, \"2\", 2]")),
              ":6:9: shape is [1, \"2\", 2], a list; expected a list of int");
  EXPECT_SAYS(fault(with("levels = 256\n", "")), "levels is missing; expected an integer from 1 to 65536");
  EXPECT_SAYS(fault(with("levels = 256", "levels = 65537")),
              ":8:10: levels is 65537; expected an integer from 1 to 65536");
  EXPECT_SAYS(fault(with("\"levels\"", "\"binary\"")),
              ":8:10: levels is 256, which has an effect only with support = \"levels\", and that is \"binary\"");
  EXPECT_SAYS(fault(with("train = 3", "train = 0")), ":10:9: splits.train is 0; expected an integer from 1");
  EXPECT_SAYS(fault(with("train_x", "train_y")), ":13:1: unknown key 'train_y' in [files]");
  EXPECT_SAYS(fault(with("test_x", "test_labels")), "files.test_x is missing; expected a table");
  EXPECT_SAYS(fault(with("md5 = \"01", "md5 = \"0G")), "files.test_x.md5 is \"0G23456789abcdef");
  EXPECT_SAYS(fault(with("name = \"a\"", "name = \"a\", dataset = \"/x\"")),
              ":13:35: files.train_x.dataset does not go with format = \"idx\"");
  EXPECT_SAYS(fault(with("test = 2", "test = 2\nshuffle = 1")),
              "unknown key 'test_x' in [files]; there are: x, labels");
  EXPECT_SAYS(fault(with("how = \"ask\"\n", "")), "[get] says no way");
  EXPECT_SAYS(fault(with("[splits]", "[splits")), ":9:");
}

TEST(Description, AllMistakesAreSaidAtOnce) {
  std::string text = with("title = \"t\"", "title = 3");
  text.replace(text.find("test = 2"), 8, "test = 0");
  EXPECT_SAYS(fault(text), ":1:9: title is 3");
  EXPECT_SAYS(fault(text), ":11:8: splits.test is 0");
}

TEST(Description, GeneratorSettingsAreChecked) {
  const auto generated = [](const std::string& generator) {
    return good.substr(0, good.find("format")) +
           "format = \"generated\"\nshape = [1, 8, 8]\nsupport = \"binary\"\n[splits]\ntrain = 3\ntest = "
           "2\n[generator]\n" +
           generator;
  };
  EXPECT_SAYS(fault(generated("name = \"bras\"")), ":12:8: there is no generator 'bras'; did you mean 'bars'?");
  EXPECT_SAYS(fault(generated("name = \"bars\"\nsettings = { flop = 1 }")), ":13:14: unknown key 'flop'");
  EXPECT_SAYS(fault(generated("name = \"bars\"\nsettings = { flip = 0.7 }")),
              ":13:21: generator.settings.flip is 0.7; expected a number from 1e-06 to 0.5");
}

TEST(Description, UnknownNamesGetTheNearest) {
  EXPECT_SAYS(refusal([] { description_of(config_of("fashion_mnits")); }), "did you mean 'fashion_mnist'?");
  EXPECT_SAYS(refusal([] { description_of({}); }), "neither name nor path");
}

TEST(Description, TheUsersFolderStandsFirst) {
  const Folder folder;
  const size_t shipped = descriptions().size();
  write(folder / "bars.toml", good);
  const Environment path("ELBO_DATASET_PATH", static_cast<const fs::path&>(folder).string());
  EXPECT_EQ(description_of(config_of("bars")).title, "t");
  EXPECT_EQ(descriptions().size(), shipped);
}

}  // namespace
}  // namespace elbo::host::data
