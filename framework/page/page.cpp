#include "page/page.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"
#include "log/layout.hpp"
#include "log/provenance.hpp"
#include "log/upkeep/writer_lock.hpp"
#include "metrics/metrics.hpp"
#include "page/numbers.hpp"
#include "page/run_json.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::page {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// In the order in which the browser runs them.
constexpr const char* scripts[] = {"dom.js",      "tables.js",   "chart.js",      "distances.js",   "answer.js",
                                   "curves.js",   "heat.js",     "evaluation.js", "differences.js", "latents.js",
                                   "pictures.js", "explorer.js", "origin.js",     "main.js"};

std::string part(const std::string& name) {
  const fs::path file = report_folder() / name;
  if (!fs::exists(file))
    throw Error(file.string() +
                ": is missing; expected the parts of the report page there; build or install elbo again");
  return read_file(file);
}

std::string all_scripts() {
  std::string all;
  for (const char* name : scripts) all += part(name);
  return all;
}

void replace(std::string& text, const std::string& mark, const std::string& by) {
  const size_t place = text.find(mark);
  if (place == std::string::npos)
    throw Error("page.html: has no " + mark + "; expected each mark once; install elbo again");
  text.replace(place, mark.size(), by);
}

}  // namespace

std::string safe_in_script(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<') safe += "\\u003c";
    else if (c == '>') safe += "\\u003e";
    else if (c == '&') safe += "\\u0026";
    else safe += c;
  }
  return safe;
}

std::string fill(const std::string& page, const std::string& style, const std::string& library,
                 const std::string& script, const std::string& data) {
  std::string filled = page;
  replace(filled, "<!--STYLE-->", style);
  replace(filled, "<!--SCRIPT-->", script);  // the last mark first: what is filled in may hold anything
  replace(filled, "<!--DATA-->", safe_in_script(data));
  replace(filled, "<!--LIBRARY-->", library);
  return filled;
}

void write_report(const fs::path& folder, const fs::path& file, const std::string& version,
                  const std::set<fs::path>& only) {
  const Json data = page_json(scan(folder, only), version);
  const std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  write_atomically(file, fill(part("page.html"), part("style.css"), part("chart.min.js"), all_scripts(), text));
}

namespace {

constexpr size_t widest_label = 28;
constexpr size_t points_in_all = 20'000, fewest_points = 60, most_points = 500;  // of one term's curve

/// Best first, then those that are not ranked.
std::vector<std::string> variants_in_order(const report::Comparison& comparison, const ScanResults& found) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const report::Ranking& ranking : comparison.rankings)
    for (const report::VariantRow& row : ranking.rows) add(row.variant);
  for (const report::VariantRow& row : comparison.autoencoders) add(row.variant);
  for (const FoundLog& log : found.logs) add(log.variant);
  return names;
}

/// For labels of charts, in the order of the rows.
std::vector<std::string> short_names_of(const report::Ranking& ranking) {
  std::vector<std::string> names;
  for (const report::VariantRow& row : ranking.rows) names.push_back(row.variant);
  return short_names(names, widest_label);
}

/// The numbers of comparison_json() with the sentences that people read.
Json comparison_of(const report::Comparison& comparison) {
  Json json = Json::parse(comparison_json(comparison));
  for (size_t i = 0; i < comparison.rankings.size(); ++i) {
    json["rankings"][i]["verdicts"] = verdicts(comparison.rankings[i]);
    json["rankings"][i]["short_names"] = short_names_of(comparison.rankings[i]);
    json["rankings"][i]["histograms"] = histograms_json(comparison.rankings[i]);
  }
  json["below_exact"] = comparison.below_exact;
  return json;
}

/// Of a log that turns out to be damaged where nobody looked before, only the complaint.
template <class Read>
void or_complain(const FoundLog& log, Json& problems, Read read) {
  try {
    read();
  } catch (const std::exception& error) {
    problems.push_back(
        {{"what", fmt::format("{}, seed {}", log.variant, log.seed)}, {"state", "damaged"}, {"why", error.what()}});
  }
}

Json variant_json(const std::string& name, const ScanResults& found, size_t points, Budget& budget, Json& page) {
  Json& problems = page["problems"];
  Json variant = {{"name", name}, {"runs", Json::array()}};
  for (const FoundLog& log : found.logs) {
    if (log.variant != name) continue;
    or_complain(log, problems, [&] {
      log::while_written(log.path, [&] {
        const h5::File file = log::open_log(log.path);
        Json run = {{"seed", log.seed}, {"status", log.status}};
        run.update(curves_json(file, points));
        if (!variant.contains("detail")) variant["detail"] = detail_json(file, log, budget);
        page["terms"].update(terms_json(file));
        variant["runs"].push_back(std::move(run));
      });
    });
    or_complain(log, problems, [&] {
      Json measured = evaluation_json(log.path);
      if (!measured.empty()) variant["evaluations"].push_back({{"seed", log.seed}, {"metrics", std::move(measured)}});
    });
  }
  return variant;
}

Json plans_of(const std::vector<std::string>& variants, const ScanResults& found) {
  std::vector<std::pair<std::string, Json>> plans;
  for (const std::string& variant : variants) {
    const auto log =
        std::find_if(found.logs.begin(), found.logs.end(), [&](const FoundLog& l) { return l.variant == variant; });
    if (log == found.logs.end()) continue;
    Json plan = json_or_discarded(log::read_summary(log->path).plan_json);
    if (plan.is_object()) plans.emplace_back(variant, std::move(plan));
  }
  return report::settings_diff(plans);
}

std::string thinning(const ScanResults& found, size_t points) {
  return fmt::format(
      "Curves are drawn at up to {} epochs of each of {} runs, at equal steps; the logs hold every epoch.", points,
      found.logs.size());
}

}  // namespace

Json page_json(const ScanResults& found, const std::string& version) {
  report::Comparison comparison = report::compare(found.outcomes);
  comparison.notes.insert(comparison.notes.begin(), found.notes.begin(), found.notes.end());
  const size_t points = std::clamp(points_in_all / std::max<size_t>(1, found.logs.size()), fewest_points, most_points);
  const auto variants = variants_in_order(comparison, found);
  Json page = {{"experiment", found.experiment},
               {"description", found.description},
               {"made_at", log::utc_now()},
               {"elbo", version}};
  page["comparison"] = comparison_of(comparison);
  page["settings_diff"] = plans_of(variants, found);
  page["problems"] = Json::array();
  for (const Problem& p : found.problems)
    page["problems"].push_back({{"what", p.what}, {"state", p.state}, {"why", p.why}});
  Budget budget;
  page["terms"] = Json::object();
  page["main_terms"] = {metrics::elbo.name, metrics::reconstruction.name, metrics::kl.name};
  page["variants"] = Json::array();
  for (const std::string& name : variants) page["variants"].push_back(variant_json(name, found, points, budget, page));
  page["remarks"] = budget.left_out;
  page["remarks"].insert(page["remarks"].begin(), thinning(found, points));
  page["experiment_toml"] = found.experiment_toml;
  return page;
}

}  // namespace elbo::host::page
