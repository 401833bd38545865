// Whether two numbers may stand in one ranking: after a conversion, or not, and by which rule.
#pragma once
#include <optional>
#include <string>

#include "observation/measure_key.hpp"

namespace elbo::report {

/// What turns a number on one measure into one on another.
struct Conversion {
  double added = 0;             // nats to add to each datum's number
  bool exact = true;            // else the result is a lower bound of what it stands for
  bool adds_log_total = false;  // besides, log P(total) of each datum
  bool ranked = true;           // else it is shown beside the others, but neither ranked nor paired with them
  std::string words;
};

/// Nothing when the measures are equal, or no rule connects them.
std::optional<Conversion> conversion(const observation::MeasureKey& from, const observation::MeasureKey& to);

/// Why something may not be ranked: "R2", and the rule in words.
struct Refusal {
  std::string code, words;
};

/// The first rule that keeps two measures apart; nothing when they are equal.
std::optional<Refusal> refusal(const observation::MeasureKey& a, const observation::MeasureKey& b);

}  // namespace elbo::report
