#include "worker/check.hpp"

#include <ATen/Parallel.h>
#include <unistd.h>

#include "base/value_json.hpp"
#include "conformance/check.hpp"
#include "kernels/matrix_products.hpp"
#include "plugins/inspect.hpp"
#include "plugins/library.hpp"
#include "worker/answer.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
namespace {

/// Without the settings, which only the plugin itself can read.
PluginChoice choice_of(const std::string& file) {
  const plugins::Found found = plugins::inspect(file, "", "");
  PluginChoice choice;
  choice.kind = found.kind;
  choice.name = found.name;
  choice.path = file;
  return choice;
}

}  // namespace

// The names of what will be reported are written before the plugin is loaded, and each result says which process it comes
// from: a plugin that ends or forks the process cannot take a result away unseen.
int check(const std::string& file, const std::string& settings, const std::string& only,
          const std::vector<std::string>& parts) {
  const Answer answer;
  const auto say = [&](const Json& json) {
    if (!answer.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"))
      throw Error("the results of the check cannot be written: its output was closed");
  };
  at::set_num_threads(1);
  kernels::use_onednn_products();
  try {
    PluginChoice choice = choice_of(file);
    for (const std::string& part : parts) choice.parts.push_back({"", {}, choice_of(part)});
    say({{"expected", conformance::property_names(choice, only)}, {"process", ::getpid()}});
    if (const Json given = Json::parse(settings); !given.empty())
      choice.settings = settings_from_json(given, plugins::options_of_plugin(choice));
    conformance::check_plugin(choice, only, [&](const conformance::Result& r) {
      say({{"name", r.name}, {"outcome", r.outcome}, {"detail", r.detail}, {"process", ::getpid()}});
    });
  } catch (const UserError& e) {
    say({{"error", e.what()}});
  }
  return 0;
}

}  // namespace elbo::worker
