// A plan for people.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace elbo {

/// One line a run: variant, seed, id, steps, training data shown; then the sums.
std::string runs_table(const Plan& plan);

/// Every setting with its value, as in an experiment file: what all runs share once, then what each variant has of its own.
std::string settings_text(const Plan& plan);

/// Markdown: every key of an experiment file that the host itself reads, with type, default, range and meaning.
std::string keys_table();

}  // namespace elbo
