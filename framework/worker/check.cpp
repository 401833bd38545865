#include "worker/check.hpp"

#include <ATen/Parallel.h>

#include "conformance/check.hpp"
#include "kernels/matrix_products.hpp"
#include "worker/answer.hpp"
#include "worker/plugin_choice.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;

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
        choice_of_file(file, settings, parts), only,
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
