// The numbers of the host's generator on a CUDA device, without a header of torch: compiled by the CUDA compiler.
#pragma once
#include <cstdint>

struct CUstream_st;

namespace elbo {

/// A draw [samples, data, event] of float32; ids on the device, or none for 0 .. data - 1.
struct CudaDraw {
  bool normal;
  uint64_t key;
  uint32_t call;
  int64_t first_sample;
  const int64_t* ids;
  int64_t samples, data, event;
  float* out;
};

/// Queued on the stream. Returns the text of an error, or nullptr.
const char* draw_on_cuda(const CudaDraw& draw, CUstream_st* stream);

}  // namespace elbo
