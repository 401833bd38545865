// Splits that look at what rows are of: groups, classes, time, copies, and parts in files of their own.
#include <algorithm>
#include <map>
#include <set>

#include "data/files/data_record.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/hold_out.hpp"
#include "data/splits/row_keys.hpp"
#include "data/splits/split.hpp"
#include "files.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Floats = std::vector<float>;

class Division : public ::testing::Test {
 protected:
  Dataset loaded(const DataConfig& config) { return load(description_of(config), config); }

  /// 200 rows "row, subject, kind, day": 25 subjects of 8 rows, a class in 1 of 10 rows, days that fall.
  DataConfig table() {
    std::string text = "x,subject,kind,day\n";
    for (int i = 0; i < 200; ++i) {
      const int day = 199 - i;
      text += std::to_string(i) + ",s" + std::to_string(i * 7 % 25) + (i % 10 == 3 ? ",rare," : ",common,") + "20" +
              std::to_string(10 + day / 28) + "-03-" + (day % 28 < 9 ? "0" : "") + std::to_string(day % 28 + 1) + "\n";
    }
    DataConfig config = own(write(folder_ / "t.csv", text), "csv", "real");
    config.select = "x";
    return config;
  }

  Folder folder_;
};

std::set<int64_t> groups_in(const Split& split) { return {split.groups.begin(), split.groups.end()}; }

const Floats& floats(const Split& split) { return std::get<Floats>(split.x.values); }

TEST_F(Division, GroupsStayOnOneSide) {
  DataConfig config = table();
  config.groups = "subject";
  config.valid = 20;
  const Dataset data = loaded(config);
  EXPECT_EQ(data.test.x.rows(), 40) << "a fifth, in whole groups of 8";
  EXPECT_EQ(data.valid.x.rows(), 16) << "as near to 20 as whole groups come, of which the first";
  EXPECT_EQ(data.train.x.rows(), 144);
  const auto train = groups_in(data.train), valid = groups_in(data.valid), test = groups_in(data.test);
  EXPECT_EQ(train.size() + valid.size() + test.size(), 25u);
  for (const int64_t group : test) EXPECT_FALSE(train.contains(group) || valid.contains(group));
  for (const int64_t group : valid) EXPECT_FALSE(train.contains(group));
  for (size_t i = 0; i < data.test.groups.size(); ++i)
    EXPECT_EQ(data.test.rows[i], static_cast<int64_t>(floats(data.test)[i]));
  EXPECT_FALSE(std::is_sorted(data.test.rows.begin(), data.test.rows.end())) << "the first so many are a random sample";
  EXPECT_SAYS(data.notes.at(0), "groups = \"subject\": 20 in training and validation data, 5 others in test data");
  config.split_seed = 2;
  EXPECT_NE(groups_in(loaded(config).test), test);
}

TEST_F(Division, AGroupStaysOnItsSideWhenOthersAreAdded) {
  // The place of a group is decided by its name and the seed: data that grow move few of them.
  RowFacts facts;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 100; ++i) facts.groups.push_back(i / 5), rows.push_back(i);
  for (int i = 0; i < 20; ++i) facts.group_names.push_back("g" + std::to_string(i));
  const HeldOut first = hold_out(rows, facts, 20, 1, "test data", true);
  EXPECT_EQ(first.held.size(), 20u);
  for (int64_t i = 100; i < 105; ++i) facts.groups.push_back(20), rows.push_back(i);
  facts.group_names.emplace_back("new");
  const HeldOut second = hold_out(rows, facts, 20, 1, "test data", true);
  std::set<int64_t> common;
  for (const int64_t row : second.held)
    if (std::find(first.held.begin(), first.held.end(), row) != first.held.end()) common.insert(row);
  EXPECT_GE(common.size(), 15u);
}

TEST_F(Division, ClassesKeepTheirShares) {
  DataConfig config = table();
  config.labels = "kind";
  config.stratify = "labels";
  config.valid = 30;
  const Dataset data = loaded(config);
  const auto rare = [](const Split& split) { return std::count(split.labels.begin(), split.labels.end(), 1); };
  EXPECT_EQ(data.test.x.rows(), 40);
  EXPECT_EQ(rare(data.test), 4);
  EXPECT_EQ(data.valid.x.rows(), 30);
  EXPECT_EQ(rare(data.valid), 3);
  EXPECT_EQ(rare(data.train), 13);
  config.labels.clear();
  config.stratify = "kind";
  EXPECT_EQ(loaded(config).test.rows, data.test.rows) << "the same column by its name";
}

