#include "log/run_log.hpp"

#include <cmath>
#include <fstream>

#include "example.hpp"
#include "folder.hpp"
#include "hdf5/file.hpp"

namespace elbo::host::log {
namespace {

using Doubles = std::vector<double>;
using Integers = std::vector<int64_t>;

template <class T>
std::vector<T> all(const h5::File& file, const std::string& path) {
  const h5::Dataset dataset = file.dataset(path);
  return dataset.read<T>(0, dataset.rows());
}

RunLog written(const std::filesystem::path& path, int64_t epochs, const Layout& layout = example::layout()) {
  RunLog log = RunLog::create(path, layout);
  for (int64_t epoch = 1; epoch <= epochs; ++epoch) example::write_epoch(log, epoch, layout);
  return log;
}

TEST(RunLog, ACompleteRunIsReadBack) {
  const Folder folder;
  RunLog log = written(folder / "run.h5", 3);
  example::finish(log);
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  EXPECT_EQ(all<int64_t>(file, "/train/epoch"), (Integers{1, 2, 3}));
  EXPECT_EQ(all<double>(file, "/train/elbo"), (Doubles{example::elbo(1), example::elbo(2), example::elbo(3)}));
  EXPECT_EQ(all<double>(file, "/test/kl_per_dim"), (Doubles{1, .5, .25, 2, 1, .5, 3, 1.5, .75}));
  EXPECT_EQ(all<int64_t>(file, "/steps/step"), (Integers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(all<int64_t>(file, "/latents/snapshot"), (Integers{1, 2, 3}));
  EXPECT_EQ(file.dataset("/latents/mean").read<float>(1, 1), example::mean(2));
  EXPECT_EQ(all<int64_t>(file, "/latents/label")[13], 3);
  for (const char* name : {"samples", "reconstructions", "manifold"}) {
    EXPECT_EQ(file.dataset(std::string("/images/") + name).read<uint8_t>(2, 1), example::pixels(3, example::layout()));
    EXPECT_EQ(all<uint8_t>(file, std::string("/images/last_") + name), example::pixels(3, example::layout()));
  }
  EXPECT_EQ(all<double>(file, "/per_example/elbo")[59], -131.0);
  const Doubles log_px = all<double>(file, "/per_example/log_px");
  EXPECT_EQ(log_px[1], -2.0);
  EXPECT_TRUE(std::isnan(log_px[2])) << "an estimate for the first images only";
  EXPECT_EQ(file.names("/summary"), (std::vector<std::string>{"elbo", "active_units", "measure"}));
  EXPECT_EQ(file.attribute("/train", "signal"), "elbo");
}

TEST(RunLog, TheSummaryIsRead) {
  const Folder folder;
  RunLog log = written(folder / "run.h5", 1);
  example::finish(log);
  const RunSummary summary = read_summary(folder / "run.h5");
  EXPECT_EQ(summary.title, "example: gaussian, seed 1");
  EXPECT_EQ(summary.status, "completed");
  EXPECT_EQ(summary.plan_json, "{\"seed\": 1}");
  EXPECT_EQ(summary.values, (std::map<std::string, double>{{"active_units", 2}, {"elbo", -101.5}}));
  EXPECT_EQ(summary.texts, (std::map<std::string, std::string>{{"measure", "counting on 256 levels"}}));
}

TEST(RunLog, ARunningFileHasASummaryWithoutValues) {
  const Folder folder;
  const RunLog log = written(folder / "run.h5", 1);
  EXPECT_EQ(read_summary(folder / "run.h5").status, "running");
  EXPECT_TRUE(read_summary(folder / "run.h5").values.empty());
}

TEST(RunLog, ClosingKeepsTheRowsAndSaysWhy) {
  const Folder folder;
  RunLog log = written(folder / "run.h5", 2);
  log.epoch(Pass::train, 3, {{"elbo", -1.0}}, {});
  log.close("failed: loss is not finite");
  EXPECT_EQ(read_summary(folder / "run.h5").status, "failed: loss is not finite");
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  EXPECT_EQ(all<double>(file, "/train/elbo"), (Doubles{example::elbo(1), example::elbo(2), -1.0}));
  EXPECT_TRUE(std::isnan(all<double>(file, "/train/loss")[2])) << "a value that is not given is NaN";
  EXPECT_TRUE(std::isnan(file.dataset("/train/kl_per_dim").read<double>(2, 1)[0]));
}

TEST(RunLog, ColourSheetsHaveThreeDimensions) {
  const Folder folder;
  const Layout layout = example::layout(true);
  RunLog log = written(folder / "run.h5", 1, layout);
  example::finish(log);
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  EXPECT_EQ(file.dataset("/images/samples").shape(), (std::vector<hsize_t>{1, 8, 12, 3}));
  EXPECT_EQ(file.attribute("/images/last_samples", "IMAGE_SUBCLASS"), "IMAGE_TRUECOLOR");
}

TEST(RunLog, WhatIsNotWantedIsNotThere) {
  const Folder folder;
  Layout layout;
  layout.train_columns = layout.test_columns = {{"loss", "nat", "loss"}};
  RunLog log = RunLog::create(folder / "run.h5", layout);
  log.epoch(Pass::train, 1, {{"loss", 1.0}}, {});
  EXPECT_CONTAINS(error_of([&] { log.step(1, {{"loss", 1.0}}); }), "logs no steps");
  EXPECT_THROW(log.latents(1, {}, {}), Error);
  EXPECT_THROW(log.image("samples", 1, {}), Error);
  log.finish({}, {}, {});
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  EXPECT_EQ(file.names("/"), (std::vector<std::string>{"config", "provenance", "train", "test", "summary"}));
  EXPECT_EQ(file.names("/train"), (std::vector<std::string>{"epoch", "loss"}));
}

TEST(RunLog, MistakesOfTheCallerAreNamed) {
  const Folder folder;
  RunLog log = written(folder / "run.h5", 2);
  const auto epoch = [&](int64_t at, const std::string& name, const Doubles& kl) {
    return error_of([&] { log.epoch(Pass::train, at, {{name, 1.0}}, kl); });
  };
  EXPECT_CONTAINS(epoch(3, "eblo", {}), "no column 'eblo' to log; there are: loss, elbo, kl, lr");
  EXPECT_CONTAINS(epoch(2, "elbo", {}), "row 2 comes after row 2; expected rising rows");
  EXPECT_CONTAINS(epoch(3, "elbo", {1, 2}), "was given 2 values of kl_per_dim; expected 3");
  const std::vector<uint8_t> pixels = example::pixels(3, example::layout());
  EXPECT_CONTAINS(error_of([&] { log.image("samples", 2, pixels); }), "snapshot 2 is there already");
  EXPECT_CONTAINS(error_of([&] { log.image("sample", 3, pixels); }), "'sample' was not announced");
  EXPECT_CONTAINS(error_of([&] { log.image("samples", 3, std::span(pixels).first(5)); }),
                  "was given 5 values; expected 96");
  EXPECT_CONTAINS(error_of([&] { log.finish({{{"elbo", "nat", "elbo"}, Doubles(61)}}, {}, {}); }),
                  "expected at most 60");
  log.close("stopped");
  EXPECT_EQ(read_summary(folder / "run.h5").status, "stopped");
  EXPECT_FALSE(std::filesystem::exists(folder / "run.h5.draft"));
  EXPECT_CONTAINS(error_of([&] { log.flush(); }), "is closed");
}

TEST(RunLog, ResumingCutsEverySeriesBack) {
  const Folder folder;
  written(folder / "run.h5", 5).close("stopped");
  {
    RunLog log = RunLog::resume(folder / "run.h5", example::layout(), example::after(3));
    example::write_epoch(log, 4, example::layout());
    example::finish(log);
  }
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  for (const char* path : {"/train/epoch", "/test/epoch", "/latents/snapshot", "/images/snapshot"})
    EXPECT_EQ(all<int64_t>(file, path), (Integers{1, 2, 3, 4})) << path;
  EXPECT_EQ(all<int64_t>(file, "/steps/step"), (Integers{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(file.dataset("/images/samples").read<uint8_t>(3, 1), example::pixels(4, example::layout()));
  EXPECT_EQ(file.attribute("/", "status"), "completed");
}

TEST(RunLog, ARunThatGoesOnElsewhereNamesBothDevices) {
  const Folder folder;
  Layout layout = example::layout();
  const auto device_after = [&](const std::string& device) {
    layout.provenance = {{"device", device}};
    RunLog::resume(folder / "run.h5", layout, example::after(0)).close("stopped");
    return h5::File::open(folder / "run.h5", h5::Mode::read).attribute("/provenance", "device");
  };
  layout.provenance = {{"device", "cpu"}};
  RunLog::create(folder / "run.h5", layout).close("stopped");
  EXPECT_EQ(device_after("cpu"), "cpu");
  EXPECT_EQ(device_after("cuda:0, NVIDIA H200"), "cpu, then cuda:0, NVIDIA H200");
  EXPECT_EQ(device_after("cuda:0, NVIDIA H200"), "cpu, then cuda:0, NVIDIA H200");
  EXPECT_EQ(device_after("cpu"), "cpu, then cuda:0, NVIDIA H200, then cpu");
}

TEST(RunLog, AFinishedRunCanGoOn) {
  const Folder folder;
  RunLog log = written(folder / "run.h5", 2);
  example::finish(log);
  for (int64_t epoch = 2; epoch <= 4; ++epoch) {
    RunLog longer = RunLog::resume(folder / "run.h5", example::layout(), example::after(epoch));
    EXPECT_TRUE(read_summary(folder / "run.h5").values.empty());
    example::write_epoch(longer, epoch + 1, example::layout());
    example::finish(longer);
  }
  const h5::File file = h5::File::open(folder / "run.h5", h5::Mode::read);
  EXPECT_EQ(all<int64_t>(file, "/train/epoch"), (Integers{1, 2, 3, 4, 5}));
  EXPECT_EQ(all<uint8_t>(file, "/images/last_samples"), example::pixels(5, example::layout()));
}

TEST(RunLog, ALogShorterThanItsCheckpointIsNotResumed) {
  const Folder folder;
  written(folder / "run.h5", 3).close("stopped");
  const auto lacks = [&](Position position) {
    return error_of([&] { RunLog::resume(folder / "run.h5", example::layout(), position); });
  };
  EXPECT_CONTAINS(lacks(example::after(4)), "/train/epoch: ends with row 3; expected one of 4");
  Position position = example::after(3);
  position.step = 7;
  EXPECT_CONTAINS(lacks(position), "/steps/step: ends with row 6; expected one of 7");
  EXPECT_EQ(read_summary(folder / "run.h5").status, "stopped") << "it was changed";
  RunLog::resume(folder / "run.h5", example::layout(), example::after(3)).close("stopped");
}

TEST(RunLog, AnotherLayoutIsNotResumed) {
  const Folder folder;
  written(folder / "run.h5", 1).close("stopped");
  Layout layout = example::layout();
  layout.train_columns.push_back({"beta", "1", "weight"});
  EXPECT_CONTAINS(error_of([&] { RunLog::resume(folder / "run.h5", layout, example::after(1)); }),
                  "/train/beta: cannot be opened");
}

TEST(RunLog, ARunningFileIsNotTakenByAnother) {
  const Folder folder;
  const RunLog log = written(folder / "run.h5", 1);
  EXPECT_CONTAINS(error_of([&] { RunLog::create(folder / "run.h5", example::layout()); }),
                  "is being written by another process");
  EXPECT_CONTAINS(error_of([&] { RunLog::resume(folder / "run.h5", example::layout(), example::after(1)); }),
                  "is being written");
}

TEST(RunLog, ANewRunReplacesAnOldOne) {
  const Folder folder;
  written(folder / "run.h5", 3).close("stopped");
  written(folder / "run.h5", 1).close("stopped");
  EXPECT_EQ(h5::File::open(folder / "run.h5", h5::Mode::read).dataset("/train/epoch").rows(), 1U);
}

TEST(RunLog, OtherFilesAreRefusedWithASentence) {
  const Folder folder;
  EXPECT_CONTAINS(error_of([&] { read_summary(folder / "none.h5"); }), "there is no such file");
  EXPECT_CONTAINS(error_of([&] { read_summary(folder.path); }), "is not an HDF5 file");
  std::ofstream(folder / "text.h5") << "epoch,elbo\n";
  EXPECT_CONTAINS(error_of([&] { read_summary(folder / "text.h5"); }),
                  "is not an HDF5 file; expected the log of an elbo run");
  h5::File::create(folder / "other.h5").close();
  EXPECT_CONTAINS(error_of([&] { read_summary(folder / "other.h5"); }),
                  "is an HDF5 file, but not the log of an elbo run");
  written(folder / "run.h5", 2).close("stopped");
  const auto whole = std::filesystem::file_size(folder / "run.h5");
  for (const size_t part : {200UL, whole / 2, whole - 1}) {
    std::filesystem::copy_file(folder / "run.h5", folder / "part.h5",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder / "part.h5", part);
    EXPECT_CONTAINS(error_of([&] { read_summary(folder / "part.h5"); }),
                    "is truncated to " + std::to_string(part) + " bytes");
  }
}

}  // namespace
}  // namespace elbo::host::log
