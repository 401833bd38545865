#include "fuzz/targets.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <elbo/error.hpp>

#include "data/description.hpp"
#include "experiment/experiment.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/format.hpp"
#include "log/run_log.hpp"
#include "log/upkeep/live.hpp"
#include "plugins/card.hpp"

namespace elbo::host::fuzz {
namespace fs = std::filesystem;
namespace {

using Bytes = std::span<const std::byte>;

const char* text(Bytes bytes) { return reinterpret_cast<const char*>(bytes.data()); }

/// The bytes as a file, for readers that open it themselves. It is in memory only.
class File {
 public:
  explicit File(Bytes bytes) : descriptor_(memfd_create("elbo-fuzz", MFD_CLOEXEC)) {
    if (write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw Error("no memory for a file");
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  fs::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void parse(const char* format, Bytes bytes, const std::string& part = "") {
  formats::find_format(format)->parse(bytes, {std::string("a.") + format, part});
}

void read(const char* format, const fs::path& path, const std::string& part = "") {
  formats::read_with(*formats::find_format(format), {path, part});
}

/// A refusal is an answer.
template <class Read>
void allow_refusal(Read read) {
  try {
    read();
  } catch (const Error&) {
  }
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

void log(Bytes bytes) {
  const File file(bytes);
  allow_refusal([&] { log::read_live(file.path()); });
  allow_refusal([&] { log::read_summary(file.path()); });
}

void image(const char* format, const char* name, Bytes bytes) {
  static const fs::path folder = fs::temp_directory_path() / ("elbo-fuzz-" + std::to_string(getpid()));
  fs::create_directory(folder);
  std::ofstream(folder / name, std::ios::binary).write(text(bytes), static_cast<std::streamsize>(bytes.size()));
  for (const formats::ImageOptions& options :
       {formats::ImageOptions{}, {.background = "white", .resize = {4, 4}, .pad = {5, 6}}})
    allow_refusal([&] { formats::read_with(*formats::find_format(format), {.path = folder, .images = options}); });
  fs::remove_all(folder);
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
      {"log", log},
  };
  return all;
}

const Target& target(const std::string& name) {
  for (const Target& target : targets())
    if (target.name == name) return target;
  throw Error("'" + name + "' is not fuzzed");
}

}  // namespace elbo::host::fuzz
