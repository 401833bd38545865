// Plans handed to an engine: what of them is still to be done, and by whom.
#pragma once
#include <boost/program_options.hpp>

#include "launch/engine.hpp"
#include "plan/plan.hpp"

namespace elbo::cli {

inline constexpr const char* local_engine = "local";

struct EngineChoice {
  std::string name = local_engine;
  launch::Resources resources{};
};

/// --engine, --slurm-args, --items-per-task, --throttle
void add_engine_options(boost::program_options::options_description& options);
/// Throws UserError on values out of range.
EngineChoice engine_of(const std::string& verb, const boost::program_options::variables_map& given);

/// The engine by name. Throws UserError when there is none.
std::unique_ptr<launch::Engine> make_engine(const std::string& name);
/// What an earlier submission wrote into the folder; the local engine when there was none.
EngineChoice stored_engine(const std::filesystem::path& out);

/// Hands over plan - done - alive (- failed, unless failed_too). The exit code of the program. The folder's lock is the
/// caller's to hold.
int submit(const Plan& plan, const std::filesystem::path& out, const EngineChoice& choice, bool failed_too);

}  // namespace elbo::cli
