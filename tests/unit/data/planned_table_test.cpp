// Tables, descriptions and generators that a run was planned with: what of them may change, and what is said of the rest.
#include "data/files/data_record.hpp"

#include "unit/data/every_format.hpp"

namespace elbo::host::data {
namespace {

class PlannedTable : public ::testing::Test {
 protected:
  PlannedTable() {
    write_csv(folder_, Content());
    config_ = own(folder_ / "x.csv", "csv", "counts");
    config_.labels = "label";
    planned_ = record_of(description_of(config_), config_);
  }
  std::string said() {
    return refusal([&] { load_planned(config_, planned_); });
  }

  Folder folder_;
  DataConfig config_;
  DataRecord planned_;
};

TEST_F(PlannedTable, OtherNamesOfItsColumnsAreNamed) {
  Content content;
  content.names[2] = "z";
  write_csv(folder_, content);
  EXPECT_SAYS(said(), "its columns have other names (column 3 is 'z' and was 'c')");
}

TEST_F(PlannedTable, AColumnMoreIsCounted) {
  std::string text = slurp(folder_ / "x.csv");
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 5))
    text.insert(at, at < 30 ? ",new" : ",777");
  write(folder_ / "x.csv", text);
  EXPECT_SAYS(said(), "a row of it has 7 values and had 6");
}

TEST_F(PlannedTable, TheSameValuesWrittenOtherwiseAreSaidToBeTheSame) {
  write(folder_ / "x.csv", slurp(folder_ / "x.csv") + "\n");
  EXPECT_SAYS(said(), "these values are the same, and what else the file holds is not");
}

TEST_F(PlannedTable, AnotherSplitIsNamed) {
  config_.split_seed = 2;
  EXPECT_SAYS(said(), "shuffle is 2 and was");
  config_.split_seed = 1;
  config_.test_fraction = 0.5;
  EXPECT_SAYS(said(), "train is 30 and was 48");
}

TEST_F(PlannedTable, ARecordOutlivesItsJson) {
  const DataRecord read = data_record_from_json(nlohmann::ordered_json::parse(to_json(planned_).dump()));
  EXPECT_EQ(read.fingerprint(), planned_.fingerprint());
  EXPECT_EQ(to_json(read), to_json(planned_));
  EXPECT_EQ(planned_.fingerprint(), fingerprint(description_of(config_), config_));
}

/// A file that is described under a name, with what the description says in the second argument.
void describe(const Folder& folder, const std::string& splits, const std::string& x) {
  write(folder / "mine.toml",
        "title = \"t\"\nsource = \"s\"\nlicence = \"l\"\ncitation = \"c\"\nformat = \"npy\"\nsupport = \"counts\"\n"
        "shape = [6]\nfolders = [\"" +
            static_cast<const fs::path&>(folder).string() + "\"]\n[splits]\n" + splits +
            "\n[files]\nx = { name = \"x.npy\"" + x + " }\n[get]\nhow = \"make it\"\n");
}

TEST(PlannedDescription, IsThePlanTooAndItsChecksumIsOfWhatIsRead) {
  const Folder folder;
  const Environment path("ELBO_DATASET_PATH", static_cast<const fs::path&>(folder).string()),
      cache("ELBO_CACHE", (folder / "cache").string());
  write_npy(folder, Content());
  const std::string md5 = ", md5 = \"" + md5_of(slurp(folder / "x.npy")) + "\"";
  for (const double memory_gb : {0.0, 2e-7})
    for (const std::string& checksum : {std::string(), md5}) {
      describe(folder, "train = 50\ntest = 10\nshuffle = 1", checksum);
      write_npy(folder, Content());
      DataConfig config = config_of("mine");
      config.memory_gb = memory_gb;
      const DataRecord planned = record_of(description_of(config), config);
      EXPECT_EQ(load_planned(config, planned).train.x.rows(), 50);
      describe(folder, "train = 48\ntest = 12\nshuffle = 1", checksum);
      EXPECT_SAYS(refusal([&] { load_planned(config, planned); }),
                  "data set 'mine': has changed since the run was planned: train is 48 and was 50");
      describe(folder, "train = 50\ntest = 10\nshuffle = 2", checksum);
      EXPECT_SAYS(refusal([&] { load_planned(config, planned); }), "shuffle is 2 and was 1");
      describe(folder, "train = 50\ntest = 10\nshuffle = 1", checksum);
      Content content;
      content.at(5, 5) = 101;
      write_npy(folder, content);
      EXPECT_SAYS(refusal([&] { load_planned(config, planned); }),
                  checksum.empty() ? "it holds other values" : "its decoded content has MD5");
      EXPECT_SAYS(refusal([&] { load_planned(config, planned); }), "x.npy");
    }
}

TEST(PlannedDescription, AScanThatIsKeptDoesNotStandForTheChecksum) {
  const Folder folder;
  const Environment path("ELBO_DATASET_PATH", static_cast<const fs::path&>(folder).string()),
      cache("ELBO_CACHE", (folder / "cache").string());
  write_npy(folder, Content());
  ::sleep(3);  // a file that was just written is not kept
  DataConfig config = config_of("mine");
  config.memory_gb = 2e-7;
  describe(folder, "train = 50\ntest = 10\nshuffle = 1", "");
  record_of(description_of(config), config);
  EXPECT_TRUE(fs::exists(folder / "cache" / "scans"));
  describe(folder, "train = 50\ntest = 10\nshuffle = 1", ", md5 = \"" + std::string(32, '0') + "\"");
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }), "its decoded content has MD5");
}

TEST(PlannedGenerator, ItsSettingsAreThePlan) {
  const Folder folder;
  const Environment path("ELBO_DATASET_PATH", static_cast<const fs::path&>(folder).string());
  const auto describe_bars = [&](int side) {
    write(folder / "mine.toml",
          fmt::format("title = \"t\"\nsource = \"s\"\nlicence = \"l\"\ncitation = \"c\"\nformat = "
                      "\"generated\"\nsupport = \"binary\"\n"
                      "shape = [1, {0}, {0}]\n[splits]\ntrain = 50\ntest = 10\n[generator]\nname = \"bars\"\n"
                      "settings = {{ on = 0.125, flip = 0.05 }}\n",
                      side));
  };
  describe_bars(8);
  DataConfig config = config_of("mine");
  const DataRecord planned = record_of(description_of(config), config);
  EXPECT_EQ(load_planned(config, planned).train.x.rows(), 50);
  config.seed = 5;
  EXPECT_SAYS(refusal([&] { load_planned(config, planned); }), "seed is 5 and was");
  config.seed = DataConfig().seed;
  describe_bars(4);
  EXPECT_SAYS(refusal([&] { load_planned(config, planned); }), "shape is [1,4,4] and was [1,8,8]");
}

}  // namespace
}  // namespace elbo::host::data
