#include "fuzz/results.hpp"

#include "exports/exports.hpp"
#include "log/run_log.hpp"
#include "log/upkeep/live.hpp"
#include "log/upkeep/recover.hpp"
#include "page/page.hpp"
#include "plan/plan.hpp"
#include "plan/run.hpp"
#include "report/comparison.hpp"
#include "report/results/read_runs.hpp"
#include "report/run_text.hpp"
#include "train/tensor_file.hpp"

namespace elbo::host::fuzz {
namespace {

std::string content(Bytes bytes) { return {text(bytes), bytes.size()}; }

}  // namespace

void read_log(Bytes bytes) {
  const File file(bytes);
  allow_refusal([&] { log::read_live(file.path()); });
  allow_refusal([&] { log::read_summary(file.path()); });
  allow_refusal([&] { report::run_text(log::open_log(file.path()), {.colours = true}); });
}

void compare_log(Bytes bytes) {
  const Folder folder;
  const auto logs = {folder.write("a/log.h5", bytes), folder.write("b/log.h5", bytes)};
  allow_refusal([&] {
    const report::LoadedRuns found = report::read_runs(logs);
    const report::Comparison comparison = report::compare(found.runs);
    report::comparison_text(comparison);
    report::comparison_markdown(comparison);
    report::comparison_latex(comparison);
    report::comparison_json(comparison);
    report::comparison_csv(comparison);
  });
}

void report_log(Bytes bytes) {
  const Folder folder;
  folder.write("a/log.h5", bytes);
  allow_refusal([&] {
    page::page_json(page::scan(folder.path()), "").dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  });
}

void export_log(Bytes bytes) {
  const Folder folder;
  const auto log = folder.write("a/log.h5", bytes);
  allow_refusal([&] { exports::write_csv(log::open_log(log), folder.path() / "csv"); });
  allow_refusal([&] { exports::write_npz(log::open_log(log), folder.path() / "log.npz", "a"); });
  allow_refusal([&] { exports::write_tensorboard(log::open_log(log), folder.path() / "tensorboard"); });
}

void recover_log(Bytes bytes) {
  const Folder folder;
  const auto log = folder.write("a/log.h5", bytes);
  allow_refusal([&] { log::recover(log); });
}

void read_run_json(Bytes bytes) {
  allow_refusal([&] { parse_run(content(bytes), "run.json"); });
}

void read_plan_json(Bytes bytes) {
  const File file(bytes);
  allow_refusal([&] { read_plan(file.path()); });
}

void read_weights(Bytes bytes) {
  allow_refusal([&] { unpacked(content(bytes)); });
}

}  // namespace elbo::host::fuzz
