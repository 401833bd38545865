// elbo refit RUN --prior NAME: another prior, fitted to a trained model whose other parts stay as they are.
#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/run_plan.hpp"
#include "cli/trust.hpp"
#include "data/files/data_record.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "launch/run_folder.hpp"
#include "plan/plan.hpp"
#include "plan/show.hpp"
#include "plugins/registry.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr const char* refit_help =
    "elbo refit RUN --prior NAME [--set KEY=VALUE ...] [--out DIR] [--print]\n"
    "Fits another prior to a trained model: encoder, decoder and likelihood keep their weights, and the prior climbs\n"
    "E_q(z|x)[log p(z)] with fresh draws of q(z|x) on the training data. It is a run of its own, whose ELBO is a "
    "bound\n"
    "as every other and can be compared with that of the run it came from.\n"
    "  RUN              the log.h5 or the folder of a finished run\n"
    "  --prior NAME     as in elbo plugins list\n"
    "  --set KEY=VALUE  settings of the new run, of its prior, its training and its evaluation, as\n"
    "                   train.max_epochs=50; may be repeated\n"
    "  --out DIR        results (default: refit/<the run's folder>-<prior>/)\n"
    "  --print          print the experiment file and do nothing else\n";

constexpr int64_t most_epochs = 100, patience = 10;  // where validation data say when to stop
constexpr int64_t fixed_epochs = 30;                 // where there are none

std::string quoted(const std::string& text) { return to_string(Value(text)); }

/// Sections of an experiment file but for these and those below them.
std::string without_sections(const std::string& text, const std::vector<std::string>& names) {
  std::string kept;
  for (size_t begin = 0; begin < text.size();) {
    const size_t next = text.find("\n[", begin + 1), end = next == std::string::npos ? text.size() : next;
    const std::string section = text.substr(begin, end - begin);
    const bool is_left_out = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return section.starts_with("\n[" + name + "]") || section.starts_with("\n[" + name + ".");
    });
    if (!is_left_out) kept += section;
    begin = end;
  }
  return kept;
}

/// path = "..." below the names of plugins that no folder of plugins has.
std::string with_paths(std::string text, const Run& run) {
  plugins::Registry registry(plugin_folders());
  for_each_plugin(run, [&](const std::string& kind, const PluginChoice& choice) {
    const auto& all = registry.all();
    const bool is_known = std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.path == choice.path; });
    const std::string title = "\n[" + kind + "]\n";
    if (const size_t at = text.find(title); !is_known && at != std::string::npos)
      text.insert(at + title.size(), "path = " + quoted(choice.path.string()) + "\n");
  });
  return text;
}

/// What of these sections of the run is not as it is by default: a file that says more would say what has no effect.
std::string own_sections(const Run& run, const std::vector<std::string>& names) {
  std::string text;
  for (const experiment::Section& section : sections_of(run)) {
    if (std::find(names.begin(), names.end(), section.name) == names.end()) continue;
    std::string lines;
    for (size_t i = 0; i < section.settings.size(); ++i)
      if (const Setting& setting = section.settings[i]; setting.value != section.declared[i].fallback)
        lines += setting.name + " = " + to_string(setting.value) + "\n";
    if (!lines.empty()) text += "\n[" + section.name + "]\n" + lines;
  }
  return text;
}

/// A plan of somebody else may call an option whatever it likes; here its name becomes a line of a file that is run.
void must_have_plain_options(const Run& run, const fs::path& folder) {
  for_each_library(run, [&](const char* kind, const PluginChoice& choice) {
    for (const Setting& setting : choice.settings)
      if (setting.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
          std::string::npos)
        throw UserError(
            fmt::format("{}: has an option of {}:{} whose name is none; expected letters, digits, _ and -; "
                        "copy the run again",
                        (folder / "run.json").string(), kind, choice.name));
  });
}

bool has_validation_data(const Run& run) { return run.data.valid > 0 || !run.data.valid_path.empty(); }

/// For a run whose posterior is a point: the objective that is log p(z) of the codes and nothing else.
std::string objective_of_codes() {
  plugins::Registry registry(plugin_folders());
  for (const plugins::FoundPlugin& one : registry.all()) {
    if (one.kind != "objective" || !one.fault.empty()) continue;
    const auto about = registry.describe(one).objective;
    if (about && !about->has_posterior && about->terms.size() == 1 && about->terms[0].name == "log_prior")
      return one.name;
  }
  throw UserError(
      "elbo refit: the posterior of this run is a point, and no objective here is log p(z) of such points alone; "
      "expected one whose only term is log_prior");
}

std::string training_of(const Run& run, const fs::path& folder) {
  const bool is_bound = run.objective_summary.has_posterior, stops = is_bound && has_validation_data(run);
  std::string text = is_bound ? "" : fmt::format("\n[objective]\nplugin = {}\n", quoted(objective_of_codes()));
  text += fmt::format(
      "\n[train]\nstart_from = {}\nfreeze = [\"encoder\", \"decoder\", \"likelihood\"]\nmax_epochs = {}\n"
      "batch_size = {}\nthreads = {}\ndevice = {}\n",
      quoted(folder.string()), stops ? most_epochs : fixed_epochs, run.train.batch_size, run.train.threads,
      quoted(run.train.device));
  if (stops) text += fmt::format("early_stopping = {{ patience = {} }}\n", patience);
  return text;
}

