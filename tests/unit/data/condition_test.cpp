// What p(x|c) is given, and what is known to have made the data: read beside the values, and not modelled.
#include <algorithm>
#include <cmath>
#include <set>

#include "data/condition.hpp"
#include "data/files/data_record.hpp"
#include "data/setting_fault.hpp"
#include "files.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

class BesideTheValues : public ::testing::Test {
 protected:
  static Dataset loaded(const DataConfig& config) { return load(description_of(config), config); }

  /// 60 rows; `batch` counts 3, 1, 2, 3, ... and the dose is missing in every tenth row.
  DataConfig table() {
    std::string text = "x,kind,batch,dose,name\n";
    for (int i = 0; i < 60; ++i)
      text += std::to_string(i) + (i % 4 ? ",common," : ",rare,") + std::to_string(1 + (i + 2) % 3) + "," +
              (i % 10 ? std::to_string(i % 5 * 0.5) : "") + ",n" + std::to_string(i) + "\n";
    return own(write(folder_ / "t.csv", text), "csv", "real");
  }
  static void expect_refused(const DataConfig& config, const std::string& key, const std::string& sentence) {
    try {
      loaded(config);
      ADD_FAILURE() << "not refused: " << sentence;
    } catch (const SettingFault& fault) {
      EXPECT_EQ(fault.key(), key);
      EXPECT_SAYS(std::string(fault.what()), sentence);
    }
  }

  Folder folder_;
};

using Condition = BesideTheValues;
using Factors = BesideTheValues;

double row_of(const Split& split, size_t i) { return std::get<std::vector<float>>(split.x.values)[i]; }

TEST_F(Condition, TextsAreLevelsAndNumbersAreStandardised) {
  DataConfig config = table();
  config.condition = {"kind", "batch"};
  config.valid = 10;
  config.select = "x";
  const Dataset data = loaded(config);
  ASSERT_EQ(data.condition.size(), 2u);
  EXPECT_EQ(data.condition[0].levels, (std::vector<std::string>{"common", "rare"}));
  EXPECT_TRUE(data.condition[1].levels.empty());
  for (const Split* part : {&data.train, &data.valid, &data.test})
    for (size_t i = 0; i < static_cast<size_t>(part->x.rows()); ++i) {
      const int row = static_cast<int>(row_of(*part, i));
      EXPECT_EQ(part->condition[0][i], row % 4 ? 0 : 1);
      EXPECT_EQ(part->condition[1][i], 1 + (row + 2) % 3);
    }
  double sum = 0, squares = 0;
  for (const double value : data.train.condition[1]) {
    double encoded = 0;
    data.condition[1].encode(value, &encoded);
    sum += encoded, squares += encoded * encoded;
  }
  const auto count = static_cast<double>(data.train.x.rows());
  EXPECT_NEAR(sum / count, 0, 1e-12);
  EXPECT_NEAR(squares / count, 1, 1e-12);
  EXPECT_SAYS(data.notes.back(), "condition_levels = [\"batch\"]");
  EXPECT_EQ(in_words(data.condition).substr(0, 16), "kind (2 levels, ");
}

TEST_F(Condition, CodesAreLevelsInTheirOrderWhereThatIsSaid) {
  DataConfig config = table();
  config.condition = {"batch"};
  config.condition_levels = {"batch"};
  config.select = "x";
  const Dataset data = loaded(config);
  EXPECT_EQ(data.condition[0].levels, (std::vector<std::string>{"1", "2", "3"}));
  config.condition_levels = {"kind"};
  expect_refused(config, "condition_levels", "which condition lacks");
}

TEST_F(Condition, WhatIsGivenIsNotModelledAndDoesNotMakeOtherData) {
  DataConfig config = table();
  config.select = "";
  config.condition = {"kind", "batch", "name"};
  expect_refused(config, "condition", "each of the 43 training rows has a name of its own");
  config.condition = {"kind", "dose"};
  config.unseen = 0.1;
  EXPECT_EQ(loaded(config).columns, (std::vector<std::string>{"x", "batch"}));
  config.condition = {"batch"};
  config.select = "x, batch";
  expect_refused(config, "condition", "which is modelled, too");

  config.select = "x";
  DataConfig without = config;
  without.condition.clear();
  const DataRecord given = record_of(description_of(config), config),
                   plain = record_of(description_of(without), without);
  EXPECT_NE(given.fingerprint(), plain.fingerprint());
  EXPECT_EQ(given.evaluation_fingerprint(), plain.evaluation_fingerprint());
}

TEST_F(Condition, MissingValuesAreRefusedUnlessTheModelLearnsOfThem) {
  DataConfig config = table();
  config.select = "x";
  config.condition = {"dose"};
  expect_refused(config, "condition", "6 of 60 rows have no value of it");
  config.unseen = 0.2;
  const Dataset data = loaded(config);
  EXPECT_EQ(data.condition[0].width(), 2) << "the number, and whether it is known";
  int64_t missing = 0;
  for (const Split* part : {&data.train, &data.test})
    for (size_t i = 0; i < part->condition[0].size(); ++i) {
      const int row = static_cast<int>(row_of(*part, i));
      EXPECT_EQ(std::isnan(part->condition[0][i]), row % 10 == 0) << row;
      missing += std::isnan(part->condition[0][i]);
      double encoded[2] = {0, 0};
      data.condition[0].encode(part->condition[0][i], encoded);
      EXPECT_EQ(encoded[1], row % 10 ? 1 : 0);
    }
  EXPECT_EQ(missing, 6);
}

