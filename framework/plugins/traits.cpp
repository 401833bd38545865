#include "plugins/traits.hpp"

#include <map>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/value_json.hpp"
#include "plugins/ask.hpp"
#include "plugins/printable.hpp"

namespace elbo::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int traits_format = 2;  // another one where traits are found in another way

fs::path traits_file(const TraitsQuestion& question) {
  const std::string key =
      question.sha256 + elbo::to_json(question.settings).dump() + ELBO_TORCH_VERSION + std::to_string(traits_format);
  return cache_folder() / "traits" / (sha256(key) + ".json");
}

std::optional<Traits> cached_traits(const TraitsQuestion& question) {
  try {
    return traits_from_json(Json::parse(read_file(traits_file(question))));
  } catch (const std::exception&) {
    return {};  // it is simply asked again
  }
}

void keep_traits(const TraitsQuestion& question, const Traits& traits) {
  try {
    fs::create_directories(traits_file(question).parent_path());
    write_atomically(traits_file(question), to_json(traits).dump(1) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

TraitsAnswer understood_traits(const Json& answer, const TraitsQuestion& question) {
  if (answer.contains("error")) return {{}, printable(answer.at("error").get<std::string>())};
  try {
    const Traits traits = traits_from_json(answer);
    keep_traits(question, traits);
    return {traits, ""};
  } catch (const std::exception& e) {
    return {{}, "likelihood:" + question.name + ": its traits cannot be used: " + printable(e.what())};
  }
}

}  // namespace

Json to_json(const Traits& t) {
  return {{"support", to_string(t.support)},
          {"has_interval", t.has_interval},
          {"given", static_cast<int>(t.given)},
          {"finite_at_ends", t.finite_at_ends},
          {"least_dispersion", t.least_dispersion},
          {"most_dispersion", t.most_dispersion},
          {"own_lowest", t.own_lowest},
          {"own_highest", t.own_highest},
          {"own_spread", t.own_spread},
          {"for_own_spread", t.for_own_spread},
          {"for_given_total", t.for_given_total}};
}

Traits traits_from_json(const Json& json) {
  const auto support = support_named(json.at("support").get<std::string>());
  if (!support) throw Error("its support is not known");
  return {.support = *support,
          .has_interval = json.at("has_interval").get<bool>(),
          .given = static_cast<Given>(json.at("given").get<int>()),
          .finite_at_ends = json.at("finite_at_ends").get<bool>(),
          .least_dispersion = json.at("least_dispersion").get<double>(),
          .most_dispersion = json.at("most_dispersion").get<double>(),
          .own_lowest = json.at("own_lowest").get<bool>(),
          .own_highest = json.at("own_highest").get<bool>(),
          .own_spread = json.at("own_spread").get<bool>(),
          .for_own_spread = printable(json.at("for_own_spread").get<std::string>()),
          .for_given_total = printable(json.at("for_given_total").get<std::string>())};
}

std::vector<TraitsAnswer> ask_traits(std::span<const TraitsQuestion> questions) {
  std::map<fs::path, TraitsAnswer> known;  // by the cache's file: the same question may come often
  std::vector<const TraitsQuestion*> open;
  std::vector<Question> words;
  for (const TraitsQuestion& question : questions) {
    const auto [at, is_new] = known.try_emplace(traits_file(question));
    if (!is_new) continue;
    if (const auto traits = cached_traits(question)) {
      at->second.traits = *traits;
      continue;
    }
    open.push_back(&question);
    words.push_back({"likelihood:" + question.name + " (" + question.path.string() + ")",
                     {question.path.string(), elbo::to_json(question.settings).dump()}});
  }
  const auto said = ask_worker("traits", words);
  for (size_t i = 0; i < open.size(); ++i) known[traits_file(*open[i])] = understood_traits(said[i], *open[i]);

  std::vector<TraitsAnswer> answers;
  for (const TraitsQuestion& question : questions) answers.push_back(known.at(traits_file(question)));
  return answers;
}

}  // namespace elbo::plugins
