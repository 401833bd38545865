// An experiment file with its variants, sweeps and --set worked out: what each variant says, not yet what it means.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <elbo/options.hpp>

#include "experiment/search.hpp"
#include "experiment/seed_rule.hpp"
#include "experiment/sweep.hpp"

namespace elbo::host::experiment {

/// The keys at the top of the file that concern the experiment as a whole.
struct HeadConfig {
  std::string name;
  std::string description;
  std::vector<int64_t> seeds = {1};
  int64_t max_runs = 10000;

  static void describe(Options<HeadConfig>& o) {
    o.add("name", &HeadConfig::name, "names the folder of the results; empty is the file's own name");
    o.add("description", &HeadConfig::description, "what the experiment asks, for readers");
    o.add("seeds", &HeadConfig::seeds,
          "each variant is trained once with each seed; or a table, as { until = \"decided\" }")
        .range(0, 1e15);
    o.add("max_runs", &HeadConfig::max_runs, "an experiment of more runs than these is taken for a mistake")
        .range(1, 1e7);
  }
};

/// The keys at the top of the file that a variant may change.
struct ModelConfig {
  int64_t latent_dim = 20;

  static void describe(Options<ModelConfig>& o) {
    o.add("latent_dim", &ModelConfig::latent_dim,
          "size of the latent space; without a dimension nothing could be encoded")
        .range(1, 1000000);
  }
};

/// The sections that an experiment file and each of its variants may have.
extern const std::vector<std::string> sections;

struct Experiment {
  std::string name, description;
  std::vector<int64_t> seeds;          // with a rule those of its first look
  std::optional<SeedRule> seed_rule;   // by which seeds are added
  std::optional<SearchConfig> search;  // of which the variants are trials
  std::vector<Variant> variants;
  std::vector<Variant> ends;  // of the space of a search: checked, and not trained
  std::string toml;           // the file's text, with the overrides as comments after it
  std::filesystem::path file;
};

/// Reads and unfolds the file; `overrides` are the words after --set. Throws UserError with every mistake found.
Experiment read(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});
/// The same from text; `file` is what messages call it.
Experiment read_text(const std::string& text, const std::filesystem::path& file,
                     const std::vector<std::string>& overrides = {});

}  // namespace elbo::host::experiment
