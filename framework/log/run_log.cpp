#include "log/run_log.hpp"

#include <limits>

#include <elbo/error.hpp>

#include "log/layout.hpp"
#include "log/provenance.hpp"
#include "log/series.hpp"
#include "log/upkeep/edit.hpp"
#include "log/upkeep/writer_lock.hpp"

namespace elbo::host::log {
namespace fs = std::filesystem;
namespace {

/// Datasets that gain one row at a snapshot, together: /latents and /images.
struct Snapshots {
  h5::Dataset coordinate;
  std::map<std::string, h5::Dataset> datasets;
  std::map<std::string, int64_t> last;  // epoch of the last row written to each

  Snapshots() = default;
  Snapshots(const h5::File& file, const std::string& group, const std::vector<std::string>& names)
      : coordinate(file.dataset(group + "/snapshot")) {
    for (const std::string& name : names) datasets.emplace(name, file.dataset(group + "/" + name));
  }

  /// The row of this epoch: the last one, or a new one, which all datasets then have.
  hsize_t row(int64_t epoch) {
    const hsize_t rows = coordinate.rows();
    const int64_t newest = rows ? coordinate.read<int64_t>(rows - 1, 1)[0] : -1;
    if (epoch < newest || epoch < 0)
      throw Error(coordinate.where() + ": snapshot " + std::to_string(epoch) + " comes after snapshot " +
                  std::to_string(newest) + "; expected rising snapshots");
    if (epoch == newest) return rows - 1;
    for (auto& [name, dataset] : datasets) dataset.resize(rows + 1);
    coordinate.write<int64_t>(rows, std::span(&epoch, 1));
    return rows;
  }

  template <class T>
  void write(const std::string& name, int64_t epoch, std::span<const T> values) {
    const auto found = datasets.find(name);
    if (found == datasets.end()) throw Error("run log: '" + name + "' was not announced when the log was created");
    h5::Dataset& dataset = found->second;
    if (values.size() != dataset.row_size())
      throw Error(dataset.where() + ": was given " + std::to_string(values.size()) + " values; expected " +
                  std::to_string(dataset.row_size()));
    const auto [last_epoch, first] = last.try_emplace(name, -1);
    // A deflated chunk must be written once: a second version would move, and be lost by a kill at that moment.
    if (last_epoch->second == epoch)
      throw Error(dataset.where() + ": snapshot " + std::to_string(epoch) + " is there already; expected a later one");
    dataset.write<T>(row(epoch), values);
    last_epoch->second = epoch;
  }
};

/// A run may go on where it did not begin.
void add_device(h5::File& file, const Layout& layout) {
  const std::string before = file.attribute("/provenance", device_attribute);
  for (const auto& [name, device] : layout.provenance)
    if (name == device_attribute && !before.ends_with(device))
      file.replace_attribute("/provenance", device_attribute, before.empty() ? device : before + ", then " + device);
}

/// Runs it. When the disk is full, say, the file is left as a kill would leave it: all that was flushed is there.
template <class Pointer, class Write>
void or_abandon(Pointer& file, Write write) {
  if (!file) throw Error("run log: is closed; expected no more rows");
  try {
    write();
  } catch (const h5::Failure&) {
    file.release()->abandon();
    throw;
  }
}

}  // namespace

struct RunLog::File {
  WriterLock lock;  // first, so that it is given back last
  h5::File file;
  Layout layout;
  Series train, test, steps;
  Snapshots latents, images;
  bool ended = false;

  /// Everything is there; from here on only rows are written.
  File(h5::File created, const Layout& what) : lock(created.path()), file(std::move(created)), layout(what) {
    file.freeze();
    train = Series(file, "/train", "epoch", layout.train_columns, layout.latent_dim);
    test = Series(file, "/test", "epoch", layout.test_columns, layout.latent_dim);
    if (!layout.step_columns.empty()) steps = Series(file, "/steps", "step", layout.step_columns, 0);
    if (layout.latent_rows > 0) latents = Snapshots(file, "/latents", {"mean", "scale"});
    if (!layout.sheet_shape.empty()) images = Snapshots(file, "/images", image_names(layout));
  }

