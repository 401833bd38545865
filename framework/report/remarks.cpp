#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "base/value_json.hpp"
#include "log/collapse.hpp"
#include "metrics/metrics.hpp"
#include "metrics/pareto.hpp"
#include "plan/run.hpp"
#include "plugins/check_record.hpp"
#include "report/remarks.hpp"

namespace elbo::host::report {
namespace {

bool has_gained(const RunOutcome& run) {
  const auto elbo = run.value(metrics::elbo), without = run.value(metrics::without_latents);
  return !elbo || !without || *elbo > *without;
}

bool has_no_gain(const VariantRow& row) {
  return row.is_bound && std::none_of(row.runs.begin(), row.runs.end(), has_gained);
}

size_t collapsed_seeds(const VariantRow& row) {
  return static_cast<size_t>(std::count_if(row.runs.begin(), row.runs.end(), has_collapsed));
}

constexpr double tolerated_rise =
    0.1;  // nats that the second half of the samples may add beyond what the bias explains
// Of a ladder's certificate: the sandwich on data drawn from the model, in nats, and how far annealing may be above the ladder.
constexpr double widest_sandwich = 0.05, widest_of_one = 1, annealed_errors = 3;

/// `value` gives NaN for what is missing.
template <class Value>
std::string why_ladder_is_only_a_bound(const Value& value) {
  const double open = value(metrics::not_trusted), gap = value(metrics::certificate_gap),
               largest = value(metrics::certificate_largest), annealed = value(metrics::certificate_annealed),
               allowed = widest_sandwich + annealed_errors * value(metrics::certificate_annealed_se);
  if (open > tolerated_share)
    return fmt::format("no estimator of the ladder passes its test for {:.1f} % of the test data", 100 * open);
  if (std::isnan(gap)) return "the log holds no sandwich of data drawn from the model";
  if (gap > widest_sandwich || largest > widest_of_one)
    return fmt::format(
        "on data drawn from the model, upper and lower bound are {:.3g} nat apart, and {:.3g} nat for one of them "
        "(expected at most {} and {})",
        gap, largest, widest_sandwich, widest_of_one);
  if (std::isnan(annealed)) return "the log holds no annealed importance sampling of test data";
  if (annealed > allowed)
    return fmt::format("annealed importance sampling finds {:.3g} nat more (expected at most {:.3g})", annealed,
                       allowed);
  return "";
}

/// The certificate of several runs: the worst of each number.
struct WorstCertificate {
  double open = 0, gap = -INFINITY, annealed = 0, modes = 1;
  bool holds = true;
  size_t runs = 0;

