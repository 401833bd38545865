// One thread a block of Philox: four numbers. The bits are those of the processor, see philox_block.hpp.
#include "sdk/src/random/noise_cuda.hpp"
#include "sdk/src/random/philox_block.hpp"

namespace elbo {
namespace {

constexpr int64_t threads = 256;

__device__ PhiloxRow row_of(const CudaDraw& d, int64_t row) {
  const int64_t b = row % d.data;
  const uint64_t id = static_cast<uint64_t>(d.ids ? d.ids[b] : b);
  return {{static_cast<uint32_t>(d.key), static_cast<uint32_t>(d.key >> 32)},
          static_cast<uint32_t>(d.first_sample + row / d.data),
          static_cast<uint32_t>(id),
          d.call ^ static_cast<uint32_t>(id >> 32) << 24};
}

__global__ void draw_blocks(CudaDraw d, int64_t blocks_a_row, int64_t blocks) {
  for (int64_t i = blockIdx.x * int64_t{blockDim.x} + threadIdx.x; i < blocks; i += int64_t{blockDim.x} * gridDim.x) {
    const int64_t row = i / blocks_a_row, place = i % blocks_a_row;
    const PhiloxWords w = philox_words(row_of(d, row), static_cast<uint32_t>(place));
    float four[4];
    if (d.normal) {
      const NormalPair a = to_normals(w.word[0], w.word[1]), b = to_normals(w.word[2], w.word[3]);
      four[0] = a.first, four[1] = a.second, four[2] = b.first, four[3] = b.second;
    } else {
      for (int j = 0; j < 4; ++j) four[j] = to_unit(w.word[j]);
    }
    for (int64_t j = 0; j < 4 && 4 * place + j < d.event; ++j) d.out[row * d.event + 4 * place + j] = four[j];
  }
}

}  // namespace

const char* draw_on_cuda(const CudaDraw& d, CUstream_st* stream) {
  const int64_t blocks_a_row = (d.event + 3) / 4, blocks = d.samples * d.data * blocks_a_row;
  if (blocks == 0) return nullptr;
  const int64_t grid = (blocks + threads - 1) / threads;
  draw_blocks<<<static_cast<unsigned>(grid < 65535 ? grid : 65535), threads, 0, stream>>>(d, blocks_a_row, blocks);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace elbo
