// Operations on a CUDA device, recorded once and launched again as one.
#pragma once
#include <functional>

namespace elbo::host::kernels {

/// From now on this thread's operations are queued on a stream of their own, as recording asks for. To be called before the first.
void use_own_cuda_stream();

/// Records what `queue` queues on the device, without it being done; the result launches all of it. What it reads and writes are
/// the same tensors each time. Throws Error where something in it cannot be recorded, as a number that is read back.
std::function<void()> captured_on_cuda(const std::function<void()>& queue);

}  // namespace elbo::host::kernels
