#include <elbo/error.hpp>

#include "base/files.hpp"
#include "plan/plan.hpp"

namespace elbo {
using Json = nlohmann::ordered_json;
namespace {

constexpr int format = 1;

}  // namespace

Json to_json(const Plan& plan) {
  Json runs = Json::array();
  for (const Run& run : plan.runs) runs.push_back(to_json(run));
  return {{"format", format},
          {"experiment", plan.experiment},
          {"description", plan.description},
          {"experiment_toml", plan.experiment_toml},
          {"runs", runs}};
}

Plan plan_from_json(const Json& json) {
  try {
    if (const int found = json.at("format"); found != format)
      throw Error("plan: format " + std::to_string(found) + "; this program reads format " + std::to_string(format) +
                  "; plan the experiment again");
    Plan plan{json.at("experiment"), json.at("description"), json.at("experiment_toml"), {}};
    for (const Json& run : json.at("runs")) plan.runs.push_back(run_from_json(run));
    return plan;
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("plan: not as this program writes it: ") + e.what());
  }
}

void write_plan(const Plan& plan, const std::filesystem::path& file) {
  write_atomically(file, to_json(plan).dump(2) + "\n");
}

Plan read_plan(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  try {
    return plan_from_json(Json::parse(text));
  } catch (const nlohmann::json::exception& e) {
    throw Error(file.string() + ": not a plan: " + e.what());
  } catch (const Error& e) {
    throw Error(file.string() + ": " + e.what());
  }
}

}  // namespace elbo
