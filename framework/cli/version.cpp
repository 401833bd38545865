#include <H5public.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <png.h>
#include <toml++/toml.h>
#include <zlib.h>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"

namespace elbo::host::cli {
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
  return text;
}

}  // namespace elbo::host::cli