TEST_F(Division, GroupsAreStratifiedByTheirClass) {
  std::string text = "x,patient,sick\n";
  for (int i = 0; i < 400; ++i)
    text += std::to_string(i) + ",p" + std::to_string(i / 4) + (i / 4 % 5 == 0 ? ",yes\n" : ",no\n");
  DataConfig config = own(write(folder_ / "p.csv", text), "csv", "real");
  config.select = "x";
  config.labels = "sick";
  config.stratify = "sick";
  config.groups = "patient";
  const Dataset data = loaded(config);
  EXPECT_EQ(data.test.x.rows(), 80);
  EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), 1), 16);
  for (const int64_t group : groups_in(data.test)) EXPECT_FALSE(groups_in(data.train).contains(group));
}

TEST_F(Division, TheLatestAreHeldOut) {
  DataConfig config = table();
  config.time = "day";
  config.valid = 20;
  const Dataset data = loaded(config);
  const auto least = [](const Split& s) { return *std::min_element(floats(s).begin(), floats(s).end()); };
  const auto most = [](const Split& s) { return *std::max_element(floats(s).begin(), floats(s).end()); };
  EXPECT_EQ(data.test.x.rows(), 40);
  EXPECT_EQ(most(data.test), 39) << "days fall from row to row";
  EXPECT_EQ(least(data.valid), 40);
  EXPECT_EQ(most(data.valid), 59);
  EXPECT_EQ(least(data.train), 60);
  EXPECT_SAYS(data.notes.at(0), "time = \"day\": test data are the 40 rows from 2015-03-21 on");
  EXPECT_FALSE(std::is_sorted(data.test.rows.begin(), data.test.rows.end())) << "the first so many are a random sample";
}

