// --device, and whether this computer has what runs ask for.
#pragma once
#include <boost/program_options.hpp>
#include <filesystem>
#include <optional>

#include "plan/plan.hpp"

namespace elbo::cli {

/// --device NAME
void add_device_option(boost::program_options::options_description& options);
/// The name, if one is given. Throws UserError on another than cpu, cuda or auto.
std::optional<std::string> device_of(const std::string& verb, const boost::program_options::variables_map& given);

/// Throws UserError when a run is to be trained in a precision that its device does not have.
void check_precision(const Plan& plan);

/// The runs of a plan where --device says, if it is given. Throws UserError, as check_precision() does.
void choose_device(const std::string& verb, const boost::program_options::variables_map& given, Plan& plan);

/// Throws UserError, in a worker's words, when a run in `out` that is not done is to be computed on a device that is not here.
void check_devices(const Plan& plan, const std::filesystem::path& out);

}  // namespace elbo::cli
