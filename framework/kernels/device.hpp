// Where a run is computed: the processor, or a CUDA device.
#pragma once
#include <c10/core/Device.h>

#include <string>

namespace elbo::host::kernels {

/// What train.device asks for: "cpu", "cuda", or "auto", which is a CUDA device where there is one. Throws UserError where
/// "cuda" cannot be had.
at::Device device_of(const std::string& wanted);

/// "cpu"; "cuda:0, NVIDIA H200, driver 12.4, runtime 12.4"
std::string in_words(const at::Device& device);

}  // namespace elbo::host::kernels
