// elbo sample, reconstruct, traverse, interpolate, manifold
#include <fmt/format.h>

#include <charconv>

#include <elbo/error.hpp>

#include "cli/arguments.hpp"
#include "cli/data_request.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/trust.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* common =
    "  RUN           the log.h5 or the folder of a finished run\n"
    "  --out DIR     where to write (default: the folder of the run)\n"
    "  --given NAME=VALUE  of a run with dataset.condition: the same for all, such as sex=female (default: what is "
    "given of "
    "the\n"
    "                test data, from the first on)\n";

constexpr const char* sample_help =
    "elbo sample RUN [--count N] [--seed N] [--draw] [--columns N] [--as csv|npz|png] [--out DIR]\n"
    "Draws z ~ p(z) and writes E[x|z] as sample.h5 and, of images, as the sheet sample.png.\n"
    "  --count N     how many (default 64)\n"
    "  --seed N      of the draws (default 1); the same seed gives the same samples\n"
    "  --draw        draw x ~ p(x|z), too: on the sheet each stands before its mean\n"
    "  --columns N   images in a row of the sheet (default 8)\n"
    "  --as FORM     in the units of the run's data instead: rows of a table in sample.csv, arrays in sample.npz, or a "
    "folder\n"
    "                sample of png pictures; and sample.json, which has the seed\n";

constexpr const char* reconstruct_help =
    "elbo reconstruct RUN [--count N | --data I,J,...] [--columns N] [--out DIR]\n"
    "Writes test data and E[x|z] at z = E[z|x], as reconstruct.h5 and, of images, as reconstruct.png, pair by pair.\n"
    "  --count N     the first N test data (default 32)\n"
    "  --data LIST   these test data instead, counted from 0\n"
    "  --columns N   images in a row of the sheet (default 8)\n";

constexpr const char* traverse_help =
    "elbo traverse RUN [--dimensions I,J,...] [--steps N] [--reach R] [--row I] [--out DIR]\n"
    "Takes the code of a test data point and one latent dimension after the other from -R to R: a row each, "
    "traverse.h5 "
    "and\n"
    "traverse.png.\n"
    "  --dimensions LIST   latent dimensions, counted from 0 (default: all, most active first)\n"
    "  --steps N           steps in a row (default 11)\n"
    "  --reach R           how far (default 3)\n"
    "  --row I           the test data point whose code the others keep (default 0)\n";

constexpr const char* interpolate_help =
    "elbo interpolate RUN [--data I,J,...] [--steps N] [--path linear|spherical] [--out DIR]\n"
    "Walks from the code of one test data point to that of another: a row each pair, interpolate.h5 and "
    "interpolate.png.\n"
    "  --data LIST         pairs of test data, counted from 0 (default 0,1,2,3,4,5,6,7)\n"
    "  --steps N           codes in a row, both ends with them (default 10)\n"
    "  --path P            linear (default), or spherical: along an arc, as long as codes of a high dimension are\n";

constexpr const char* manifold_help =
    "elbo manifold RUN [--side N] [--out DIR]\n"
    "Of two latent dimensions: E[x|z] over the plane, at even steps of the distribution function of N(0, 1) in each "
    "(Kingma\n"
    "and Welling 2014, figure 4), as manifold.h5 and manifold.png.\n"
    "  --side N      steps each way (default 20)\n";

std::vector<int64_t> numbers_in(const std::string& verb, const std::string& option, const std::string& list) {
  std::vector<int64_t> numbers;
  for (const std::string& text : names_in(list)) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      throw UserError("elbo " + verb + ": --" + option + " has '" + text +
                      "'; expected whole numbers with commas between");
    numbers.push_back(number);
  }
  return numbers;
}

class GenerateWords {
 public:
  GenerateWords(std::string verb, const char* help, const Arguments& arguments, Options own) : verb_(std::move(verb)) {
    own.add_options()("run", po::value<std::vector<std::string>>())("out", po::value<std::string>())(
        "given", po::value<std::vector<std::string>>());
    add_trust_option(own);
    given_ = read_words(verb_, std::string(help) + common + trust_help, arguments, own, "run");
  }

  bool asked_for_help() const { return !given_; }
  bool has(const char* name) const { return given_->count(name) > 0; }
  double real(const char* name) const { return (*given_)[name].as<double>(); }
  std::string text(const char* name) const { return (*given_)[name].as<std::string>(); }
  std::vector<int64_t> numbers(const char* name) const { return numbers_in(verb_, name, text(name)); }
  int64_t number(const char* name, int64_t least) const {
    const auto value = (*given_)[name].as<int64_t>();
    if (value < least)
      throw UserError(fmt::format("elbo {}: --{} is {}; expected {} or more", verb_, name, value, least));
    return value;
  }

