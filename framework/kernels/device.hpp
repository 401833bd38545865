// Where a run is computed: the processor, or a CUDA device.
#pragma once
#include <c10/core/Device.h>
#include <functional>
#include <string>

namespace elbo::host::kernels {

/// What train.device asks for: "cpu", "cuda", or "auto", which is a CUDA device where there is one. Throws UserError where
/// "cuda" cannot be had.
at::Device device_of(const std::string& wanted);

/// "cpu"; "cuda:0, NVIDIA H200, driver 12.4, runtime 12.4"
std::string in_words(const at::Device& device);

// What the host asks of the CUDA side of libtorch. In a program built without it nothing of this is ever reached, but can be called.

/// Whether this program was built with a libtorch that has CUDA; whether there is a device is another matter.
bool built_for_cuda();

/// "NVIDIA H200, driver 12.4, runtime 12.4": the present device.
std::string cuda_in_words();

/// The device's own time from the start of what this queues on the present stream to its end.
double cuda_milliseconds(const std::function<void()>& queue);

/// From now on matrix products of float32 on CUDA devices are of factors rounded to bfloat16 while Bf16Products says so.
void use_bf16_products_on_cuda();

}  // namespace elbo::host::kernels
