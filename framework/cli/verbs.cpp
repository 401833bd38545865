#include "cli/verbs.hpp"

#include <H5public.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <png.h>
#include <toml++/toml.h>
#include <zlib.h>
#include <algorithm>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include <elbo/error.hpp>

#include "base/images/image_file.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "verb_files.hpp"  // made by CMake: names each file of cli/verbs

namespace elbo::host::cli {
namespace {

std::vector<Verb> all_verbs() {
  std::vector<Verb> all;
#define ELBO_ADD(file) \
  for (const Verb& verb : verbs_of_##file()) all.push_back(verb);
  ELBO_VERBS(ELBO_ADD)
#undef ELBO_ADD
  std::stable_sort(all.begin(), all.end(), [](const Verb& a, const Verb& b) { return a.position < b.position; });
  return all;
}

std::string overview(const std::vector<Verb>& verbs) {
  std::string text =
      "elbo trains variational auto-encoders put together from plugins, and compares them honestly.\n\n"
      "usage: elbo VERB ...          (elbo VERB --help says more)\n\n";
  for (const Verb& verb : verbs)
    if (verb.summary)
      text += fmt::format("  {:<38} {}\n", fmt::format("{} {}", verb.name, verb.arguments), verb.summary);
  return text +
         "  --version                              this program, its libraries and their versions\n\n"
         "examples:\n"
         "  elbo run experiments/quickstart.toml\n"
         "  elbo run experiments/quickstart.toml --set train.max_epochs=3 --out /tmp/short\n";
}

}  // namespace

int dispatch(const Arguments& words) {
  const std::vector<Verb> verbs = all_verbs();
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return print("{}", overview(verbs)), 0;
  if (words[0] == "--version") return print("{}", versions()), 0;
  std::vector<std::string> names;
  for (const Verb& verb : verbs) {
    if (words[0] == verb.name) return verb.function({words.begin() + 1, words.end()});
    if (verb.summary) names.push_back(verb.name);
  }
  throw UserError("'" + words[0] + "' is not a verb of elbo" + suggestion(words[0], names));
}

namespace {

std::string hdf5() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace

std::string versions() {
  std::string text = "elbo " ELBO_VERSION "\n";
  const auto add = [&](const char* name, const std::string& version) {
    text += fmt::format("  {:<14} {}\n", name, version);
  };
  add("plugins for", "libtorch " ELBO_TORCH_VERSION);
#ifdef __clang__
  add("compiler", __VERSION__);
#else
  add("compiler", "GCC " __VERSION__);
#endif
  add("Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
  add("HDF5", hdf5());
  add("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  add("toml++", fmt::format("{}.{}.{}", TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH));
  add("nlohmann-json",
      fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH));
  add("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  add("zlib", zlibVersion());
  add("libpng", png_get_libpng_ver(nullptr));
  add("libjpeg-turbo", jpeg_version());
  return text;
}

}  // namespace elbo::host::cli
