// elbo report DIR
#include <fmt/format.h>

#include "cli/folder_arguments.hpp"
#include "page/page.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr const char* report_help =
    "elbo report DIR [-o FILE]\n"
    "Writes one HTML page of all results in a folder: the ranking in words, curves, differences, latents, pictures. It "
    "needs\n"
    "no network and no other file. elbo run does so by itself.\n"
    "  -o, --output FILE   default: DIR/report.html\n";

}  // namespace

int report(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("output,o", po::value<std::string>());
  const auto given = read_folder_arguments("report", report_help, arguments, own);
  if (!given) return 0;
  const fs::path folder = folder_of("report", *given);
  const fs::path file =
      given->count("output") ? fs::path((*given)["output"].as<std::string>()) : folder / "report.html";
  page::write_report(folder, file, ELBO_VERSION);
  fmt::print("{}\n", file.string());
  return 0;
}

}  // namespace elbo::cli
