// float32 matrix products on the CPU through oneDNN, whatever BLAS libtorch is linked to: Debian's reference BLAS is
// some 40 times slower, and its OpenBLAS collapses when torch uses two threads.
#pragma once

namespace elbo::host::kernels {

/// Replaces aten::mm and aten::addmm for float32 on the CPU, so that every layer and its backward pass gains, those of
/// plugin authors too. To be called once, before the first product; other dtypes go to torch's own.
void use_onednn_products();

}  // namespace elbo::host::kernels
