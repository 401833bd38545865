#include "log/upkeep/live.hpp"

#include <chrono>
#include <thread>

#include "log/layout.hpp"
#include "log/series.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::log {
namespace {

hsize_t rows_of(const h5::File& file, const std::string& group) {
  return rows_until(file.dataset(group + "/epoch"), std::numeric_limits<int64_t>::max());
}

double last(const h5::File& file, const std::string& dataset, hsize_t rows) {
  return file.dataset(dataset).read<double>(rows - 1, 1)[0];
}

std::string train(const Metric& metric) { return std::string("/train/") + metric.name; }

Live looked_at(const std::filesystem::path& path) {
  const h5::File file = open_log(path);
  Live live{.status = file.attribute("/", "status")};
  const hsize_t epochs = rows_of(file, "/train"), passes = rows_of(file, "/test");
  if (epochs == 0) return live;
  live.epochs = file.dataset("/train/epoch").read<int64_t>(epochs - 1, 1)[0];
  for (const double seconds : file.dataset(train(metrics::epoch_seconds)).read<double>(0, epochs))
    live.seconds += seconds;
  live.samples_per_second = last(file, train(metrics::samples_per_second), epochs);
  const std::string group = passes > 0 ? "/test" : "/train";
  const hsize_t rows = passes > 0 ? passes : epochs;
  live.elbo = last(file, group + "/" + metrics::elbo.name, rows);
  live.reconstruction = last(file, group + "/" + metrics::reconstruction.name, rows);
  live.kl = last(file, group + "/" + metrics::kl.name, rows);
  return live;
}

}  // namespace

// The parts of a flush reach the file one after the other: about one look in three hundred falls amid one, which lasts longer beside other work.
Live read_live(const std::filesystem::path& path) {
  for (int tries = 15; tries > 1; --tries) {
    try {
      return looked_at(path);
    } catch (const Error&) {
      if (!std::filesystem::exists(path)) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return looked_at(path);
}

}  // namespace elbo::host::log
