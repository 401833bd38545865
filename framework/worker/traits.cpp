#include "worker/traits.hpp"

#include <ATen/Parallel.h>

#include <elbo/error.hpp>

#include "conformance/check.hpp"
#include "conformance/likelihood/traits.hpp"
#include "kernels/matrix_products.hpp"
#include "worker/answer.hpp"
#include "worker/limits.hpp"
#include "worker/plugin_choice.hpp"

namespace elbo::worker {
namespace {

nlohmann::ordered_json traits_or_error(const std::string& file, const std::string& settings) {
  PluginChoice choice;
  const auto error = [&](const std::string& what) {
    return nlohmann::ordered_json{{"error", "likelihood:" + choice.name + " (" + file + "): cannot be asked: " + what}};
  };
  try {
    choice = choice_of_file(file, settings);
    return to_json(conformance::traits_of(choice));
  } catch (const conformance::Failure& e) {
    return error(e.sentence);
  } catch (const std::exception& e) {
    return error(e.what());
  } catch (...) {
    return error("it threw something that is not a std::exception");
  }
}

}  // namespace

int traits(const std::vector<std::string>& words) {
  const Answer answer;
  at::set_num_threads(1);
  kernels::use_onednn_products();
  TrainConfig few;
  few.memory_limit_gb = 8;  // which takes nothing like it
  set_limits(few);
  auto all = nlohmann::ordered_json::array();
  for (size_t i = 0; i + 1 < words.size(); i += 2) all.push_back(traits_or_error(words[i], words[i + 1]));
  return answer.write(all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n") ? 0 : 1;
}

}  // namespace elbo::worker
