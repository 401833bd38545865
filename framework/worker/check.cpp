#include "worker/check.hpp"

#include <ATen/Parallel.h>
#include <unistd.h>

#include "conformance/check.hpp"
#include "kernels/matrix_products.hpp"
#include "worker/answer.hpp"
#include "worker/plugin_choice.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;

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
    say({{"expected", conformance::property_names(choice_of_file(file, "{}", parts), only)}, {"process", ::getpid()}});
    conformance::check_plugin(choice_of_file(file, settings, parts), only, [&](const conformance::Result& r) {
      say({{"name", r.name}, {"outcome", r.outcome}, {"detail", r.detail}, {"process", ::getpid()}});
    });
  } catch (const UserError& e) {
    say({{"error", e.what()}});
  }
  return 0;
}

}  // namespace elbo::worker
