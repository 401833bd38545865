// Where the runs of a plan are done: --engine and its options, --device, and whether this computer has what they ask for.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/arguments.hpp"
#include "launch/schedulers.hpp"
#include "plan/plan.hpp"

namespace elbo::host::cli {

inline constexpr const char* local_engine = "local";

struct EngineChoice {
  std::string name = local_engine;
  launch::Resources resources{};

  bool is_local() const { return name == local_engine; }
};

/// --engine, --jobs, --slurm-args, --items-per-task, --throttle
void add_engine_options(Options& options);
/// Throws UserError on values out of range, and on options of another engine.
EngineChoice engine_of(const std::string& verb, const ParsedArguments& given);

/// Runs at once on this machine: --jobs where it is given, else what was chosen before. Throws UserError for another engine.
int64_t jobs_of(const std::string& verb, const ParsedArguments& given, const EngineChoice& before);

/// The engine by name. Throws UserError when there is none.
std::unique_ptr<launch::Engine> make_engine(const std::string& name);

/// Keeps the choice in the folder, for `elbo resume`.
void store_engine(const EngineChoice& choice, const std::filesystem::path& out);
/// The local engine when nothing was stored.
EngineChoice stored_engine(const std::filesystem::path& out);

/// --device NAME
void add_device_option(Options& options);
/// The name, if one is given. Throws UserError on another than cpu, cuda or auto.
std::optional<std::string> device_of(const std::string& verb, const ParsedArguments& given);

/// Throws UserError when a run is to be trained in a precision that its device does not have.
void check_precision(const Plan& plan);

/// The runs of a plan where --device says, if it is given. Throws UserError, as check_precision() does.
void choose_device(const std::string& verb, const ParsedArguments& given, Plan& plan);

/// Throws UserError, in a worker's words, when a run in `out` that is not done is to be computed on a device that is not here.
void check_devices(const Plan& plan, const std::filesystem::path& out);

}  // namespace elbo::host::cli
