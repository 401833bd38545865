// elbo pack and unpack: a finished run as one file, and back on another machine.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "data/files/data_record.hpp"
#include "exports/pack.hpp"
#include "report/results/read_runs.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr const char* pack_help =
    "elbo pack RUN [-o FILE.zip] [--data]\n"
    "Packs a finished run into one file: its log, weights, plan and pictures, what its data are, and the hashes of its "
    "plugins.\n"
    "The plugins are not in it, and the data with --data alone.\n"
    "  RUN                the folder of a run, or its log.h5\n"
    "  -o, --output FILE  default: the run's name with .zip\n"
    "  --data             with the files of its data, so that elbo apply needs nothing else on the other machine\n";

constexpr const char* unpack_help =
    "elbo unpack FILE.zip [-o DIR] [--data PATH]\n"
    "Unpacks a run that elbo pack packed, after checking it: every digest, the plugins and the data of this machine. "
    "It runs no code\n"
    "of the pack. The exit code is 1 where plugins or data differ, so that elbo apply, sample and evaluate would "
    "refuse the run.\n"
    "  -o, --output DIR  the run's folder (default: its name, here)\n"
    "  --data PATH       where the data of the run lie here, if they are not in the pack\n";

int pack(const Arguments& arguments) {
  Options own;
  own.add_options()("output,o", po::value<std::string>())("data", "");
  const auto given = read_folder_words("pack", pack_help, arguments, own);
  if (!given) return 0;
  const fs::path named = folder_of("pack", *given);
  const auto logs = report::logs_named({named.string()});
  if (logs.size() != 1)
    throw UserError(fmt::format("{}: holds {} runs; expected one; name its folder", named.string(), logs.size()));
  const fs::path folder = fs::absolute(logs.front()).parent_path();
  const fs::path file = given->count("output") ? fs::path((*given)["output"].as<std::string>())
                                               : fs::path(folder.filename().string() + ".zip");
  exports::pack(folder, file, given->count("data") > 0, ELBO_VERSION);
  print("{}\n", file.string());
  return 0;
}

/// A sentence where the data are not here, or are others.
std::string fault_of_data(const Run& run) {
  for (const std::string* path : {&run.data.path, &run.data.test_path, &run.data.valid_path}) {
    std::error_code error;
    const fs::file_status status = fs::status(*path, error);  // a pack may name a pipe, which is never read to its end
    if (!path->empty() && !fs::is_regular_file(status) && !fs::is_directory(status))
      return *path + ": there is no such file; expected the data of the run; say where they lie with --data";
  }
  try {
    data::check_planned(run.data, run.data_record);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

int unpack(const Arguments& arguments) {
  Options own;
  own.add_options()("output,o", po::value<std::string>())("data", po::value<std::string>());
  const auto given = read_folder_words("unpack", unpack_help, arguments, own);
  if (!given) return 0;
  exports::Unpacked pack = exports::read_pack(folder_of("unpack", *given));
  if (given->count("data")) {
    if (pack.run.data.path.empty())
      throw UserError(
          fmt::format("elbo unpack: --data is given, and the run is on the data set {}, which has a name and no path; "
                      "leave --data out",
                      pack.run.data.name));
    pack.run.data.path = fs::absolute((*given)["data"].as<std::string>()).lexically_normal().string();
  }
  const fs::path folder =
      given->count("output") ? fs::path((*given)["output"].as<std::string>()) : fs::path(pack.run.folder());
  if (!given->count("data")) exports::use_packed_data(pack, folder);
  std::vector<std::string> differences = exports::find_plugins_here(pack.run);
  exports::write_unpacked(pack, folder);
  print("{}: {}, every digest is right\n", folder.string(), counted(pack.files.size() + 1, "file"));
  if (const std::string fault = fault_of_data(pack.run); !fault.empty()) differences.push_back("its data: " + fault);
  for (const std::string& sentence : differences) print("differs: {}\n", sentence);
  if (differences.empty()) return 0;
  print(
      "elbo show and compare read it all the same; elbo apply, sample and evaluate need the plugins and the data of "
      "the run, which elbo {} packed\n",
      pack.elbo_version);
  return 1;
}

}  // namespace

std::vector<Verb> verbs_of_pack() {
  return {
      {"pack", "RUN", "a finished run as one file for another machine", pack, 245},
      {"unpack", "FILE", "the run of such a file, checked", unpack, 246},
  };
}

}  // namespace elbo::host::cli
