// elbo bench blocks: epochs on data read by blocks, beside the same epochs on the same data in memory.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/scratch.hpp"
#include "benchmarks/workload.hpp"
#include "data/blocks.hpp"
#include "hdf5/handle.hpp"
#include "train/step.hpp"

namespace elbo::host::bench {
namespace fs = std::filesystem;
namespace {

constexpr int64_t pixels = 28 * 28;

constexpr int64_t held_out = 100;
constexpr double share = 8;  // of the data, the memory that is given is one part in so many

/// Files of the images; gone when it is.
class Files {
 public:
  fs::path npy(const std::vector<uint8_t>& values) const {
    std::string header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(values.size() / pixels) + ", 28, 28), }";
    header.resize(117, ' ');
    std::ofstream file(folder_ / "x.npy", std::ios::binary);
    file.write("\x93NUMPY\x01\x00\x76\x00", 10);
    file << header << '\n';
    file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size()));
    file.close();
    if (!file) throw Error((folder_ / "x.npy").string() + ": cannot be written; expected room for temporary files");
    return folder_ / "x.npy";
  }

  /// In one piece, or in deflated chunks of 100 images.
  fs::path hdf5(const std::vector<uint8_t>& values, bool deflated) const {
    const fs::path path = folder_ / (deflated ? "deflated.h5" : "x.h5");
    const hsize_t shape[] = {values.size() / pixels, 28, 28}, chunk[] = {100, 28, 28};
    const h5::FileHandle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const h5::Space space(H5Screate_simple(3, shape, nullptr));
    const h5::Properties how(H5Pcreate(H5P_DATASET_CREATE));
    if (deflated) H5Pset_chunk(how, 3, chunk), H5Pset_deflate(how, 4);
    const h5::Object set(H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    if (H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      throw Error(path.string() + ": cannot be written; expected room for temporary files");
    return path;
  }

 private:
  Scratch scratch_;
  const fs::path& folder_ = scratch_.folder;
};

/// One way to have the data, with a model to train on them.
struct BlocksCase {
  std::string name;
  int descriptor;  // of the file
  bool is_cold;    // the system has to fetch it from its disk each epoch
  Assembled ours;
  Optimizer optimizer;
  int64_t epochs = 0;
  std::vector<double> seconds{};  // of each epoch, by the clock on the wall

  BlocksCase(std::string title, const fs::path& path, double memory_gb, bool cold = false)
      : name(std::move(title)),
        descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
        is_cold(cold),
        ours(assemble(workloads()[0], loaded(path, memory_gb))),
        optimizer(ours.run.optimizer, ours.model.named_parameters()) {}
  ~BlocksCase() { ::close(descriptor); }
  BlocksCase(const BlocksCase&) = delete;
  BlocksCase& operator=(const BlocksCase&) = delete;

  static std::unique_ptr<data::Dataset> loaded(const fs::path& path, double memory_gb) {
    DataConfig config;
    config.path = path.string();
    config.format = path.extension() == ".npy" ? "npy" : "hdf5";
    config.select = config.format == "hdf5" ? "x" : "";
    config.observe = "binary";
    config.test_fraction = 0.01;
    config.test = held_out;
    config.memory_gb = memory_gb;
    return std::make_unique<data::Dataset>(data::load(data::description_of(config), config));
  }

  void epoch() {
    if (is_cold) forget();
    const auto start = std::chrono::steady_clock::now();
    const Tensor order = ours.source->order(Rng(1).fork("order", static_cast<uint64_t>(epochs++)));
    const int64_t batch = ours.run.train.batch_size;
    for (int64_t first = 0; first + batch <= order.size(0); first += batch)
      train_step(ours.run, ours.model, *ours.source, optimizer, order.narrow(0, first, batch),
                 Rng(1).fork("step", static_cast<uint64_t>(first)), 0);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }

  /// Drops the file from the system's memory.
  void forget() const {
    ::fdatasync(descriptor);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  }

  double median_seconds() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

const std::vector<Shown> blocks_columns = {{"case", "training data", "", 0},
                                           {"images_per_second", "images", "1/s", 0},
                                           {"ratio", "in memory / this", "time", 3},
                                           {"wall_ratio", "by the clock", "time", 3},
                                           {"blocks", "blocks", "", 0},
                                           {"held", "held", "", 0},
                                           {"values_mb", "values in memory", "MB", 1}};

Json block_row(const BlocksCase& c, double seconds, const BlocksCase& memory, double memory_seconds) {
  const data::Split& train = c.ours.dataset->train;
  const auto rows = static_cast<double>(train.x.rows());
  Json row = {{"case", c.name},
              {"images_per_second", rows / seconds},
              {"ratio", memory_seconds / seconds},
              {"wall_ratio", memory.median_seconds() / c.median_seconds()},
              {"values_mb", rows * pixels / 1e6}};
  if (!train.blocks) return row;
  row["blocks"] = train.blocks->count();
  row["held"] = train.blocks->held();
  row["values_mb"] =
      rows * pixels / 1e6 * static_cast<double>(train.blocks->held()) / static_cast<double>(train.blocks->count());
  return row;
}

/// The first is the one in memory. The files must stay where they are: one that is removed counts as changed.
std::vector<std::unique_ptr<BlocksCase>> block_cases(const Files& files, const std::string& filter) {
  const std::vector<uint8_t> values = std::get<std::vector<uint8_t>>(made_images(workloads()[0])->train.x.values);
  const double memory_gb = static_cast<double>(values.size()) / share / 1e9;
  const fs::path npy = files.npy(values), hdf5 = files.hdf5(values, false), deflated = files.hdf5(values, true);
  std::vector<std::unique_ptr<BlocksCase>> cases;
  cases.push_back(std::make_unique<BlocksCase>("in memory", npy, 0));
  cases.push_back(std::make_unique<BlocksCase>("npy", npy, memory_gb));
  cases.push_back(std::make_unique<BlocksCase>("npy from the disk", npy, memory_gb, true));
  cases.push_back(std::make_unique<BlocksCase>("hdf5", hdf5, memory_gb));
  cases.push_back(std::make_unique<BlocksCase>("hdf5, deflated", deflated, memory_gb));
  std::erase_if(cases,
                [&](const auto& c) { return c->name != "in memory" && c->name.find(filter) == std::string::npos; });
  if (cases.size() == 1)
    throw UserError("elbo bench blocks: no case has '" + filter +
                    "' in its name; there are: npy, npy from the disk, hdf5, hdf5, deflated");
  return cases;
}

}  // namespace

void blocks(const Request& request) {
  const Files files;
  const auto cases = block_cases(files, request.filter);
  Measurements measurements;
  for (const auto& c : cases) measurements.add(c->name, [&c] { c->epoch(); });
  const auto times = measurements.run(request.settings);
  const double in_memory = times.at("in memory").median;
  Json rows = Json::array();
  for (const auto& c : cases) rows.push_back(block_row(*c, times.at(c->name).median, *cases[0], in_memory));
  write(request.format, {{"benchmark", "blocks"}}, conditions(request.unset), rows, blocks_columns);
}

}  // namespace elbo::host::bench
