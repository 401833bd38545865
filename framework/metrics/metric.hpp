// What a number that elbo reports is: its name, unit, meaning, the data it is computed on, and which way is better.
#pragma once
#include <string>

namespace elbo::host {

enum class Better { neither, higher, lower };

/// What a number is computed on.
enum class Basis {
  test_data,
  first_test_data,  // the first evaluate.images of the test data, or all
  validation_data,
  training_data,
  generated_data,  // samples of the model
  run,             // the trained model itself: its size, how long it was trained
  machine,         // the machine and its load: may differ between runs with the same result
};

/// One number. Each is defined once, as a constant: those that several parts of elbo refer to in metrics/metrics.hpp, a metric of
/// `elbo evaluate` in its own file below evaluate/metrics/.
struct Metric {
  const char* name;                 // of the dataset in a log, the column of a CSV file, the key in JSON
  const char* unit = "1";           // "nat", "bit", "s", "1/s", or "1" for a number without a unit
  const char* long_name = "";       // what it is, in one phrase
  Basis basis = Basis::test_data;   // in /train, /test, /steps and /per_example_valid the group says it
  Better better = Better::neither;  // which values are better
  bool log_likelihood = false;      // log p(x) or a term of it: changes with the measure of x
  const char* label = "";           // heading in tables and charts; empty: the name
  int decimals = 2;                 // in tables
  bool in_comparison = false;       // a column of the tables that compare variants
  const char* note = "";            // what the documentation adds to long_name

  operator std::string() const { return name; }
  constexpr const char* heading() const { return *label ? label : name; }
  /// The same quantity, as another estimator gives it.
  constexpr Metric as(const char* other_long_name) const {
    Metric other = *this;
    other.long_name = other_long_name;
    other.note = "";
    return other;
  }
};

/// "higher", "lower"; "" for neither.
const char* in_words(Better better);
/// "test data", "the first test data", ...
const char* in_words(Basis basis);

}  // namespace elbo::host
