#include "kernels/cuda_graph.hpp"

#include <elbo/error.hpp>

#ifdef ELBO_HAS_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <torch/version.h>

#include <memory>

#define ELBO_HAS_POOLS (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2))
#endif

namespace elbo::host::kernels {

#ifdef ELBO_HAS_CUDA
void use_own_cuda_stream() { c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool()); }

namespace {

/// Ends a recording that failed, so that the device, and libtorch's memory, go on as if it had never begun. (A graph tells its pool
/// only where it succeeded.)
void abandon(at::cuda::CUDAGraph& graph, const c10::cuda::MempoolId_t& pool) {
  const auto try_to = [](auto&& f) {
    try {
      f();
    } catch (const c10::Error&) {
      // that what was begun cannot be ended well is known
    }
  };
  try_to([&] { graph.capture_end(); });
#if ELBO_HAS_POOLS
  try_to([&] {
    c10::cuda::CUDACachingAllocator::endAllocateToPool(c10::cuda::current_device(), pool);
    c10::cuda::CUDACachingAllocator::releasePool(c10::cuda::current_device(), pool);
  });
#endif
  cudaGetLastError();  // would be taken for the next operation's
}

}  // namespace

std::function<void()> captured_on_cuda(const std::function<void()>& queue) {
  const auto graph = std::make_shared<at::cuda::CUDAGraph>();
  const auto pool = at::cuda::graph_pool_handle();
  c10::cuda::getCurrentCUDAStream().synchronize();
  try {
    graph->capture_begin(pool);
    queue();
    graph->capture_end();
  } catch (...) {
    abandon(*graph, pool);
    throw;
  }
  return [graph] { graph->replay(); };
}
#else
void use_own_cuda_stream() {
  throw Error("CUDA: this program was built with a libtorch without it; expected nobody to ask for a stream");
}

std::function<void()> captured_on_cuda(const std::function<void()>&) {
  throw Error("CUDA: this program was built with a libtorch without it; expected nobody to record operations");
}
#endif

}  // namespace elbo::host::kernels
