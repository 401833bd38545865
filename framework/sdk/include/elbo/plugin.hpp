// Registration. One macro makes a plugin: a plain table of function pointers, so that loading the library runs
// no plugin code, and a text card in an ELF section of its own, readable without loading (readelf -p elboplug).
#pragma once
#include <torch/version.h>

#include <concepts>
#include <memory>
#include <type_traits>
#include <vector>

#include <elbo/abi.hpp>
#include <elbo/component.hpp>
#include <elbo/options.hpp>

namespace elbo {

/// The one symbol that the host looks up. create() passes on what the plugin's constructor throws; options() throws nothing.
struct PluginTable {
  int32_t abi;
  const char *kind, *name, *summary;
  std::vector<Option> (*options)();
  std::shared_ptr<Component> (*create)(const std::vector<Setting>&, const Context&);
  bool contains_likelihoods;  // made of others, which Context::parts hands in
};

template <class Kind, class T>
constexpr PluginTable make_table(const char* kind, const char* name, const char* summary) {
  static_assert(std::is_base_of_v<Kind, T>,
                "an elbo plugin derives from the class of its kind: elbo::Likelihood, elbo::Prior, elbo::Encoder, "
                "elbo::Decoder or elbo::Objective");
  static_assert(
      requires { typename T::Config; }, "an elbo plugin has a nested struct Config, empty when it has no options");
  static_assert(std::default_initializable<typename T::Config>,
                "the nested struct Config has a default for each member");
  static_assert(
      requires(Options<typename T::Config>& o) { T::describe(o); },
      "an elbo plugin has a static void describe(elbo::Options<Config>&) that adds its options");
  static_assert(!std::is_abstract_v<T>, "an elbo plugin overrides every pure virtual do_... function of its kind");
  static_assert(std::is_constructible_v<T, const typename T::Config&, const Context&>,
                "an elbo plugin has a constructor that takes (const Config&, const elbo::Context&)");
  return {ELBO_ABI, kind, name, summary, [] { return options_of<T>().list(); },
          [](const std::vector<Setting>& settings, const Context& context) -> std::shared_ptr<Component> {
            return std::make_shared<T>(options_of<T>().config(settings), context);
          },
          requires {T::contains_likelihoods;
}
};  // namespace elbo
}

}  // namespace elbo

#define ELBO_TEXT_(x) #x
#define ELBO_TEXT(x) ELBO_TEXT_(x)
#define ELBO_PLUGIN_(kind, Kind, plugin_name, Type, summary)                                                          \
  extern "C" ELBO_EXPORT __attribute__((used, section("elboplug")))                                                   \
  const char elbo_card[] = "elbo-plugin\0abi=" ELBO_TEXT(                                                             \
      ELBO_ABI) "\0kind=" kind "\0name=" #plugin_name "\0summary=" summary                                            \
                "\0torch=" ELBO_TEXT(TORCH_VERSION_MAJOR) "." ELBO_TEXT(TORCH_VERSION_MINOR) "\0cxx11abi=" ELBO_TEXT( \
                    _GLIBCXX_USE_CXX11_ABI) "\0compiler=" __VERSION__;                                                \
  extern "C" ELBO_EXPORT const elbo::PluginTable elbo_plugin;                                                         \
  constinit const elbo::PluginTable elbo_plugin = elbo::make_table<elbo::Kind, Type>(kind, #plugin_name, summary)

#define ELBO_LIKELIHOOD(name, Type, summary) ELBO_PLUGIN_("likelihood", Likelihood, name, Type, summary)
#define ELBO_PRIOR(name, Type, summary) ELBO_PLUGIN_("prior", Prior, name, Type, summary)
#define ELBO_ENCODER(name, Type, summary) ELBO_PLUGIN_("encoder", Encoder, name, Type, summary)
#define ELBO_DECODER(name, Type, summary) ELBO_PLUGIN_("decoder", Decoder, name, Type, summary)
#define ELBO_OBJECTIVE(name, Type, summary) ELBO_PLUGIN_("objective", Objective, name, Type, summary)