TEST(Times, AreNumbersDatesAndTimes) {
  EXPECT_EQ(ranks_in_time({"10", "9", "100"}, "t"), (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(ranks_in_time({"1.0", "1"}, "t"), (std::vector<int64_t>{0, 0})) << "one time";
  EXPECT_EQ(ranks_in_time({"31.01.2012", "01.02.2011"}, "t"), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(ranks_in_time({"2012-01-31 10:00", "2012-01-31 09:59:59"}, "t"), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(ranks_in_time({"9:30", "10:00"}, "t"), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(ranks_in_time({"1600000001", "1600000000"}, "t"), (std::vector<int64_t>{1, 0})) << "beyond float32";
  EXPECT_SAYS(refusal([] { ranks_in_time({"early", "late"}, "t.csv: time = \"d\""); }),
              "t.csv: time = \"d\" cannot be ordered: it holds 'early'; expected numbers, dates or times");
  EXPECT_SAYS(refusal([] { ranks_in_time({"01/02/2012", "03/04/2012"}, "t"); }), "day and month cannot be told apart");
  EXPECT_SAYS(refusal([] { ranks_in_time({"1", "2", "x"}, "t"); }), "numbers and words");
}

TEST_F(Division, CopiesOfTrainingDataAreLeftOut) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i % 60) + "," + std::to_string(i % 60 * 2) + "\n";
  DataConfig config = own(write(folder_ / "t.csv", text), "csv", "real");
  config.valid = 20;
  const Dataset all = loaded(config);
  EXPECT_EQ(all.test.x.rows(), 20);
  config.duplicates = "drop";
  const Dataset data = loaded(config);
  std::set<float> train, valid;
  for (size_t i = 0; i < floats(data.train).size(); i += 2) train.insert(floats(data.train)[i]);
  for (size_t i = 0; i < floats(data.valid).size(); i += 2) {
    EXPECT_FALSE(train.contains(floats(data.valid)[i]));
    valid.insert(floats(data.valid)[i]);
  }
  for (size_t i = 0; i < floats(data.test).size(); i += 2)
    EXPECT_FALSE(train.contains(floats(data.test)[i]) || valid.contains(floats(data.test)[i]));
  EXPECT_EQ(data.train.rows, all.train.rows) << "training data stay";
  EXPECT_LT(data.test.x.rows(), 20);
  EXPECT_SAYS(data.notes.back(),
              std::to_string(20 - data.test.x.rows()) + " of 20 test data are left out, since they are exact copies");
  config.path = write(folder_ / "c.csv", "a,b\n1,2\n1,2\n1,2\n1,2\n1,2\n1,2\n").string();
  config.valid = 0;
  EXPECT_SAYS(refusal([&] { description_of(config); }), "all 1 test data are copies of training data");
}

TEST_F(Division, IsPartOfTheFingerprint) {
  const DataConfig base = table();
  std::set<std::string> prints = {fingerprint(description_of(base), base)};
  for (const char* key : {"groups", "stratify", "time", "valid"}) {
    DataConfig config = base;
    if (key == std::string("groups")) config.groups = "subject";
    if (key == std::string("stratify")) config.stratify = "kind";
    if (key == std::string("time")) config.time = "day";
    if (key == std::string("valid")) config.groups = "subject", config.split_seed = 2;
    EXPECT_TRUE(prints.insert(fingerprint(description_of(config), config)).second) << key;
    const DataRecord planned = record_of(description_of(config), config);
    EXPECT_EQ(load_planned(config, data_record_from_json(to_json(planned))).test.rows, loaded(config).test.rows);
  }
}

TEST_F(Division, WhatCannotDivideIsRefused) {
  const auto said = [&](const std::function<void(DataConfig&)>& change) {
    DataConfig config = table();
    change(config);
    return refusal([&] { load(description_of(config), config); });
  };
  EXPECT_SAYS(said([](DataConfig& c) { c.groups = "subjct"; }),
              "has no column 'subjct'; expected 1 to 4 or a name; did you mean 'subject'?");
  EXPECT_SAYS(said([](DataConfig& c) { c.time = "subject"; }), "time = \"subject\" cannot be ordered: it holds 's0'");
  EXPECT_SAYS(said([](DataConfig& c) { c.time = "day", c.groups = "subject"; }),
              "has time = \"day\" and groups = \"subject\"");
  EXPECT_SAYS(said([](DataConfig& c) { c.stratify = "labels"; }), "there are no labels");
  EXPECT_SAYS(said([](DataConfig& c) { c.stratify = "day"; }), "has 1 row; expected 2 or more");
  const auto of_file = [&](const std::string& text, const std::function<void(DataConfig&)>& change) {
    DataConfig config = own(write(folder_ / "f.csv", text), "csv", "real");
    config.select = "x";
    change(config);
    return refusal([&] { load(description_of(config), config); });
  };
  std::string large = "x,g\n", one = "x,g\n", gaps = "x,g\n", single = "x,g\n";
  for (int i = 0; i < 20; ++i) {
    large += std::to_string(i) + (i < 18 ? ",a\n" : ",b\n");
    one += std::to_string(i) + ",a\n";
    gaps += std::to_string(i) + (i == 4 ? ",\n" : ",a\n");
    single += std::to_string(i) + (i == 0 ? ",z\n" : ",a\n");
  }
  const auto by_groups = [](DataConfig& c) { c.groups = "g"; };
  EXPECT_SAYS(of_file(large, by_groups),
              "groups = \"g\": the group 'a' has 18 rows, more than the 16 that are no test data");
  EXPECT_SAYS(of_file(one, by_groups), "all rows are of one group, 'a'");
  EXPECT_SAYS(of_file(gaps, by_groups), "column 'g' has no value in 1 of 20 rows; expected one each");
  EXPECT_SAYS(of_file(single, [](DataConfig& c) { c.stratify = "g"; }),
              "stratify = \"g\": 'z' has 1 row; expected 2 or more");
  EXPECT_SAYS(of_file(one, [](DataConfig& c) { c.time = "g"; }), "cannot be ordered");
}

TEST_F(Division, FilesWithoutColumnsAreRefused) {
  const std::string two(2, '\1'), image = std::string("\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\1", 16) + two;
  for (const char* name : {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"}) write(folder_ / name, image);
  DataConfig config = own(folder_, "idx");
  config.groups = "writer";
  EXPECT_SAYS(refusal([&] { description_of(config); }),
              "groups = \"writer\": these files have no column or dataset beside the values");
}

TEST_F(Division, WhatRowsAreOfIsNotModelled) {
  DataConfig config = table();
  config.select.clear();
  config.observe = "columns";
  config.groups = "subject";
  EXPECT_EQ(description_of(config).columns, (std::vector<std::string>{"x", "kind", "day"}));
  config.groups.clear();
  config.time = "day";
  config.labels = "kind";
  EXPECT_EQ(description_of(config).columns, (std::vector<std::string>{"x", "subject"}));
  config.select = "!subject";
  EXPECT_EQ(description_of(config).columns, (std::vector<std::string>{"x"})) << "labels and time, too";
  config.labels.clear();
  config.select = "x, day";
  EXPECT_EQ(description_of(config).columns, (std::vector<std::string>{"x", "day"})) << "unless select names them";
  EXPECT_SAYS(description_of(config).notes.back(), "time = \"day\": select names that column, so it is modelled, too");
}

TEST_F(Division, PartsInFilesOfTheirOwn) {
  fs::create_directories(folder_ / "test");
  DataConfig config = own(write(folder_ / "d.csv",
                                "x,colour,day,kind,s\n1,red,2020-01-03,bee,a\n2,blue,2020-01-02,ant,b\n3,red,2020-01-"
                                "05,cat,b\n4,blue,2020-01-02,ant,b\n"),
                          "", "columns");
  config.test_path =
      write(folder_ / "test/d.csv", "x,colour,day,kind,s\n7,green,2020-01-01,cat,c\n8,red,2020-01-04,ant,d\n").string();
  config.labels = "kind";
  config.groups = "s";
  const Description d = description_of(config);
  EXPECT_EQ(d.train, 4);
  EXPECT_EQ(d.test, 2);
  EXPECT_SAYS(d.notes.at(0), "column 'colour' has 1 category that the training data lack (green)");
  const Dataset data = load(d, config);
  std::map<float, std::vector<float>> rows;
  for (const Split* split : {&data.train, &data.test})
    for (size_t i = 0; i < split->labels.size(); ++i) {
      const float* row = floats(*split).data() + 3 * i;
      rows[row[0]] = {row[1], row[2], static_cast<float>(split->labels[i]), static_cast<float>(split->groups[i])};
    }
  // blue, red and behind them green, which the training data lack; days since 2020-01-02, the first of the training data;
  // ant, bee, cat; a, b, c, d
  EXPECT_EQ(rows[1], (Floats{1, 1, 1, 0}));
  EXPECT_EQ(rows[2], (Floats{0, 0, 0, 1}));
  EXPECT_EQ(rows[3], (Floats{1, 3, 2, 1}));
  EXPECT_EQ(rows[7], (Floats{2, -1, 2, 2}));
  EXPECT_EQ(rows[8], (Floats{1, 2, 0, 3}));
  config.valid_path = config.test_path;
  EXPECT_EQ(load(description_of(config), config).valid.x.rows(), 2);
  config.valid_path = config.path;
  EXPECT_SAYS(refusal([&] { description_of(config); }),
              "'a' (and 1 more groups) lies in the training data and in the validation data");
}

TEST_F(Division, PartsThatDoNotFitAreRefused) {
  DataConfig config = own(write(folder_ / "a.csv", "x,c\n1,u\n2,v\n3,u\n4,v\n"), "", "columns");
  const auto said = [&](const std::string& name, const std::string& text) {
    config.test_path = write(folder_ / name, text).string();
    return refusal([&] { load(description_of(config), config); });
  };
  EXPECT_SAYS(said("b.csv", "y,c\n1,u\n2,u\n"), "b.csv: has no column x");
  EXPECT_SAYS(said("b.csv", "y,c\n1,u\n2,u\n"), "expected the 2 columns of the training data: x, c");
  EXPECT_SAYS(said("b.csv", "x,c\n1,2\n2,3\n"),
              "b.csv:2: column 'c' holds numbers; expected names, as in the training data: u, v");
  EXPECT_SAYS(said("b.csv", "x,c\n1,u\n2.5,v\ntwo,v\n"),
              "b.csv:4: column 'x' holds 'two'; expected a finite number; correct it, or leave the row out");
  config.observe = "counts";
  config.path = write(folder_ / "n.csv", "n,m\n1,0\n2,3\n").string();
  const std::string counts = said("m.csv", "m,n\n1,2\n,2\n4,-3\n");
  EXPECT_SAYS(counts, "m.csv: data point 2, column 'n', holds -3; expected values of support counts");
  EXPECT_EQ(counts.find("n.csv"), std::string::npos) << counts;
  config.observe = "columns";
  config.path = (folder_ / "a.csv").string();
  EXPECT_SAYS(said("b.npy", "\x93NUMPY"), "has the format npy, and the training data csv");
  config.test_path = (folder_ / "none.csv").string();
  EXPECT_SAYS(refusal([&] { description_of(config); }), "none.csv: no such file");
}

TEST_F(Division, FaultsAreOfTheKeyThatTheyAreAbout) {
  const auto key_of = [](const DataConfig& config) -> std::string {
    try {
      const Description d = description_of(config);
      split_sizes(d, config);
    } catch (const SettingFault& fault) {
      return fault.key();
    } catch (const UserError& fault) {
      return std::string("none: ") + fault.what();
    }
    return "no fault";
  };
  const DataConfig good = own(write(folder_ / "k.csv", "x,s,t,k\n1,a,1,u\n2,a,1,v\n3,a,1,u\n4,a,1,u\n"), "", "columns");
  const auto with = [&](std::string DataConfig::* key, const std::string& value) {
    DataConfig config = good;
    config.*key = value;
    return key_of(config);
  };
  EXPECT_EQ(with(&DataConfig::groups, "s"), "groups") << "one group";
  EXPECT_EQ(with(&DataConfig::groups, "nobody"), "groups");
  EXPECT_EQ(with(&DataConfig::time, "t"), "time") << "one time";
  EXPECT_EQ(with(&DataConfig::time, "k"), "time") << "names";
  EXPECT_EQ(with(&DataConfig::stratify, "k"), "stratify") << "a class of one row";
  EXPECT_EQ(with(&DataConfig::stratify, "labels"), "stratify") << "no labels";
  DataConfig config = good;
  config.valid = 100;
  EXPECT_EQ(key_of(config), "valid");
  config = good;
  config.test_path = write(folder_ / "l.csv", "x,s,t,k\n1,b,2,u\ntwo,b,2,u\n").string();
  EXPECT_EQ(key_of(config), "test_path");
  config.valid_path = config.test_path;
  config.test_path = config.path;
  EXPECT_EQ(key_of(config), "valid_path");
}

TEST_F(Division, GivenPartsAreCheckedForGroups) {
  const auto file = [&](const std::vector<int64_t>& test_groups) {
    Hdf5Writer h5(folder_ / "s.h5");
    Floats x(24), y(8);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
    for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(100 + i);
    h5.add("/x_train", H5T_IEEE_F32LE, {12, 2}, x);
    h5.add("/x_test", H5T_IEEE_F32LE, {4, 2}, y);
    h5.add("/who_train", H5T_STD_I64LE, {12}, std::vector<int64_t>{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
    h5.add("/who_test", H5T_STD_I64LE, {4}, test_groups);
    DataConfig config = own(folder_ / "s.h5", "hdf5", "real");
    config.groups = "who";
    return config;
  };
  DataConfig config = file({5, 5, 6, 6});
  config.valid = 3;
  const Dataset data = loaded(config);
  EXPECT_EQ(data.valid.x.rows(), 3);
  EXPECT_EQ(groups_in(data.valid).size(), 1u) << "one whole group of the training data";
  EXPECT_EQ(groups_in(data.test), (std::set<int64_t>{4, 5}));
  config = file({5, 5, 2, 2});
  EXPECT_SAYS(refusal([&] { description_of(config); }), "'2' lies in the training data and in the test data");
  config.groups = "whom";
  EXPECT_SAYS(refusal([&] { description_of(config); }), "has no /whom_train for the train data");
}

}  // namespace
}  // namespace elbo::host::data
