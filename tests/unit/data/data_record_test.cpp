// The data that were planned are the data that are used: every format against every kind of change.
#include "data/files/data_record.hpp"

#include <fmt/format.h>
#include <png.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "data/blocks.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

/// What each format is made to hold: small whole numbers, and a label for each row.
struct Content {
  size_t rows = 60, columns = 6;
  std::vector<uint8_t> values;
  std::vector<int64_t> labels;
  std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};

  Content() {
    uint32_t state = 7;
    for (size_t i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<uint8_t>(1 + ((state = state * 1664525 + 1013904223) >> 24) % 100));
    for (size_t i = 0; i < rows; ++i) labels.push_back(static_cast<int64_t>(i % 3));
  }
  uint8_t& at(size_t row, size_t column) { return values[row * columns + column]; }
  void remove_last_row() {
    --rows;
    values.resize(rows * columns);
    labels.resize(rows);
  }
  void append_row() {
    ++rows;
    for (size_t i = 0; i < columns; ++i) values.push_back(static_cast<uint8_t>(i + 1));
    labels.push_back(1);
  }
  void swap_rows(size_t a, size_t b) {
    std::swap_ranges(values.begin() + static_cast<std::ptrdiff_t>(a * columns),
                     values.begin() + static_cast<std::ptrdiff_t>((a + 1) * columns),
                     values.begin() + static_cast<std::ptrdiff_t>(b * columns));
    std::swap(labels[a], labels[b]);
  }
  void reverse_columns() {
    for (size_t row = 0; row < rows; ++row) std::reverse(&at(row, 0), &at(row, 0) + columns);
    std::reverse(names.begin(), names.end());
  }
};

std::string as_text(const std::vector<uint8_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size()};
}

std::string as_bytes_text(const std::vector<int64_t>& labels) {
  std::string text;
  for (const int64_t label : labels) text += static_cast<char>(label);
  return text;
}

std::string shape_text(const Content& c) { return fmt::format("({}, {})", c.rows, c.columns); }
std::vector<hsize_t> sizes_of(const Content& c) { return {c.rows, c.columns}; }

void write_csv(const fs::path& folder, const Content& c) {
  std::string text;
  for (const std::string& name : c.names) text += name + ",";
  text += "label\n";
  for (size_t row = 0; row < c.rows; ++row) {
    for (size_t i = 0; i < c.columns; ++i) text += fmt::format("{},", c.values[row * c.columns + i]);
    text += fmt::format("{}\n", c.labels[row]);
  }
  write(folder / "x.csv", text);
}

void write_npy(const fs::path& folder, const Content& c) {
  write(folder / "x.npy", npy("'|u1'", shape_text(c), as_text(c.values)));
  write(folder / "labels.npy", npy("'|u1'", fmt::format("({},)", c.rows), as_bytes_text(c.labels)));
}

void write_idx(const fs::path& folder, const Content& c) {
  write(folder / "x.idx",
        idx(0x08, {static_cast<uint32_t>(c.rows), static_cast<uint32_t>(c.columns)}, as_text(c.values)));
  write(folder / "labels.idx", idx(0x08, {static_cast<uint32_t>(c.rows)}, as_bytes_text(c.labels)));
}

void write_hdf5(const fs::path& folder, const Content& c) {
  Hdf5Writer file(folder / "x.h5");
  file.add_chunked("/x", H5T_STD_U8LE, sizes_of(c), {8, c.columns}, c.values);
  file.add("/labels", H5T_STD_I64LE, {c.rows}, c.labels);
}

void write_h5ad(const fs::path& folder, const Content& c) {
  Hdf5Writer file(folder / "x.h5ad");
  file.add("/X", H5T_STD_U8LE, sizes_of(c), c.values);
  file.add("/obs/label", H5T_STD_I64LE, {c.rows}, c.labels);
}

/// Of stored, unpacked members.
void write_npz(const fs::path& folder, const Content& c) {
  const auto little = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
    return text;
  };
  std::string all, directory;
  const auto add = [&](const std::string& name, const std::string& content) {
    const auto crc = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
    const auto size = static_cast<uint32_t>(content.size());
    const std::string common = little(20, 2) + little(0, 8) + little(crc, 4) + little(size, 4) + little(size, 4) +
                               little(static_cast<uint32_t>(name.size()), 2) + little(0, 2);
    directory +=
        "PK\1\2" + little(20, 2) + common + little(0, 10) + little(static_cast<uint32_t>(all.size()), 4) + name;
    all += "PK\3\4" + common + name + content;
  };
  add("x.npy", npy("'|u1'", shape_text(c), as_text(c.values)));
  add("labels.npy", npy("'|u1'", fmt::format("({},)", c.rows), as_bytes_text(c.labels)));
  const std::string end = "PK\5\6" + little(0, 4) + little(2, 2) + little(2, 2) +
                          little(static_cast<uint32_t>(directory.size()), 4) +
                          little(static_cast<uint32_t>(all.size()), 4) + little(0, 2);
  write(folder / "x.npz", all + directory + end);
}

/// Matrix Market as 10x writes it: the columns are the data.
void write_10x(const fs::path& folder, const Content& c) {
  fs::create_directories(folder / "cells");
  std::string text = fmt::format("%%MatrixMarket matrix coordinate integer general\n{} {} {}\n", c.columns, c.rows,
                                 c.rows * c.columns);
  for (size_t row = 0; row < c.rows; ++row)
    for (size_t i = 0; i < c.columns; ++i)
      text += fmt::format("{} {} {}\n", i + 1, row + 1, c.values[row * c.columns + i]);
  write(folder / "cells/matrix.mtx", text);
}

void write_png(const fs::path& folder, const Content& c) {
  fs::remove_all(folder / "pictures");
  for (size_t row = 0; row < c.rows; ++row) {
    const fs::path file = folder / "pictures" / std::to_string(c.labels[row]) / fmt::format("{:03}.png", row);
    fs::create_directories(file.parent_path());
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<uint32_t>(c.columns);
    image.height = 1;
    image.format = PNG_FORMAT_GRAY;
    png_image_write_to_file(&image, file.c_str(), 0, &c.values[row * c.columns], 0, nullptr);
  }
}

/// Version 5, with the variables x and labels.
void write_mat(const fs::path& folder, const Content& c) {
  const auto put = [](std::string& to, uint32_t value) {
    for (int i = 0; i < 4; ++i) to += static_cast<char>(value >> 8 * i);
  };
  const auto element = [&](std::string& to, uint32_t type, std::string content) {
    put(to, type);
    put(to, static_cast<uint32_t>(content.size()));
    content.resize((content.size() + 7) / 8 * 8);
    to += content;
  };
  std::string file = "MATLAB 5.0 MAT-file";
  file.resize(124, ' ');
  file += std::string("\x00\x01IM", 4);
  const auto variable = [&](const std::string& name, size_t rows, size_t columns, const std::string& values) {
    std::string flags, sizes, inside;
    put(flags, 9);
    put(flags, 0);
    put(sizes, static_cast<uint32_t>(rows));
    put(sizes, static_cast<uint32_t>(columns));
    element(inside, 6, flags);
    element(inside, 5, sizes);
    element(inside, 1, name);
    element(inside, 2, values);
    element(file, 14, inside);
  };
  std::string by_column;
  for (size_t i = 0; i < c.columns; ++i)
    for (size_t row = 0; row < c.rows; ++row) by_column += static_cast<char>(c.values[row * c.columns + i]);
  variable("x", c.rows, c.columns, by_column);
  variable("labels", c.rows, 1, as_bytes_text(c.labels));
  write(folder / "x.mat", file);
}

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
