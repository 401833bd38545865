// The data that were planned are the data that are used: every format against every kind of change.
#include "data/files/data_record.hpp"

#include <functional>

#include "data/blocks.hpp"
#include "unit/data/every_format.hpp"

namespace elbo::host::data {
namespace {

struct OneFormat {
  std::string test, format, path, select, labels;
  double memory_gb = 0;
  void (*writer)(const fs::path&, const Content&) = nullptr;
};

struct Change {
  std::string name;
  std::function<void(Content&)> change;
  std::string sentence;  // says this
  bool of_the_labels = false;
};

const std::vector<Change> changes = {
    {"a value", [](Content& c) { c.at(7, 2) = 101; }, "it holds other values, in as many rows (60)"},
    {"all values", [](Content& c) { std::reverse(c.values.begin(), c.values.end()); }, "it holds other values"},
    {"the order of the columns", [](Content& c) { c.reverse_columns(); }, "its columns stand in another order"},
    {"a row more", [](Content& c) { c.append_row(); }, "it holds 61 rows and held 60"},
    {"a row less", [](Content& c) { c.remove_last_row(); }, "it holds 59 rows and held 60"},
    {"the order of the rows", [](Content& c) { c.swap_rows(3, 51); }, "its rows stand in another order"},
    {"the labels", [](Content& c) { std::swap(c.labels[0], c.labels[1]); }, "(labels)", true},
};

class PlannedData : public ::testing::TestWithParam<OneFormat> {
 protected:
  PlannedData() : cache_("ELBO_CACHE", (folder_ / "cache").string()) {}

  void SetUp() override {
    GetParam().writer(folder_, Content());
    config_ = own(folder_ / GetParam().path, GetParam().format, "counts");
    config_.select = GetParam().select;
    config_.labels = GetParam().labels;
    config_.memory_gb = GetParam().memory_gb;
    try {
      planned_ = record_of(description_of(config_), config_);
    } catch (const UserError& fault) {
      if (std::string(fault.what()).find("need libmatio") == std::string::npos) throw;
      GTEST_SKIP() << "built without libmatio";
    }
  }

  std::vector<double> values(const Dataset& dataset) const {
    std::vector<double> all;
    for (const Split* split : {&dataset.train, &dataset.test})
      for_each_part(*split, [&](const auto& part) { all.insert(all.end(), part.begin(), part.end()); });
    return all;
  }

  std::string said() {
    try {
      load_planned(config_, planned_);
    } catch (const formats::ChangedData& fault) {
      return fault.what();
    }
    return "";
  }

  Folder folder_;
  Environment cache_;
  DataConfig config_;
  DataRecord planned_;
};

TEST_P(PlannedData, ThatAreTheSameAreLoaded) {
  const std::vector<double> all = values(load(description_of(config_), config_));
  EXPECT_EQ(all.size(), 360u);
  EXPECT_EQ(values(load_planned(config_, planned_)), all);
  GetParam().writer(folder_, Content());  // another file of the same content
  EXPECT_EQ(values(load_planned(config_, planned_)), all);
  EXPECT_EQ(GetParam().memory_gb > 0, load_planned(config_, planned_).train.blocks != nullptr);
}

TEST_P(PlannedData, ThatHaveChangedAreRefusedWithWhatHasChanged) {
  for (const Change& change : changes) {
    if (change.of_the_labels && config_.labels.empty()) continue;
    Content content;
    change.change(content);
    GetParam().writer(folder_, content);
    const std::string sentence = said();
    EXPECT_SAYS(sentence, change.sentence) << change.name;
    EXPECT_SAYS(sentence, "has changed since the run was planned") << change.name;
    EXPECT_SAYS(sentence, "plan the experiment again with elbo run") << change.name;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << change.name;
    EXPECT_THROW(check_planned(config_, planned_), formats::ChangedData) << change.name;
    GetParam().writer(folder_, Content());
    EXPECT_EQ(said(), "") << change.name;  // put back, they are used
  }
}

TEST_P(PlannedData, OfTheSameSizeAndTimeAreRecognisedAllTheSame) {
  std::vector<std::pair<fs::path, fs::file_time_type>> times;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.is_regular_file()) times.emplace_back(entry.path(), entry.last_write_time());
  Content content;
  content.at(1, 1) = content.at(1, 1) == 9 ? 8 : 9;
  GetParam().writer(folder_, content);
  for (const auto& [file, time] : times)
    if (fs::exists(file)) fs::last_write_time(file, time);
  EXPECT_SAYS(said(), "it holds other values");
}

TEST_P(PlannedData, ThatCannotBeReadAnyMoreAreNamed) {
  fs::path file = folder_ / GetParam().path;
  if (fs::is_directory(file))
    file = *std::find_if(fs::recursive_directory_iterator(file), {},
                         [](const auto& entry) { return entry.is_regular_file(); });
  write(file, "damaged");
  const std::string sentence = said();
  EXPECT_SAYS(sentence, "can no longer be read as when the run was planned");
  EXPECT_SAYS(sentence, fs::path(GetParam().path).filename().string());
  fs::remove_all(folder_ / GetParam().path);
  EXPECT_THROW(load_planned(config_, planned_), UserError);
}

INSTANTIATE_TEST_SUITE_P(Formats, PlannedData,
                         ::testing::Values(OneFormat{"csv", "csv", "x.csv", "", "label", 0, &write_csv},
                                           OneFormat{"npy", "npy", "x.npy", "", "labels.npy", 0, &write_npy},
                                           OneFormat{"npyBlocks", "npy", "x.npy", "", "labels.npy", 2e-7, &write_npy},
                                           OneFormat{"hdf5", "hdf5", "x.h5", "/x", "/labels", 0, &write_hdf5},
                                           OneFormat{"hdf5Blocks", "hdf5", "x.h5", "/x", "/labels", 2e-7, &write_hdf5},
                                           OneFormat{"npz", "npz", "x.npz", "x", "labels", 0, &write_npz},
                                           OneFormat{"idx", "idx", "x.idx", "", "labels.idx", 0, &write_idx},
                                           OneFormat{"mat", "mat", "x.mat", "x", "labels", 0, &write_mat},
                                           OneFormat{"h5ad", "h5ad", "x.h5ad", "", "label", 0, &write_h5ad},
                                           OneFormat{"tenX", "10x", "cells", "", "", 0, &write_10x},
                                           OneFormat{"png", "png", "pictures", "", "", 0, &write_png}),
                         [](const auto& info) { return info.param.test; });

}  // namespace
}  // namespace elbo::host::data
