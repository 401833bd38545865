// Numbers that 32-bit floats merge are named, wherever they come from; all others are read.
#include "formats/float_precision.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "data/files/data_record.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/containers/npy.hpp"
#include "formats/float_precision.hpp"
#include "observation/data_summary.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace formats;
using namespace test;

using Doubles = std::vector<double>;

void look_at(const Doubles& values, size_t columns = 1) {
  FloatPrecision precision(static_cast<int64_t>(values.size() / columns), static_cast<int64_t>(columns));
  for (const double value : values) precision.add(value);
  precision.check("file");
}

Doubles made(size_t count, const std::function<double(size_t)>& value) {
  Doubles values;
  for (size_t i = 0; i < count; ++i) values.push_back(value(i));
  return values;
}

/// Normal numbers, the same on every machine.
double normal(size_t i) {
  const auto uniform = [](uint64_t x) {
    x = (x + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9ULL;
    return (static_cast<double>((x ^ x >> 29) >> 11) + 0.5) / 9007199254740992.0;
  };
  return std::sqrt(-2 * std::log(uniform(2 * i))) * std::cos(2 * M_PI * uniform(2 * i + 1));
}

double half_seconds(size_t i) { return 1.7e9 + static_cast<double>(i) + 0.5; }

TEST(FloatPrecision, WhatWouldBeMergedIsRefused) {
  const std::vector<std::pair<const char*, Doubles>> columns = {
      {"half seconds since 1970", made(100, half_seconds)},
      {"the same, a million of them", made(1000000, half_seconds)},
      {"seconds, as floats", made(100, [](size_t i) { return 1.7e9 + static_cast<double>(i); })},
      {"milliseconds", made(5000, [](size_t i) { return 1.7e12 + static_cast<double>(i); })},
      {"half seconds and zeros for those that are missing",
       made(300, [](size_t i) { return i % 2 ? half_seconds(i) : 0; })},
      {"two numbers", made(50, [](size_t i) { return 16777216.0 + static_cast<double>(i % 2); })},
      {"normal about 1e5", made(200, [](size_t i) { return 1e5 + normal(i); })},
      {"normal about 1e6", made(100000, [](size_t i) { return 1e6 + normal(i); })},
  };
  for (const auto& [name, values] : columns) {
    const std::string said = refusal([&] { look_at(values); });
    EXPECT_SAYS(said, "file: it holds") << name;
    EXPECT_SAYS(said, "32-bit floats") << name;
    EXPECT_SAYS(said, "subtract a constant") << name;
  }
}

TEST(FloatPrecision, NumbersTooSmallToBeToldFromZeroAreToBeMultiplied) {
  const Doubles values = made(100, [](size_t i) { return 1.5e-60 * static_cast<double>(i + 1); });
  EXPECT_SAYS(refusal([&] { look_at(values); }), "multiply them by a constant such as 1e58");
}

TEST(FloatPrecision, WhatIsHeldWellEnoughIsRead) {
  const std::vector<std::pair<const char*, Doubles>> columns = {
      {"normal", made(1000000, normal)},
      {"normal about 1000", made(100000, [](size_t i) { return 1000 + normal(i); })},
      {"years", made(1000, [](size_t i) { return 1990 + static_cast<double>(i) / 365.25; })},
      {"large and wide", made(10000, [](size_t i) { return 1e10 * (1 + std::abs(normal(i))); })},
      {"one constant", Doubles(100, 0.1)},
      {"a tenth, computed in two ways", made(100, [](size_t i) { return i % 2 ? 0.1 : 0.3 - 0.2; })},
      {"whole numbers of any size that floats hold",
       made(100, [](size_t i) { return 16777216.0 * static_cast<double>(i); })},
      {"prices", made(1000, [](size_t i) { return 12345 + static_cast<double>(i) / 100; })},
      {"not a number", made(10, [](size_t) { return NAN; })},
      {"none", {}},
  };
  for (const auto& [name, values] : columns) EXPECT_NO_THROW(look_at(values)) << name;
}

TEST(FloatPrecision, EachColumnIsLookedAt) {
  EXPECT_SAYS(refusal([] { look_at(made(300, [](size_t i) { return i % 3 == 2 ? half_seconds(i) : normal(i); }), 3); }),
              "file: value 3 of a row holds");
}

std::string stored_doubles(const Doubles& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
}

TEST(FloatPrecision, EveryReaderOfDoublesNamesTheFile) {
  const Folder folder;
  const Doubles times = made(40, half_seconds);
  std::string csv = "t,x\n", mtx = "%%MatrixMarket matrix array real general\n40 1\n", big;
  for (const double time : times) {
    csv += fmt::format("{},1\n", time);
    mtx += fmt::format("{}\n", time);
    std::string bytes = stored_doubles({time});
    big.append(bytes.rbegin(), bytes.rend());
  }
  {
    Hdf5Writer file(folder / "x.h5");
    file.add("/x", H5T_IEEE_F64LE, {40}, times);
  }
  const std::string plain = npy("'<f8'", "(40,)", stored_doubles(times)), image = idx(0x0E, {40}, big);
  const Array table = parse("csv", bytes_of(csv), "x.csv");  // which stores them less a constant
  EXPECT_SAYS(table.table[0].unit, "above 17000000");
  EXPECT_EQ(std::get<std::vector<float>>(table.values)[0], static_cast<float>(times[0] - std::floor(times[0])));
  EXPECT_SAYS(refusal([&] { parse("npy", bytes_of(plain), "x.npy"); }), "x.npy: it holds");
  EXPECT_SAYS(refusal([&] { parse("idx", bytes_of(image), "x.idx"); }), "x.idx: it holds");
  EXPECT_SAYS(refusal([&] { parse("mtx", bytes_of(mtx), "x.mtx"); }), "x.mtx: it holds");
  EXPECT_SAYS(refusal([&] { formats::read_hdf5(folder / "x.h5", "/x"); }), "x.h5:/x: it holds");
  write(folder / "x.npy", plain);
  for (const char* format : {"npy", "hdf5"}) {
    DataConfig config = own(folder / (format == std::string("npy") ? "x.npy" : "x.h5"), format, "real");
    if (format == std::string("hdf5")) config.select = "/x";
    config.memory_gb = 1e-7;
    EXPECT_SAYS(refusal([&] { description_of(config); }), "it holds") << format;
  }
}

TEST(FloatPrecision, NumbersBeyondTheRangeOfFloatsAreNamed) {
  EXPECT_SAYS(refusal([] { exact_float(1e39, "file"); }), "expected at most 3.4e38 in size");
  EXPECT_TRUE(std::isinf(exact_float(INFINITY, "file")));
}

TEST(FloatPrecision, NumbersSoLargeThatEveryFloatIsWholeAreNotCalledIntegers) {
  Dataset dataset;
  dataset.shape = {1};
  dataset.support = Support::real;
  dataset.train.x = {.shape = {3, 1}, .values = std::vector<float>{1, 2, 3}};
  EXPECT_TRUE(observation::summary_of(dataset).whole);
  dataset.train.x.values = std::vector<float>{1.1e10F, 2.3e10F, 3.7e12F};
  EXPECT_FALSE(observation::summary_of(dataset).whole);
  EXPECT_EQ(observation::summary_of(dataset).whole_positions, 0);
}

TEST(FloatPrecision, LabelsThatFloatsMergeAreRefused) {
  const Folder folder;
  write(folder / "x.npy", npy("'|u1'", "(10, 2)", std::string(20, '\1')));
  write(folder / "labels.npy", npy("'<f8'", "(10,)", stored_doubles(Doubles(10, 16777216.0))));
  DataConfig config = own(folder / "x.npy", "npy", "counts");
  config.labels = "labels.npy";
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }), "whole numbers below 2^24");
}

}  // namespace
}  // namespace elbo::host::data
