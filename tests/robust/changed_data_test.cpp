// Data that change between plan and use, for each program that loads them: it refuses, names the file and what has changed.
#include <fmt/format.h>

#include <algorithm>

#include "robust.hpp"
#include "unit/data/files.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

constexpr size_t columns = 6;

/// Rows of counts, and a label for each.
struct Content {
  std::vector<uint8_t> values;
  std::vector<int64_t> labels;

  explicit Content(size_t rows = 300) {
    for (size_t row = 0; row < rows; ++row) append_row();
  }
  size_t rows() const { return labels.size(); }
  void append_row() {
    uint32_t state = static_cast<uint32_t>(rows()) * 2654435761u + 1;
    for (size_t i = 0; i < columns; ++i)
      values.push_back(static_cast<uint8_t>((i + 1) * ((state = state * 1664525 + 1013904223) >> 30)));
    labels.push_back(static_cast<int64_t>(rows() % 3));
  }
  std::string text() const { return {reinterpret_cast<const char*>(values.data()), values.size()}; }
};

void write_csv(const fs::path& folder, const Content& c) {
  std::string text = "a,b,c,d,e,f,label\n";
  for (size_t row = 0; row < c.rows(); ++row) {
    for (size_t i = 0; i < columns; ++i) text += fmt::format("{},", c.values[row * columns + i]);
    text += fmt::format("{}\n", c.labels[row]);
  }
  test::write(folder / "x.csv", text);
}

void write_npy(const fs::path& folder, const Content& c) {
  std::string labels;
  for (const int64_t label : c.labels) labels += static_cast<char>(label);
  test::write(folder / "x.npy", test::npy("'|u1'", fmt::format("({}, {})", c.rows(), columns), c.text()));
  test::write(folder / "labels.npy", test::npy("'|u1'", fmt::format("({},)", c.rows()), labels));
}

void write_hdf5(const fs::path& folder, const Content& c) {
  {
    test::Hdf5Writer file(folder / "written.h5");
    file.add_chunked("/x", H5T_STD_U8LE, {c.rows(), columns}, {10, columns}, c.values);
    file.add("/labels", H5T_STD_I64LE, {c.rows()}, c.labels);
  }
  test::write(folder / "x.h5",
              test::slurp(folder / "written.h5"));  // the library does not write to what others have open
}

struct Reader {
  std::string test, file, section;
  void (*writer)(const fs::path&, const Content&);
};

struct Change {
  std::string sentence;
  std::function<void(Content&)> change;
};

const Change another_file = {"it holds other values, in as many rows (300)",
                             [](Content& c) { std::reverse(c.values.begin(), c.values.end()); }};
const Change one_value = {"it holds other values, in as many rows (300)",
                          [](Content& c) { c.values[20] = static_cast<uint8_t>(c.values[20] ^ 1); }};
const Change a_row_more = {"it holds 301 rows and held 300", [](Content& c) { c.append_row(); }};
const Change a_row_less = {"it holds 299 rows and held 300", [](Content& c) { c = Content(299); }};
const Change other_labels = {"(labels)", [](Content& c) { std::swap(c.labels[0], c.labels[1]); }};
const Change columns_reversed = {"its columns stand in another order", [](Content& c) {
                                   for (size_t row = 0; row < c.rows(); ++row)
                                     std::reverse(c.values.begin() + static_cast<std::ptrdiff_t>(row * columns),
                                                  c.values.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
                                 }};

class ChangedData : public Robust, public ::testing::WithParamInterface<Reader> {
 protected:
  void SetUp() override {
    Robust::SetUp();
    GetParam().writer(scratch.path, Content());
  }

  static std::string experiment(int epochs) {
    return "latent_dim = 2\ndataset = { " + GetParam().section + ", observe = \"counts\" }\n" +
           "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
           "prior = { plugin = \"standard_normal\" }\nlikelihood = { plugin = \"poisson\" }\n"
           "evaluate = { importance_samples = 30 }\nlog = { images = 0 }\n"
           "[train]\nbatch_size = 20\ncheckpoint_seconds = 0\nmax_epochs = " +
           std::to_string(epochs) + "\n";
  }

  /// As another program leaves it that keeps the file's times.
  void put(const Content& content) const {
    const fs::path file = scratch.path / GetParam().file;
    const auto time = fs::last_write_time(file);
    GetParam().writer(scratch.path, content);
    fs::last_write_time(file, time);
  }
  void put(const Change& change) const {
    Content content;
    change.change(content);
    put(content);
  }

  /// Beside which the folder of the batches lies.
  fs::path planned_run() const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
      if (fs::exists(entry.path() / "run.json")) return entry.path();
    return {};
  }

  static void expect_refused(const Said& said, const std::string& command, const Change& change, int code = 2) {
    const std::string all = said.out + said.err;
    EXPECT_EQ(said.code, code) << command << "\n" << all;
    EXPECT_TRUE(has(all, GetParam().file == "x.npy" && change.sentence == "(labels)" ? "labels.npy" : GetParam().file))
        << command << "\n"
        << all;
    EXPECT_TRUE(has(all, "has changed since the run was planned")) << command << "\n" << all;
    EXPECT_TRUE(has(all, change.sentence)) << command << "\n" << all;
  }
};

}  // namespace

