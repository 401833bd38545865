// A finished run as one zip archive, to be shown, applied and sampled from on another machine: its log, weights, plan and pictures, what its data are,
// and the hashes of its plugins, not the plugins. docs/opening-results.md says what is in it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "plan/run.hpp"

namespace elbo::host::exports {

/// Packs the run in `folder`, replacing `file`, and the files of its data where they are asked for. Throws UserError where it is not finished or its
/// weights are not those that it ended with; with_data: where the data have a name and no path, or are no single files.
void pack(const std::filesystem::path& folder, const std::filesystem::path& file, bool with_data,
          const std::string& elbo_version);

/// A pack that was read into memory and found whole.
struct Unpacked {
  struct Member {
    std::string name, content;
  };
  std::vector<Member> files;  // as they are to lie in the run's folder, but for run.json
  Run run;
  std::string elbo_version;  // that packed it
};

/// Throws UserError naming the file: no pack; files whose digests differ; names that lead out of a folder; links; more than there is room for.
/// Nothing is written, and nothing of it is run.
Unpacked read_pack(const std::filesystem::path& file);

/// What differs between the plugins of the run and those of this machine, a sentence each; none where it can be applied. The run gets the paths that
/// the plugins have here.
std::vector<std::string> find_plugins_here(Run& run);

/// Lets the run find its data in `folder`, where the pack has their files.
void use_packed_data(Unpacked& pack, const std::filesystem::path& folder);

/// Writes it as a run's folder, which must not be there or be empty. Throws UserError where it is not.
void write_unpacked(const Unpacked& pack, const std::filesystem::path& folder);

}  // namespace elbo::host::exports