/// The experiment file of the new run.
std::string refit_text(const Run& run, const fs::path& folder, const std::string& prior) {
  const bool is_bound = run.objective_summary.has_posterior;
  const std::string settings = settings_text({run.experiment, run.description, "", {run}});
  return fmt::format("name = {}\ndescription = {}\nseeds = [{}]\n", quoted(run.experiment + " refit"),
                     quoted("the prior alone, fitted to " + folder.filename().string()), run.seed) +
         with_paths(without_sections(settings, {"prior", "objective", "train", "dataset", "evaluate", "log"}), run) +
         fmt::format("\n[prior]\nplugin = {}\n", quoted(prior)) + training_of(run, folder) +
         own_sections(run, {"dataset", "evaluate", "log"}) +
         fmt::format("\n[[variant]]\nname = {}\n",
                     quoted(fmt::format("{} with {}{}", run.variant, prior, is_bound ? "" : " (ex post, no bound)")));
}

/// With settings of the other parts it would be another model, which is what elbo run is for.
void must_be_of_the_prior(const std::vector<std::string>& sets) {
  for (const std::string& set : sets) {
    const experiment::Override one = experiment::parse_override(set);
    const std::string section = one.path.front(), key = one.path.size() > 1 ? one.path[1] : "";
    const bool is_kept = section == "train" && (key == "freeze" || key == "start_from");
    const std::vector<std::string> allowed = {"prior", "train", "evaluate", "log", "name", "description", "seeds"};
    if (is_kept || std::find(allowed.begin(), allowed.end(), section) == allowed.end())
      throw UserError(
          "elbo refit: --set " + set +
          ": is no setting of the prior, of its training or of its evaluation; expected one of these, as the "
          "other parts stay as they are; leave it out, or train another model with elbo run");
  }
}

/// What `elbo run` is asked to do.
Arguments run_words(const fs::path& file, const fs::path& out, const ParsedArguments& given) {
  Arguments words = {file.string(), "--out", out.string()};
  for (const std::string& set : texts_of(given, "set")) words.insert(words.end(), {"--set", set});
  return words;
}

/// Other settings of one prior are another refit, whose comparison is not to take the place of the first.
std::string own_folder(const fs::path& run, const std::string& prior, const std::vector<std::string>& sets) {
  const std::string name = run.filename().string() + "-" + slug(prior);
  return sets.empty() ? name : name + "-" + sha256(join(sets, "\n")).substr(0, 6);
}

int refit(const Arguments& arguments) {
  Options own;
  own.add_options()("run", po::value<std::vector<std::string>>())("prior", po::value<std::string>())(
      "out", po::value<std::string>())("set", po::value<std::vector<std::string>>())("print", "");
  add_trust_option(own);
  const auto words = read_words("refit", std::string(refit_help) + trust_help, arguments, own, "run", 1);
  if (!words) return 0;
  const ParsedArguments& given = *words;
  const std::vector<std::string> named = texts_of(given, "run");
  if (named.empty()) throw UserError("elbo refit: no run is given; expected elbo refit RUN --prior NAME");
  if (!given.count("prior"))
    throw UserError("elbo refit: no --prior; expected the name of a prior; elbo plugins list has them");
  const fs::path folder = fs::canonical(finished_run("refit", named[0], given));
  const auto prior = given["prior"].as<std::string>();
  const Run run = read_run(folder);
  must_have_plain_options(run, folder);
  must_be_of_the_prior(texts_of(given, "set"));
  plugins::Registry(plugin_folders()).find("prior", prior);
  const std::string text = refit_text(run, folder, prior);
  if (given.count("print")) {
    print("{}", text);
    for (const std::string& set : texts_of(given, "set")) print("# on the command line: --set {}\n", set);
    return 0;
  }
  data::check_planned(run.data, run.data_record);
  const fs::path out = given.count("out") ? fs::path(given["out"].as<std::string>())
                                          : fs::path("refit") / own_folder(folder, prior, texts_of(given, "set"));
  const fs::path file = out / "refit.toml";
  launch::make_output_folder(out);
  write_atomically(file, text);
  const int code = dispatch([&] {
    Arguments all = run_words(file, out, given);
    all.insert(all.begin(), "run");
    return all;
  }());
  if (code == 0) print("beside the run that it came from: elbo compare {} {}\n", folder.string(), out.string());
  return code;
}

}  // namespace

std::vector<Verb> verbs_of_refit() {
  return {
      {"refit", "RUN --prior NAME", "another prior for a trained model, whose other parts stay", refit, 97},
  };
}

}  // namespace elbo::host::cli