  /// Asks the worker, and says what it wrote.
  int generate(Json request) const {
    if (!has("run")) throw UserError("elbo " + verb_ + ": no run is named; expected elbo " + verb_ + " RUN");
    const std::vector<std::string> words = texts_of(*given_, "run");
    if (words.size() != 1)
      throw UserError(fmt::format("elbo {}: {} runs are named; expected one, as {}", verb_, words.size(), words[0]));
    const fs::path folder = finished_run(verb_, words[0], *given_);
    request["verb"] = verb_;
    request["folder"] = fs::absolute(folder).string();
    if (has("given")) request["given"] = given_in("elbo " + verb_, texts_of(*given_, "given"));
    request["out"] = fs::absolute(has("out") ? fs::path(text("out")) : folder).string();
    for (const Json& line : ask_worker("generate", request, "")) {
      if (line.contains("wrote")) print("{}\n", line.at("wrote").get<std::string>());
      if (line.contains("note")) print("{}\n", line.at("note").get<std::string>());
    }
    return 0;
  }

 private:
  std::string verb_;
  std::optional<ParsedArguments> given_;
};

auto whole(int64_t fallback) { return po::value<int64_t>()->default_value(fallback); }

std::vector<int64_t> first_numbers(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

int sample(const Arguments& arguments) {
  Options own;
  own.add_options()("count", whole(64))("seed", whole(1))("draw", "")("columns", whole(8))("as",
                                                                                           po::value<std::string>());
  const GenerateWords words("sample", sample_help, arguments, own);
  if (words.asked_for_help()) return 0;
  Json request = {{"count", words.number("count", 1)},
                  {"seed", words.number("seed", 0)},
                  {"draw", words.has("draw")},
                  {"columns", words.number("columns", 1)}};
  if (words.has("as")) {
    request["as"] = words.text("as");
    if (const auto as = request["as"]; as != "csv" && as != "npz" && as != "png")
      throw UserError("elbo sample: --as is " + as.dump() + "; expected csv, npz or png");
  }
  return words.generate(std::move(request));
}

int reconstruct(const Arguments& arguments) {
  Options own;
  own.add_options()("count", whole(32))("data", po::value<std::string>())("columns", whole(8));
  const GenerateWords words("reconstruct", reconstruct_help, arguments, own);
  if (words.asked_for_help()) return 0;
  const int64_t count = words.number("count", 1);
  const auto data = words.has("data") ? words.numbers("data") : first_numbers(count);
  if (data.empty()) throw UserError("elbo reconstruct: --data names no test data; expected some, as --data 0,5,7");
  return words.generate({{"data", data}, {"columns", words.number("columns", 1)}});
}

int traverse(const Arguments& arguments) {
  Options own;
  own.add_options()("dimensions", po::value<std::string>()->default_value(""))("steps", whole(11))(
      "reach", po::value<double>()->default_value(3))("row", whole(0));
  const GenerateWords words("traverse", traverse_help, arguments, own);
  if (words.asked_for_help()) return 0;
  return words.generate({{"dimensions", words.numbers("dimensions")},
                         {"steps", words.number("steps", 1)},
                         {"reach", words.real("reach")},
                         {"data", {words.number("row", 0)}}});
}

int interpolate(const Arguments& arguments) {
  Options own;
  own.add_options()("data", po::value<std::string>()->default_value("0,1,2,3,4,5,6,7"))("steps", whole(10))(
      "path", po::value<std::string>()->default_value("linear"));
  const GenerateWords words("interpolate", interpolate_help, arguments, own);
  if (words.asked_for_help()) return 0;
  const auto data = words.numbers("data");
  if (data.empty() || data.size() % 2)
    throw UserError(
        fmt::format("elbo interpolate: --data names {} test data; expected pairs, as --data 0,1,2,3", data.size()));
  const std::string path = words.text("path");
  if (path != "linear" && path != "spherical")
    throw UserError("elbo interpolate: --path is '" + path + "'; expected linear or spherical");
  return words.generate({{"data", data}, {"steps", words.number("steps", 2)}, {"spherical", path == "spherical"}});
}

int manifold(const Arguments& arguments) {
  Options own;
  own.add_options()("side", whole(20));
  const GenerateWords words("manifold", manifold_help, arguments, own);
  if (words.asked_for_help()) return 0;
  return words.generate({{"steps", words.number("side", 1)}});
}

}  // namespace

std::vector<Verb> verbs_of_generate() {
  return {
      {"sample", "RUN", "images or arrays of z drawn from the prior", sample, 110},
      {"reconstruct", "RUN", "test data beside what the model makes of them", reconstruct, 120},
      {"traverse", "RUN", "one latent dimension after the other, from end to end", traverse, 130},
      {"interpolate", "RUN", "from the code of one test data point to that of another", interpolate, 140},
      {"manifold", "RUN", "the plane of two latent dimensions", manifold, 150},
  };
}

}  // namespace elbo::host::cli
