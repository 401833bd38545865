#include "fuzz/targets.hpp"

#include "data/description.hpp"
#include "experiment/experiment.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/format.hpp"
#include "fuzz/results.hpp"
#include "fuzz/support.hpp"
#include "plugins/card.hpp"

namespace elbo::host::fuzz {
namespace fs = std::filesystem;
namespace {

void parse(const char* format, Bytes bytes, const std::string& part = "") {
  formats::find_format(format)->parse(bytes, {std::string("a.") + format, part});
}

void read(const char* format, const fs::path& path, const std::string& part = "") {
  formats::read_with(*formats::find_format(format), {path, part});
}

void csv(Bytes bytes) {
  for (const char* columns : {"", "1-3", "!a"}) allow_refusal([&] { parse("csv", bytes, columns); });
  allow_refusal([&] { formats::find_format("csv")->parse(bytes, {"a.csv", "1", true}); });
}

void npz(Bytes bytes) {
  for (const char* name : {"", "images"}) allow_refusal([&] { parse("npz", bytes, name); });
}

void mat(Bytes bytes) {
  const File file(bytes);
  for (const char* name : {"", "faces'"}) allow_refusal([&] { read("mat", file.path(), name); });
}

void hdf5(Bytes bytes) {
  const File file(bytes);
  for (const char* name : {"images", "group/labels"}) {
    allow_refusal([&] { formats::read_hdf5(file.path(), name); });
    allow_refusal([&] { formats::read_hdf5_integers(file.path(), name); });
  }
  allow_refusal([&] { read("h5ad", file.path()); });
  allow_refusal([&] { read("10x", file.path()); });
}

void image(const char* format, const char* name, Bytes bytes) {
  const Folder folder;
  folder.write(name, bytes);
  for (const formats::ImageOptions& options :
       {formats::ImageOptions{}, {.background = "white", .resize = {4, 4}, .pad = {5, 6}}})
    allow_refusal(
        [&] { formats::read_with(*formats::find_format(format), {.path = folder.path(), .images = options}); });
}

void card(Bytes bytes) {
  const File file(bytes);
  allow_refusal([&] { plugins::read_card(file.path()); });
}

void dataset(Bytes bytes) {
  const File file(bytes);
  allow_refusal([&] { data::read_description(file.path()); });
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"experiment",
       [](Bytes bytes) { allow_refusal([&] { experiment::read_text({text(bytes), bytes.size()}, "x.toml"); }); }},
      {"dataset", dataset},
      {"card", card},
      {"idx", [](Bytes bytes) { allow_refusal([&] { parse("idx", bytes); }); }},
      {"npy", [](Bytes bytes) { allow_refusal([&] { parse("npy", bytes); }); }},
      {"npz", npz},
      {"csv", csv},
      {"mtx", [](Bytes bytes) { allow_refusal([&] { parse("mtx", bytes); }); }},
      {"ldac", [](Bytes bytes) { allow_refusal([&] { parse("ldac", bytes); }); }},
      {"png", [](Bytes bytes) { image("png", "a.png", bytes); }},
      {"jpeg", [](Bytes bytes) { image("images", "a.jpg", bytes); }},
      {"mat", mat},
      {"hdf5", hdf5},
      {"log", read_log},
      {"compare", compare_log, "log"},
      {"report", report_log, "log"},
      {"export", export_log, "log"},
      {"recover", recover_log, "log"},
      {"run", read_run_json},
      {"plan", read_plan_json},
      {"weights", read_weights},
  };
  return all;
}

const Target& target(const std::string& name) {
  for (const Target& target : targets())
    if (target.name == name) return target;
  throw Error("'" + name + "' is not fuzzed");
}

}  // namespace elbo::host::fuzz
