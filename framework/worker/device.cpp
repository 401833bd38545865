#include "worker/device.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "kernels/device.hpp"

namespace elbo::worker {

int device(const std::string& wanted) {
  std::cout << nlohmann::json{{"device", kernels::in_words(kernels::device_of(wanted))}}.dump() << std::endl;
  return 0;
}

}  // namespace elbo::worker
