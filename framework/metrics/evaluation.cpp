#include "metrics/evaluation.hpp"

#include "evaluation_files.hpp"  // made by CMake: includes each file below evaluate/metrics/

namespace elbo::host {

const std::vector<const Evaluation*>& all_evaluations() {
#define ELBO_DESCRIPTION(name) &evaluations::name::description,
  static const std::vector<const Evaluation*> all = {ELBO_EVALUATIONS(ELBO_DESCRIPTION)};
#undef ELBO_DESCRIPTION
  return all;
}

std::vector<std::string> evaluation_names(bool (*is)(const Evaluation&)) {
  std::vector<std::string> names;
  for (const Evaluation* one : all_evaluations())
    if (is(*one)) names.push_back(one->name);
  return names;
}

const Evaluation* find_evaluation(const std::string& name) {
  for (const Evaluation* one : all_evaluations())
    if (name == one->name) return one;
  return nullptr;
}

}  // namespace elbo::host
