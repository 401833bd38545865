// The section [dataset] of an experiment file: which data, how they are split and what the likelihood sees of them.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <elbo/options.hpp>

#include "formats/format_names.hpp"
#include "transform_options.hpp"  // made by CMake: the part of each file of observation/transforms that declares its keys

namespace elbo::host {

/// "" where the data set has a name.
inline std::vector<std::string> formats_or_none() {
  std::vector<std::string> names = formats::format_names();
  names.insert(names.begin(), "");
  return names;
}

/// What transforms make of stored data, in the order of the values of `observe`.
inline std::vector<Observe> observed_by_transforms() {
  std::vector<Observe> all;
#define ELBO_ADD(transform) \
  for (Observe & one : transform##Options::observes()) all.push_back(std::move(one));
  ELBO_EACH_TRANSFORM(ELBO_ADD)
#undef ELBO_ADD
  std::stable_sort(all.begin(), all.end(), [](const Observe& a, const Observe& b) { return a.position < b.position; });
  return all;
}

/// Those of data as they are stored, and those that transforms make of them.
inline std::vector<std::string> values_of_observe() {
  std::vector<Observe> all = {{"binary", 10}, {"levels", 30}, {"unit_interval", 40}, {"real", 50}, {"counts", 60}};
  for (Observe& one : observed_by_transforms())
    if (std::none_of(all.begin(), all.end(), [&](const Observe& a) { return a.value == one.value; }))
      all.push_back(one);
  std::sort(all.begin(), all.end(), [](const Observe& a, const Observe& b) { return a.position < b.position; });
  std::vector<std::string> values;
  for (const Observe& one : all) values.push_back(one.value);
  return values;
}

/// [dataset], beside `name` or `path`, and the keys of the transforms
struct DataConfig : DatasetTransforms {
  std::string name;
  std::string path;
  std::string test_path;
  std::string valid_path;
  std::string format;
  std::string select;
  std::string labels;
  std::string layout;
  std::vector<std::string> missing_values;
  std::string missing = "mask";
  double test_fraction = 0.2;
  int64_t split_seed = 1;
  std::string groups;
  std::string stratify;
  std::string time;
  std::vector<std::string> factors;
  std::string duplicates = "keep";
  std::vector<std::string> condition;
  std::vector<std::string> condition_levels;
  double unseen = 0.0;
  bool encoder_sees_condition = true;
  std::string observe = "levels";
  int64_t train = 0;
  int64_t valid = 0;
  int64_t test = 0;
  int64_t seed = 1;
  double memory_gb = 0.0;

  static void describe(Options<DataConfig>& o) {
    o.add("name", &DataConfig::name, "a data set described in datasets/<name>.toml");
    o.add("path", &DataConfig::path, "a file or folder of your own instead of a name");
    o.add("test_path", &DataConfig::test_path,
          "a file or folder of the same format with the test data, so that those at path are training data; path may "
          "then be called train_path")
        .only_with("path");
    o.add("valid_path", &DataConfig::valid_path, "the same with the validation data").only_with("test_path");
    o.add("format", &DataConfig::format, "format of the file at path").one_of(formats_or_none()).only_with("path");
    o.add("select", &DataConfig::select,
          "what inside the file at path: a dataset, a variable, columns; \"\" is the format's own choice")
        .only_with("path");
    o.add("labels", &DataConfig::labels, "where the file at path has labels: a column or a dataset; \"\" is none")
        .only_with("path");
    o.add(
         "layout", &DataConfig::layout,
         "of arrays [rows, a, b, c]: channels, height and width, or height, width and channels; \"\" recognises 1 to 4 "
         "channels")
        .one_of({"", "channels_first", "channels_last"})
        .only_with("path");
    o.add("missing_values", &DataConfig::missing_values,
          "what stands for a missing value in a text table, beside empty fields, NA, NaN, null and ?, as in [\"-200\"]")
        .only_with("path");
    o.add("test_fraction", &DataConfig::test_fraction,
          "share of the rows at path held out, where the file has no split")
        .range(0, 1)
        .only_with("path");
    o.add("split_seed", &DataConfig::split_seed, "seed with which those rows are mixed before they are split")
        .range(0, 1e15)
        .only_with("path");
    o.add("groups", &DataConfig::groups,
          "a column or dataset whose rows of one value, as those of a subject, stay on one side of the split; standard "
          "errors of comparisons are then over groups; \"\" is none")
        .only_with("path");
    o.add("stratify", &DataConfig::stratify,
          "a column or dataset whose values have the same share in each part, or labels; \"\" is none")
        .only_with("path");
    o.add("time", &DataConfig::time,
          "a column or dataset of numbers, dates or times: the latest rows are the test data, those before them the "
          "validation data; \"\" is none")
        .only_with("path");
    o.add("factors", &DataConfig::factors,
          "what is known to have made each data point, which the metric factors holds latents against: columns, or "
          "datasets of one or several values a row, as in [\"latents/classes\"]")
        .only_with("path");
    o.add("duplicates", &DataConfig::duplicates,
          "test and validation data that are exact copies of training data: keep, with a finding that says how many; "
          "drop, they are left out")
        .one_of({"keep", "drop"})
        .only_with("path");
    o.add("condition", &DataConfig::condition,
          "what the model is given of each data point, so that it is one of p(x|c): columns or datasets, which are "
          "then not "
          "modelled, factors of data that the program makes, or labels");
    o.add("condition_levels", &DataConfig::condition_levels, "those of them that are numbers and stand for names")
        .only_with("condition");
    o.add("unseen", &DataConfig::unseen,
          "share of training data that are shown without their condition, so that test data can have levels that the "
          "training data lack")
        .range(0, 0.9)
        .only_with("condition");
    o.add("encoder_sees_condition", &DataConfig::encoder_sees_condition,
          "whether q(z|x,c) is given the condition, too; false: q(z|x), so that latents of one batch are made as those "
          "of "
          "another")
        .only_with("condition");
    o.add("observe", &DataConfig::observe,
          "what the likelihood sees; columns: each column of a table as the likelihood that scores it takes it")
        .one_of(values_of_observe());
    o.add("missing", &DataConfig::missing,
          "rows with missing values: mask, likelihoods score the observed values only, and the encoder is told which "
          "they "
          "are; drop, these rows are left out, as under every other `observe`")
        .one_of({"mask", "drop"})
        .only_with("observe", {"columns"});
#define ELBO_DESCRIBE(transform) transform##Options::describe(o);
    ELBO_EACH_TRANSFORM(ELBO_DESCRIBE)
#undef ELBO_DESCRIBE
    o.add("train", &DataConfig::train,
          "training data to use, drawn at random from those there are, always the same ones; 0 is all")
        .range(0, 1e12);
    o.add("valid", &DataConfig::valid,
          "data held out, drawn at random from the training data; from the validation file where the data have one, of "
          "which 0 is all")
        .range(0, 1e12);
    o.add("test", &DataConfig::test, "test data to use, drawn likewise; 0 is all").range(0, 1e12);
    o.add("seed", &DataConfig::seed, "seed of data that the program makes").range(0, 1e15);
    o.add("memory_gb", &DataConfig::memory_gb,
          "memory for the values; training data beyond it are read by blocks, from hdf5 and npy files; 0 keeps all in "
          "memory")
        .range(0, 1e6);
  }
};

}  // namespace elbo::host
