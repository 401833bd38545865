#include "log/upkeep/live.hpp"

#include "log/layout.hpp"
#include "log/series.hpp"
#include "log/upkeep/writer_lock.hpp"
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

Live read_live(const std::filesystem::path& path) {
  return while_written(path, [&] { return looked_at(path); });
}

}  // namespace elbo::host::log