  void add(const RunOutcome& run) {
    const auto value = [&](const Metric& metric) { return run.value(metric).value_or(std::nan("")); };
    open = std::max(open, value(metrics::not_trusted));
    gap = std::max(gap, value(metrics::certificate_gap));
    modes = std::max(modes, value(metrics::modes));
    if (const double a = value(metrics::certificate_annealed); std::abs(a) > std::abs(annealed)) annealed = a;
    holds = holds && why_only_a_bound(run.summary->values).empty();
    ++runs;
  }
};

constexpr double notable_wait = 0.05;  // share of the training in which a run waited for a processor

/// The options that the run gave this library, as they are kept with the outcome of a check.
std::string options_in(const std::string& plan_json, const std::string& sha256) {
  std::string options = "{}";
  try {
    const Run run = parse_run(plan_json, "plan");
    for_each_library(run, [&](const char*, const PluginChoice& choice) {
      if (choice.sha256 == sha256) options = to_json(choice.settings).dump();
    });
  } catch (const std::exception&) {
    // A plan of another version of the program: what was found with the default options still counts.
  }
  return options;
}

/// Later knowledge is better than that of the log.
std::string checked_by_now(const log::PluginRecord& plugin, const std::string& plan_json) {
  const std::string now = plugins::checked_as(plugin.sha256, options_in(plan_json, plugin.sha256));
  return now == "not checked" && !plugin.checked.empty() ? plugin.checked : now;
}

std::string remark(const log::PluginRecord& plugin, const std::string& checked) {
  const std::string name = plugin.kind + ":" + plugin.name;
  std::string text = fmt::format("{} (SHA-256 {:.8}) does not come with elbo: it ", name, plugin.sha256);
  if (checked == "passed") text += "passed elbo plugins check";
  else if (checked.starts_with("failed: ")) text += "failed elbo plugins check (" + checked.substr(8) + ")";
  else text += "was not checked by elbo plugins check; run elbo plugins check " + name;
  if (plugin.normalised == "not checked") text += "; normalisation not checked: " + plugin.finding;
  return text;
}

}  // namespace

bool has_collapsed(const RunOutcome& run) {
  if (run.text("bound") == "none") return false;
  const auto kl = run.value(metrics::kl), active = run.value(metrics::active_units);
  return (kl && log::is_collapsed(*kl)) || (active && *active == 0);
}

std::string latents_sentence(const VariantRow& row) {
  if (collapsed_seeds(row) == row.runs.size())
    return row.variant + " has collapsed: its latents carry nothing of the data.";
  return has_no_gain(row) ? row.variant + " itself does no better than its likelihood without latents." : "";
}

std::string latents_mark(const VariantRow& row) {
  if (const size_t seeds = collapsed_seeds(row); seeds > 0)
    return seeds == row.runs.size() ? "collapsed" : fmt::format("collapsed in {} of {} seeds", seeds, row.runs.size());
  if (has_no_gain(row)) return "no gain from latents";
  const auto active = row.find(metrics::active_units), latents = row.find(metrics::latents);
  if (!row.is_bound || !active || !latents || !(active->mean < latents->mean)) return "";
  return fmt::format("{:.0f} of {:.0f} latents active", active->mean, latents->mean);
}

std::vector<std::string> collapse_notes(const std::vector<VariantRow>& rows) {
  std::vector<std::string> notes;
  for (const VariantRow& row : rows) {
    std::vector<std::string> each;
    for (const RunOutcome& run : row.runs) {
      if (!has_collapsed(run)) continue;
      const auto kl = run.value(metrics::kl), active = run.value(metrics::active_units);
      std::string words = row.runs.size() > 1 ? fmt::format("seed {}: ", run.seed) : "";
      if (kl) words += fmt::format("kl {:.2f} nat", *kl);
      if (active) words += fmt::format("{}{:.0f} active units", kl ? ", " : "", *active);
      each.push_back(words);
    }
    const auto& key = row.runs.front().key;
    if (!each.empty())
      notes.push_back(
          fmt::format("{} has collapsed ({}): its latents say nothing of the data, so it stands for {} "
                      "alone and not for what the "
                      "model can do; {}",
                      row.variant, join(each, "; "),
                      key && key->given != "nothing" ? "what it is given" : "its likelihood", log::against_collapse));
  }
  return notes;
}

std::string why_only_a_bound(const std::map<std::string, double>& summary) {
  const auto value = [&](const std::string& name) {
    const auto found = summary.find(name);
    return found == summary.end() ? std::nan("") : found->second;
  };
  const double samples = value(metrics::log_px_samples), share = value(metrics::pareto_k_high),
               rise = value(metrics::log_px_rise), bias = value(metrics::log_px_bias);
  if (std::isnan(value(metrics::log_px))) return "log p(x) was not estimated";
  if (!std::isnan(value(metrics::not_trusted))) return why_ladder_is_only_a_bound(value);
  if (std::isnan(samples)) return "the log does not say with how many importance samples log p(x) was estimated";
  if (samples < fewest_trusted_samples)
    return fmt::format("there is no Pareto k-hat with K = {} importance samples (it needs {})", samples,
                       fewest_trusted_samples);
  if (std::isnan(share)) return "the log holds no Pareto k-hat of the importance weights";
  if (share > tolerated_share)
    return fmt::format("Pareto k-hat is above {} for {:.1f} % of the test data", trusted_k, 100 * share);
  if (rise > tolerated_rise + 2 * std::abs(std::isnan(bias) ? 0 : bias))
    return fmt::format("the second half of the importance samples still added {:.2f} nat", rise);
  return "";
}

std::string why_only_a_bound(const VariantRow& row) {
  for (const RunOutcome& run : row.runs)
    if (std::string why = why_only_a_bound(run.summary->values); !why.empty()) return why;
  return "";
}

bool is_of_ladder(const VariantRow& row) { return row.find(metrics::not_trusted).has_value(); }

std::string certificate(const std::vector<VariantRow>& rows) {
  WorstCertificate worst;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs)
      if (is_of_ladder(row)) worst.add(run);
  if (worst.runs == 0) return "";
  const bool one = worst.runs == 1;
  const std::string most = one ? "" : "at most ",
                    sandwich =
                        worst.gap == -INFINITY ? "no sandwich" : fmt::format("sandwich {}{:.3f} nat", most, worst.gap);
  return fmt::format(
      "{} {}{:.1f} % of test data; {}; annealed importance sampling says {}{:+.3f} nat; {:.0f} mode{} of a posterior",
      worst.holds ? "log p(x) trustworthy on"
                  : "log p(x) not trustworthy, as said above: the certificate fails, though estimators pass on",
      one ? "" : "at least ", 100 * (1 - worst.open), sandwich, most, worst.annealed, worst.modes,
      worst.modes > 1 ? "s" : "");
}

