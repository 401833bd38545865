// A plan for people: its runs and what they cost, its settings, the keys of an experiment file, and the objective of each variant as a formula.
#pragma once
#include <cstdint>
#include <string>

#include "plan/plan.hpp"
#include "plan/run.hpp"

namespace elbo::host {

/// One line a run: variant, seed, id, steps, training data shown, and what a search has drawn; then the sums.
std::string runs_table(const Plan& plan);

/// "train.optimizer.lr = 0.002, latent_dim = 12": what a search has drawn for the run.
std::string drawn_text(const Run& run);

/// Every setting with its value, as in an experiment file: what all runs share once, then what each variant has of its own.
std::string settings_text(const Plan& plan);

/// Markdown: every key of an experiment file that the host itself reads, with type, default, range and meaning.
std::string keys_table();

/// What a run has to do at most: early stopping may end it sooner.
struct Cost {
  int64_t images = 0;  // training data shown
  int64_t steps = 0;   // updates of the weights
};

/// Training data that a planned run has.
int64_t training_data(const Run& run);

/// Of `data` training data, the last batch of an epoch being as small as it comes.
Cost cost_of(const Run& run, int64_t data);

/// "E_mlp(z|x)[log bernoulli(x | mlp(z))]": a term's formula with p(x|z), q(z|x) and p(z) named after the run's plugins.
std::string with_names(std::string formula, const Run& run);

/// What one run maximises, term by term, how it is estimated and whether it is a bound; several lines.
std::string explained(const Run& run);

/// Of every variant of a plan once, whatever its seeds.
std::string explained(const Plan& plan);

}  // namespace elbo::host
