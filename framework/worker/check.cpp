#include "worker/check.hpp"

#include <ATen/Parallel.h>

#include "base/value_json.hpp"
#include "conformance/check.hpp"
#include "kernels/matrix_products.hpp"
#include "plugins/inspect.hpp"
#include "plugins/library.hpp"
#include "worker/answer.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
namespace {

PluginChoice choice_of(const std::string& file, const std::string& settings, const std::vector<std::string>& parts) {
  const plugins::Found found = plugins::inspect(file, "", "");
  PluginChoice choice;
  choice.kind = found.kind;
  choice.name = found.name;
  choice.path = file;
  if (const Json given = Json::parse(settings); !given.empty())
    choice.settings = settings_from_json(given, plugins::options_of_plugin(choice));
  for (const std::string& part : parts) choice.parts.push_back({"", {}, choice_of(part, "{}", {})});
  return choice;
}

}  // namespace

int check(const std::string& file, const std::string& settings, const std::string& only,
          const std::vector<std::string>& parts) {
  const Answer answer;
  const auto say = [&](const Json& json) {
    answer.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  };
  at::set_num_threads(1);
  kernels::use_onednn_products();
  try {
    conformance::check_plugin(
        choice_of(file, settings, parts), only,
        [&](const std::string& name) {
          say({{"begun", name}});
        },
        [&](const conformance::Result& r) {
          say({{"name", r.name}, {"outcome", r.outcome}, {"detail", r.detail}});
        });
  } catch (const UserError& e) {
    say({{"error", e.what()}});
  }
  return 0;
}

}  // namespace elbo::worker