std::string name_of_log_px(const std::vector<VariantRow>& rows) {
  const auto is_bound = [](const VariantRow& row) {
    return row.find(metrics::log_px) && !why_only_a_bound(row).empty();
  };
  return std::any_of(rows.begin(), rows.end(), is_bound) ? "bound on log p(x)" : "log p(x)";
}

std::string why_times_differ(const std::vector<VariantRow>& rows) {
  double beside = 0, waited = 0;
  bool is_known = true, any = false;
  std::set<std::string> machines;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs) {
      if (!run.value(metrics::train_seconds)) continue;
      any = true;
      const auto runs_beside = run.value(metrics::runs_beside), share = run.value(metrics::waited);
      is_known = is_known && runs_beside && share && !std::isnan(*runs_beside) && !std::isnan(*share);
      beside = std::max(beside, runs_beside.value_or(0));  // NaN leaves it as it is
      waited = std::max(waited, share.value_or(0));
      machines.insert(run.machine);
    }
  if (!any) return "";
  const std::string none = "training times cannot be compared: ";
  if (beside > 0)
    return none + fmt::format(
                      "up to {:.0f} other run{} trained at the same time on the same machine; elbo run --jobs 1 trains "
                      "one after the other",
                      beside, beside > 1 ? "s" : "");
  if (waited > notable_wait)
    return none + fmt::format(
                      "the machine was busy with other work (a run waited {:.0f} % of the time for a processor); train "
                      "again when nothing else runs",
                      100 * waited);
  if (machines.size() > 1) return none + "the runs were trained on different machines or devices";
  return is_known ? ""
                  : none +
                        "a log does not say what else ran on the machine (a run that was resumed, or a log of another "
                        "version)";
}

std::vector<std::string> plugin_remarks(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> remarks;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    for (const log::PluginRecord& plugin : run.summary->plugins) {
      if (plugin.checked == "shipped") continue;
      const std::string checked = checked_by_now(plugin, run.summary->plan_json);
      const std::string text = checked == "shipped" ? "" : remark(plugin, checked);
      if (!text.empty() && std::find(remarks.begin(), remarks.end(), text) == remarks.end()) remarks.push_back(text);
    }
  }
  return remarks;
}

}  // namespace elbo::host::report
