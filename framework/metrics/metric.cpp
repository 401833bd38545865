#include "metrics/metric.hpp"

namespace elbo::host {

const char* in_words(Better better) {
  switch (better) {
    case Better::higher:
      return "higher";
    case Better::lower:
      return "lower";
    case Better::neither:
      break;
  }
  return "";
}

const char* in_words(Basis basis) {
  switch (basis) {
    case Basis::test_data:
      return "test data";
    case Basis::first_test_data:
      return "first test data";
    case Basis::validation_data:
      return "validation data";
    case Basis::training_data:
      return "training data";
    case Basis::generated_data:
      return "generated data";
    case Basis::run:
      return "run";
    case Basis::machine:
      return "machine";
  }
  return "";
}

}  // namespace elbo::host