TEST_P(ChangedData, AreRefusedByWhateverIsDoneWithAFinishedRun) {
  write("x.toml", experiment(1));
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  fs::rename(run_in("out"), scratch.path / "RUN");
  const std::string log = read_file(scratch.path / "RUN/log.h5");
  const fs::path measured = scratch.path / "RUN/evaluation.h5";  // that a run on a table writes itself
  const std::string before = fs::exists(measured) ? read_file(measured) : "";
  const std::vector<std::pair<std::string, Change>> commands = {
      {"evaluate RUN --metrics bounds", one_value},
      {"score RUN --likelihood poisson", columns_reversed},
      {"reconstruct RUN", a_row_more},
      {"sample RUN", a_row_less},
      {"rerun RUN/log.h5 --out again", another_file},
      {"evaluate RUN", other_labels},
  };
  for (const auto& [command, change] : commands) {
    put(change);
    expect_refused(elbo(command), command, change);
  }
  EXPECT_EQ(read_file(scratch.path / "RUN/log.h5"), log);
  EXPECT_EQ(fs::exists(measured) ? read_file(measured) : "", before);
  for (const char* file : {"RUN/reconstruct.h5", "RUN/sample.h5", "again"}) EXPECT_FALSE(exists(file)) << file;

  put(Content());  // the file of then
  EXPECT_EQ(elbo("evaluate RUN --metrics bounds").code, 0);
  const Said rerun = elbo("rerun RUN/log.h5 --out again");
  EXPECT_EQ(rerun.code, 0) << rerun.out << rerun.err;
}

TEST_P(ChangedData, AreRefusedByResumeWhichGoesOnOnceTheyAreBack) {
  write("x.toml", experiment(100));
  ASSERT_EQ(elbo("run x.toml --out whole").code, 0);
  const auto process = begin({"run", path("x.toml"), "--out", path("out")});
  ASSERT_TRUE(wait_until(*process, [&] { return exists("out") && fs::exists(run_in("out") / "checkpoint.0"); }));
  process->signal(SIGKILL);
  end_of(*process);
  for (const Change& change : {columns_reversed, a_row_more}) {
    put(change);
    expect_refused(elbo("resume out"), "resume", change);
    expect_refused(elbo("resume out"), "resume again", change);
  }
  put(Content());
  const Said resumed = elbo("resume out");
  EXPECT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(read_file(run_in("whole") / "weights.safetensors"), read_file(run_in("out") / "weights.safetensors"));
}

TEST_P(ChangedData, AreRefusedByAWorkerThatStartsLater) {
  write("x.toml", experiment(2));
  for (const char* command : {"sbatch", "scontrol"}) {
    write(command, command == std::string("sbatch") ? "#!/bin/bash\necho 1\n"
                                                    : "#!/bin/bash\necho 'MaxArraySize            = 1001'\n");
    fs::permissions(scratch.path / command, fs::perms::owner_all);
  }
  test::write(scratch.path / "squeue", "#!/bin/bash\n");
  fs::permissions(scratch.path / "squeue", fs::perms::owner_all);
  const std::string before = std::getenv("PATH");
  setenv("PATH", (scratch.path.string() + ":" + before).c_str(), 1);
  EXPECT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  setenv("PATH", before.c_str(), 1);
  for (const Change& change : {another_file, other_labels}) {
    put(change);
    fs::remove(planned_run() / "failed.json");
    expect_refused(elbo("work out/batches/batch-1.txt --task 0"), "work", change, 1);
    EXPECT_FALSE(fs::exists(planned_run() / "log.h5"));
    EXPECT_TRUE(has(elbo("status out").out, "has changed since the run was planned"));
  }
  put(Content());
  fs::remove(planned_run() / "failed.json");
  EXPECT_EQ(elbo("work out/batches/batch-1.txt --task 0").code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Readers, ChangedData,
    ::testing::Values(
        Reader{"csv", "x.csv", "path = \"x.csv\", format = \"csv\", labels = \"label\"", &write_csv},
        Reader{"npyByBlocks", "x.npy",
               "path = \"x.npy\", format = \"npy\", labels = \"labels.npy\", memory_gb = 0.000001", &write_npy},
        Reader{"hdf5ByBlocks", "x.h5",
               "path = \"x.h5\", format = \"hdf5\", select = \"/x\", labels = \"/labels\", memory_gb = 0.000001",
               &write_hdf5}),
    [](const auto& info) { return info.param.test; });

}  // namespace elbo::host
