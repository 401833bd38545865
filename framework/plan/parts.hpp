// The parts of a run by name, in the order of an experiment file: said once, for everything that goes through them.
#pragma once
#include <string>
#include <string_view>

namespace elbo {

/// f(kind, choice) for the five plugins of a Run or const Run.
template <class R, class F>
void for_each_plugin(R& run, F&& f) {
  f("encoder", run.encoder);
  f("decoder", run.decoder);
  f("prior", run.prior);
  f("likelihood", run.likelihood);
  f("objective", run.objective);
}

/// f(kind, choice) for the five plugins and for the likelihoods within one of them.
template <class R, class F>
void for_each_library(R& run, F&& f) {
  for_each_plugin(run, f);
  for (auto& part : run.likelihood.parts) f("likelihood", part.choice);
}

/// f(name, config) for each section that the host reads.
template <class R, class F>
void for_each_section(R& run, F&& f) {
  f("dataset", run.data);
  f("train", run.train);
  f("evaluate", run.evaluate);
  f("log", run.log);
  f("optimizer", run.optimizer);
  f("schedule", run.schedule);
  f("early_stopping", run.early_stopping);
}

/// The sections that an experiment file has below [train].
inline bool is_below_train(std::string_view section) {
  return section == "optimizer" || section == "schedule" || section == "early_stopping";
}

/// As it is headed in an experiment file: "dataset", "train.optimizer".
inline std::string section_title(const std::string& section) {
  return is_below_train(section) ? "train." + section : section;
}

}  // namespace elbo
