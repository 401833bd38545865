#include "sdk/src/random/noise_cuda.hpp"

#include "sdk/src/random/noise.hpp"

#ifdef ELBO_HAS_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace elbo {

#ifdef ELBO_HAS_CUDA
bool fill_on_cuda(const Noise& noise, const Tensor& out) {
  if (!out.is_cuda() || out.scalar_type() != at::kFloat) return false;
  const c10::cuda::CUDAGuard device(out.device());
  const Tensor ids = noise.ids.defined() ? noise.ids.to(out.device()) : Tensor();
  const int64_t samples = out.size(0), data = out.size(1), rows = samples * data;
  const CudaDraw draw{noise.distribution == NoiseDistribution::normal,
                      noise.key,
                      noise.call,
                      noise.first_sample,
                      ids.defined() ? ids.data_ptr<int64_t>() : nullptr,
                      samples,
                      data,
                      rows == 0 ? 0 : out.numel() / rows,
                      out.data_ptr<float>()};
  if (const char* error = draw_on_cuda(draw, c10::cuda::getCurrentCUDAStream().stream()))
    throw Error(std::string("Rng: the CUDA device failed with '") + error + "'; expected it to draw");
  return true;
}
#else
bool fill_on_cuda(const Noise&, const Tensor&) { return false; }
#endif

}  // namespace elbo
