#include "cli/device.hpp"

#include <algorithm>
#include <array>

#include <elbo/error.hpp>

#include "cli/finished_runs.hpp"
#include "launch/run_folder.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

void add_device_option(po::options_description& options) { options.add_options()("device", po::value<std::string>()); }

std::optional<std::string> device_of(const std::string& verb, const po::variables_map& given) {
  if (!given.count("device")) return {};
  const auto name = given["device"].as<std::string>();
  constexpr std::array known = {"cpu", "cuda", "auto"};
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw UserError("elbo " + verb + ": --device " + name + ": not known; expected cpu, cuda or auto");
  return name;
}

void choose_device(const std::string& verb, const po::variables_map& given, Plan& plan) {
  const auto device = device_of(verb, given);
  for (Run& run : plan.runs)
    if (device) run.train.device = *device;
  check_precision(plan);
}

void check_precision(const Plan& plan) {
  for (const Run& run : plan.runs)
    if (run.train.precision == "tf32" && run.train.device == "cpu")
      throw UserError(run.title() +
                      ": train.precision = \"tf32\" with train.device = \"cpu\": processors have no such products; "
                      "expected device = \"cuda\" or "
                      "\"auto\"; choose another device or use precision = \"float32\"");
}

void check_devices(const Plan& plan, const std::filesystem::path& out) {
  const bool needed = std::any_of(plan.runs.begin(), plan.runs.end(), [&](const Run& run) {
    return run.train.device == "cuda" && launch::RunFolder(out / run.folder()).state() != launch::RunState::done;
  });
  if (needed) ask_worker({"device", "cuda"}, "device");
}

}  // namespace elbo::cli
