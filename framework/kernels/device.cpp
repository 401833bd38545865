#include "kernels/device.hpp"

#include <ATen/Context.h>

#include <elbo/error.hpp>

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

#ifdef ELBO_HAS_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/ops/addmm_cuda_dispatch.h>
#include <ATen/ops/mm_cuda_dispatch.h>
#include <cuda_runtime_api.h>
#include <torch/library.h>

#include "kernels/bf16_products.hpp"
#include "kernels/suppress_warnings.hpp"
#endif

namespace elbo::host::kernels {

#ifdef ELBO_HAS_CUDA
namespace {

using at::Tensor;

std::string version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

bool rounds(const Tensor& a, const Tensor& b) {
  return Bf16Products::wanted() && a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat;
}

Tensor rounded_product(const Tensor& a, const Tensor& b) {
  return at::cuda::mm(a.to(at::kBFloat16), b.to(at::kBFloat16)).to(at::kFloat);
}

Tensor mm_on_cuda(const Tensor& a, const Tensor& b) {
  return rounds(a, b) ? rounded_product(a, b) : at::cuda::mm(a, b);
}

Tensor addmm_on_cuda(const Tensor& added, const Tensor& a, const Tensor& b, const at::Scalar& beta,
                     const at::Scalar& alpha) {
  return rounds(a, b) ? added * beta + rounded_product(a, b) * alpha : at::cuda::addmm(added, a, b, beta, alpha);
}

}  // namespace

bool built_for_cuda() { return true; }

std::string cuda_in_words() {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  return std::string(at::cuda::getCurrentDeviceProperties()->name) + ", driver " + version(driver) + ", runtime " +
         version(runtime);
}

double cuda_milliseconds(const std::function<void()>& queue) {
  at::cuda::CUDAEvent start(cudaEventDefault), end(cudaEventDefault);
  start.record();
  queue();
  end.record();
  end.synchronize();
  return start.elapsed_time(end);
}

void use_bf16_products_on_cuda() {
  at::globalContext().setAllowBF16ReductionCuBLAS(false);  // sums are of float32
  const SuppressWarnings quiet;
  static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  static const bool registered = [] {
    library.impl("mm", &mm_on_cuda);
    library.impl("addmm", &addmm_on_cuda);
    return true;
  }();
  (void)registered;
}
#else
namespace {
[[noreturn]] void refuse() {
  throw Error("CUDA: this program was built with a libtorch without it; expected nobody to ask");
}
}  // namespace

bool built_for_cuda() { return false; }
std::string cuda_in_words() { refuse(); }
double cuda_milliseconds(const std::function<void()>&) { refuse(); }
void use_bf16_products_on_cuda() { refuse(); }
#endif

}  // namespace elbo::host::kernels