TEST_F(Condition, OneValueForAllAndNoSuchColumnAreRefused) {
  DataConfig config = table();
  config.select = "x";
  config.condition = {"kinds"};
  expect_refused(config, "condition", "'kinds'");
  config = own(write(folder_ / "same.csv", "x,kind\n1,a\n2,a\n3,a\n4,a\n5,a\n"), "csv", "real");
  config.condition = {"kind"};
  expect_refused(config, "condition", "all training data have the same value of it, 'a'");
  config.condition = {"labels"};
  expect_refused(config, "condition", "no such labels");
  config = table();
  config.select = "x";
  config.condition = {"kind", "batch", "kind"};
  expect_refused(config, "condition", "has \"kind\" twice");
}

TEST_F(Condition, PartsOfAnHdf5FileAndFactorsOfAGeneratorCanBeGiven) {
  {
    Hdf5Writer file(folder_ / "parts.h5");
    const std::vector<float> x = {1, 2, 3, 4, 5, 6}, batch = {1, 2, 1, 2, 1, 1};
    file.add("/train/x", H5T_IEEE_F32LE, {6, 1}, x);
    file.add("/train/batch", H5T_IEEE_F32LE, {6}, batch);
    file.add("/test/x", H5T_IEEE_F32LE, {2, 1}, std::vector<float>{7, 8});
    file.add("/test/batch", H5T_IEEE_F32LE, {2}, std::vector<float>{2, 1});
  }
  DataConfig config = own(folder_ / "parts.h5", "hdf5", "real");
  config.condition = {"batch"};
  config.condition_levels = {"batch"};
  const Dataset data = loaded(config);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(data.test.condition[0][i], row_of(data.test, i) == 7 ? 1 : 0);

  DataConfig sprites = config_of("sprites", {.train = 50, .valid = 0, .test = 20});
  sprites.condition = {"shape"};
  const Dataset made = loaded(sprites);
  ASSERT_EQ(made.condition.size(), 1u);
  EXPECT_GT(made.condition[0].levels.size(), 1u);
  EXPECT_EQ(made.test.condition[0].size(), 20u);
  sprites.condition = {"colour"};
  EXPECT_THROW(check_generated_condition(description_of(sprites), sprites), SettingFault) << "before anything is made";
  expect_refused(sprites, "condition", "sprites has no such factor; expected one of");
}

TEST_F(Condition, WhatSomebodyNamesIsHeldAgainstTheLevels) {
  const std::vector<ConditionColumn> columns = {{.name = "sex", .levels = {"female", "male"}}, {.name = "age"}};
  EXPECT_EQ(named_value(columns, "sex", "male"), 1);
  EXPECT_EQ(named_value(columns, "age", "41.5"), 41.5);
  EXPECT_THROW(named_value(columns, "sex", "man"), UserError);
  EXPECT_THROW(named_value(columns, "age", "old"), UserError);
  EXPECT_THROW(named_value(columns, "height", "2"), UserError);
  EXPECT_EQ(values_of_texts(columns[0], {"male", "other"}, 0.1), (std::vector<double>{1, -1}));
  EXPECT_EQ(named_value({{.name = "alone", .levels = {"False", "True"}}}, "alone", "true"), 1) << "another spelling";
  EXPECT_THROW(named_value(columns, "sex", ""), UserError);
  EXPECT_EQ(named_value({{.name = "sex", .levels = {"female", "male"}, .may_be_unknown = true}}, "sex", ""), -1);
}

TEST_F(Factors, ADatasetOfSeveralAndColumnsOfATable) {
  {
    Hdf5Writer file(folder_ / "shapes.h5");
    std::vector<float> images, classes;
    for (int i = 0; i < 40; ++i) {
      images.push_back(static_cast<float>(i));
      for (const float value : {0.F, static_cast<float>(i % 3) * 0.5F, static_cast<float>(10 - i % 4)})
        classes.push_back(value);
    }
    file.add("/images", H5T_IEEE_F32LE, {40, 1}, images);
    file.add("/latents/classes", H5T_IEEE_F32LE, {40, 3}, classes);
  }
  DataConfig config = own(folder_ / "shapes.h5", "hdf5", "real");
  config.select = "/images";
  config.factors = {"/latents/classes"};
  const Dataset data = loaded(config);
  EXPECT_EQ(data.factor_names, (std::vector<std::string>{"/latents/classes 2", "/latents/classes 3"}));
  EXPECT_SAYS(data.notes.back(), "factor '/latents/classes 1' is the same for all training data");
  for (const Split* part : {&data.train, &data.test})
    for (size_t i = 0; i < static_cast<size_t>(part->x.rows()); ++i) {
      const int row = static_cast<int>(row_of(*part, i));
      EXPECT_EQ(part->factors[0][i], row % 3);
      EXPECT_EQ(part->factors[1][i], 3 - row % 4) << "in the order of the values";
    }

  DataConfig of_table = table();
  of_table.factors = {"kind", "batch"};
  of_table.select = "x";
  const Dataset rows = loaded(of_table);
  EXPECT_EQ(rows.factor_names, of_table.factors);
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(rows.test.factors[0][i], static_cast<int>(row_of(rows.test, i)) % 4 ? 0 : 1);
  of_table.factors = {"name"};
  expect_refused(of_table, "factors", "holds 60 different values in 60 rows");
  of_table.factors = {"x"};
  expect_refused(of_table, "factors", "models it, too");
  of_table.factors = {"nothing"};
  expect_refused(of_table, "factors", "nothing");
}

}  // namespace
}  // namespace elbo::host::data
