#include "kernels/device.hpp"

#include <ATen/Context.h>

#include <elbo/error.hpp>

#include "kernels/cuda.hpp"

namespace elbo::host::kernels {

at::Device device_of(const std::string& wanted) {
  if (wanted == "cpu") return at::kCPU;
  if (at::globalContext().hasCUDA()) return {at::kCUDA, 0};
  if (wanted == "auto") return at::kCPU;
  throw UserError(std::string("train.device = \"cuda\": ") +
                  (built_for_cuda() ? "found no CUDA device that can be used; expected one, and its driver"
                                    : "this program was built with a libtorch without CUDA; expected one with it") +
                  "; use device = \"cpu\", or \"auto\" for whatever there is");
}

std::string in_words(const at::Device& device) {
  return device.is_cuda() ? device.str() + ", " + cuda_in_words() : device.str();
}

}  // namespace elbo::host::kernels
