// The engine that a user asks for.
#pragma once
#include <boost/program_options.hpp>
#include <memory>

#include "launch/engine.hpp"

namespace elbo::cli {

inline constexpr const char* local_engine = "local";

struct EngineChoice {
  std::string name = local_engine;
  launch::Resources resources{};

  bool is_local() const { return name == local_engine; }
};

/// --engine, --jobs, --slurm-args, --items-per-task, --throttle
void add_engine_options(boost::program_options::options_description& options);
/// Throws UserError on values out of range, and on options of another engine.
EngineChoice engine_of(const std::string& verb, const boost::program_options::variables_map& given);

/// Runs at once on this machine: --jobs where it is given, else what was chosen before. Throws UserError for another engine.
int64_t jobs_of(const std::string& verb, const boost::program_options::variables_map& given,
                const EngineChoice& before);

/// The engine by name. Throws UserError when there is none.
std::unique_ptr<launch::Engine> make_engine(const std::string& name);

/// Keeps the choice in the folder, for `elbo resume`.
void store_engine(const EngineChoice& choice, const std::filesystem::path& out);
/// The local engine when nothing was stored.
EngineChoice stored_engine(const std::filesystem::path& out);

}  // namespace elbo::cli