  void flush() {
    train.write();
    test.write();
    steps.write();
    file.flush();
  }

  /// After a failed write; this is then never destroyed, since closing would write again.
  void abandon() {
    file.abandon();
    lock = WriterLock();
  }

  /// Writes what is kept and leaves single-writer mode.
  void end() {
    flush();
    for (Series* series : {&train, &test, &steps}) *series = Series();
    for (Snapshots* snapshots : {&latents, &images}) *snapshots = Snapshots();
    file.close();
    ended = true;
  }
};

RunLog::RunLog(std::unique_ptr<File> file) : file_(std::move(file)) {}
RunLog::RunLog(RunLog&&) noexcept = default;
RunLog& RunLog::operator=(RunLog&&) noexcept = default;
RunLog::~RunLog() = default;

RunLog RunLog::create(const fs::path& path, const Layout& layout) {
  must_not_be_written(path);
  create_file(path, [&](h5::File& file) { create_layout(file, layout); }, h5::Placement::pages);
  return RunLog(std::make_unique<File>(h5::File::open(path, h5::Mode::write), layout));
}

RunLog RunLog::resume(const fs::path& path, const Layout& layout, const Position& position) {
  open_log(path);  // throws for anything but a log
  must_not_be_written(path);
  edit_file(path, [&](h5::File& file) {
    remove_results(file);
    cut(file, "/train", "epoch", position.epoch);
    cut(file, "/test", "epoch", position.tested);
    for (const char* group : {"/latents", "/images"}) cut(file, group, "snapshot", position.snapshot);
    cut(file, "/steps", "step", position.step);
    add_device(file, layout);
    file.attribute("/", "status", "running");
  });
  return RunLog(std::make_unique<File>(h5::File::open(path, h5::Mode::write), layout));
}

void RunLog::epoch(Pass pass, int64_t epoch, const std::map<std::string, double>& values,
                   std::span<const double> kl_per_dim) {
  or_abandon(file_, [&] { (pass == Pass::train ? file_->train : file_->test).add(epoch, values, kl_per_dim); });
}

void RunLog::step(int64_t step, const std::map<std::string, double>& values) {
  or_abandon(file_, [&] {
    if (file_->layout.step_columns.empty())
      throw Error(file_->file.path().string() + ": logs no steps; expected step columns when it was created");
    file_->steps.add(step, values, {});
  });
}

void RunLog::latents(int64_t epoch, std::span<const float> mean, std::span<const float> scale) {
  or_abandon(file_, [&] {
    file_->latents.write("mean", epoch, mean);
    file_->latents.write("scale", epoch, scale);
  });
}

void RunLog::image(const std::string& name, int64_t epoch, std::span<const uint8_t> pixels) {
  or_abandon(file_, [&] { file_->images.write(name, epoch, pixels); });
}

void RunLog::flush() {
  or_abandon(file_, [&] { file_->flush(); });
}

void RunLog::finish(const std::vector<std::pair<Column, std::vector<double>>>& per_example,
                    const std::vector<SummaryValue>& summary,
                    const std::vector<std::pair<std::string, std::string>>& summary_texts,
                    const std::optional<DecoderExport>& decoder,
                    const std::vector<std::pair<Column, std::vector<double>>>& of_validation) {
  or_abandon(file_, [&] { file_->end(); });
  edit_file(file_->file.path(), [&](h5::File& file) {
    add_results(file, file_->layout, per_example, of_validation, summary, summary_texts);
    if (decoder) write_decoder_export(file, *decoder);
  });
  file_.reset();
}

void RunLog::close(const std::string& status) {
  if (!file_) return;  // a write failed: the file is as it was left then
  if (!file_->ended) or_abandon(file_, [&] { file_->end(); });
  edit_file(file_->file.path(), [&](h5::File& file) { file.attribute("/", "status", status); });
  file_.reset();
}

}  // namespace elbo::host::log
