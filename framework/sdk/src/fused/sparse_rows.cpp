#include "sdk/src/fused/sparse_rows.hpp"

#include <ATen/Parallel.h>

#include "sdk/src/tensor/clones.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sdk/src/tensor/raw_tensor.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace elbo {
namespace {

// block rows of a panel of columns of the right factor stay in a processor's nearest caches while all rows pass by; the sums of
// a row lie in registers, of which AVX-512 has twice as many. Measured: 64 kB, though more than the first cache, beat half of it.
constexpr int64_t block = 128, narrow = 64, wide = 128;
constexpr int64_t fewest_rows = 48;  // with less, bringing the blocks there costs more than is saved
constexpr int64_t fewest_columns = narrow / 2;
constexpr int64_t overhang = 16;  // values are appended in vectors

int64_t blocks_of(int64_t n) { return (n + block - 1) / block; }

int64_t count_values_body(const float* x, int64_t n) {
  int64_t values = 0;
  for (int64_t i = 0; i < n; ++i) values += x[i] != 0;
  return values;
}
constexpr auto count_values = clones<count_values_body>;

/// Copies the values that are not zero, with their places, and returns how many there are. NaN is not zero.
int64_t compress(const float* x, int64_t n, int64_t first, int32_t* place, float* value) {
  int64_t kept = 0;
  for (int64_t i = first; i < n; ++i) {
    place[kept] = static_cast<int32_t>(i);
    value[kept] = x[i];
    kept += x[i] != 0;
  }
  return kept;
}

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx512f")]] int64_t compress_by_vectors(const float* x, int64_t n, int32_t* place, float* value) {
  __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  int64_t kept = 0, i = 0;
  for (; i + 16 <= n; i += 16, places = _mm512_add_epi32(places, _mm512_set1_epi32(16))) {
    const __m512 values = _mm512_loadu_ps(x + i);
    const __mmask16 wanted = _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    _mm512_storeu_si512(place + kept, _mm512_maskz_compress_epi32(wanted, places));
    _mm512_storeu_ps(value + kept, _mm512_maskz_compress_ps(wanted, values));
    kept += std::popcount(static_cast<unsigned>(wanted));
  }
  return kept + compress(x, n, i, place + kept, value + kept);
}

bool has_avx512() { return cpu_level() == CpuLevel::avx512; }
#else
int64_t compress_by_vectors(const float* x, int64_t n, int32_t* place, float* value) {
  return compress(x, n, 0, place, value);
}
bool has_avx512() { return false; }
#endif

/// The lists of a left factor.
struct Lists {
  int64_t rows, columns, blocks;
  const int64_t* first;
  const int32_t* place;
  const float* value;
};

// As long as a processor's registers: of longer ones, the compiler keeps the sums in memory.
using Vector16 = float __attribute__((vector_size(16)));
using Vector32 = float __attribute__((vector_size(32)));
using Vector64 = float __attribute__((vector_size(64)));

template <class Vector>
struct Register {
  static constexpr int64_t width = sizeof(Vector) / sizeof(float);

  Vector value = {};

  static Register from(const float* memory) {
    Register r;
    std::memcpy(&r.value, memory, sizeof value);
    return r;
  }
  void to(float* memory) const { std::memcpy(memory, &value, sizeof value); }
};

/// out [rows, panel] += what one block of right, [block, panel], adds; the first one begins anew.
template <class Vector, int64_t panel>
[[gnu::always_inline]] inline void add_block(const Lists& a, int64_t b, const float* right, float* out,
                                             int64_t stride) {
  using R = Register<Vector>;
  constexpr int64_t registers = panel / R::width;
  for (int64_t r = 0; r < a.rows; ++r, out += stride) {
    R sum[registers];
    if (b > 0)
      for (int64_t v = 0; v < registers; ++v) sum[v] = R::from(out + v * R::width);
    const int64_t* list = a.first + r * a.blocks + b;
    for (int64_t i = list[0]; i < list[1]; ++i) {
      const float* row = right + a.place[i] * panel;
#pragma GCC unroll 16
      for (int64_t v = 0; v < registers; ++v) sum[v].value += a.value[i] * R::from(row + v * R::width).value;
    }
    for (int64_t v = 0; v < registers; ++v) sum[v].to(out + v * R::width);
  }
}

/// Some columns, at most a panel of them, of out [rows, panel] at least.
template <class Vector, int64_t panel>
[[gnu::always_inline]] inline void multiply_panel(const Lists& a, const float* right, int64_t right_stride,
                                                  int64_t columns, float* out, int64_t stride) {
  alignas(64) float here[block * panel] = {};
  for (int64_t b = 0; b < a.blocks; ++b) {
    const int64_t rows = std::min(block, a.columns - b * block);
    for (int64_t r = 0; r < rows; ++r, right += right_stride)
      for (int64_t c = 0; c < columns; ++c) here[r * panel + c] = right[c];
    add_block<Vector, panel>(a, b, here, out, stride);
  }
}

/// How a processor multiplies: the columns of a panel, and the loop over one.
struct Multiplier {
  int64_t panel;
  void (*multiply)(const Lists& a, const float* right, int64_t right_stride, int64_t columns, float* out,
                   int64_t stride);
};

void multiply_anywhere(const Lists& a, const float* right, int64_t right_stride, int64_t columns, float* out,
                       int64_t stride) {
  multiply_panel<Vector16, narrow>(a, right, right_stride, columns, out, stride);
}

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("arch=x86-64-v3")]] void multiply_avx2(const Lists& a, const float* right, int64_t right_stride,
                                                     int64_t columns, float* out, int64_t stride) {
  multiply_panel<Vector32, narrow>(a, right, right_stride, columns, out, stride);
}

[[gnu::target("arch=x86-64-v4")]] void multiply_avx512(const Lists& a, const float* right, int64_t right_stride,
                                                       int64_t columns, float* out, int64_t stride) {
  multiply_panel<Vector64, narrow>(a, right, right_stride, columns, out, stride);
}

[[gnu::target("arch=x86-64-v4")]] void multiply_wide(const Lists& a, const float* right, int64_t right_stride,
                                                     int64_t columns, float* out, int64_t stride) {
  multiply_panel<Vector64, wide>(a, right, right_stride, columns, out, stride);
}

Multiplier multiplier_for(int64_t columns) {
  if (cpu_level() == CpuLevel::avx512)
    return columns >= wide ? Multiplier{wide, multiply_wide} : Multiplier{narrow, multiply_avx512};
  return {narrow, cpu_level() == CpuLevel::avx2 ? multiply_avx2 : multiply_anywhere};
}
#else
Multiplier multiplier_for(int64_t) { return {narrow, multiply_anywhere}; }
#endif

}  // namespace

SparseRows::SparseRows(int64_t rows, int64_t columns, int64_t values)
    : rows_(rows),
      columns_(columns),
      blocks_(blocks_of(columns)),
      first_(static_cast<size_t>(rows * blocks_ + 1)),
      place_(std::make_unique_for_overwrite<int32_t[]>(static_cast<size_t>(values + overhang))),
      value_(std::make_unique_for_overwrite<float[]>(static_cast<size_t>(values + overhang))) {}

c10::intrusive_ptr<SparseRows> SparseRows::of(const at::Tensor& x, int64_t n) {
  const int64_t rows = x.size(0), columns = x.size(1), most = x.numel() / 3,
                stretch = std::max<int64_t>(columns, 1 << 12);
  if (rows < fewest_rows || n < fewest_columns || !x.is_contiguous()) return {};
  const float* from = x.data_ptr<float>();
  int64_t values = 0;
  for (int64_t i = 0; i < x.numel(); i += stretch) {
    values += count_values(from + i, std::min(stretch, x.numel() - i));
    if (values > most) return {};
  }
  auto sparse = c10::make_intrusive<SparseRows>(rows, columns, values);
  for (int64_t r = 0; r < rows; ++r) sparse->append(from + r * columns, r);
  return sparse;
}

void SparseRows::append(const float* row, int64_t r) {
  static const bool by_vectors = has_avx512();
  int64_t* list = &first_[static_cast<size_t>(r * blocks_)];
  for (int64_t b = 0; b < blocks_; ++b, ++list) {
    const float* x = row + b * block;
    const int64_t n = std::min(block, columns_ - b * block);
    int32_t* place = &place_[static_cast<size_t>(*list)];
    float* value = &value_[static_cast<size_t>(*list)];
    list[1] = list[0] + (by_vectors ? compress_by_vectors(x, n, place, value) : compress(x, n, 0, place, value));
  }
}

// Sorts by counting: `next` is where the next value of each list comes to lie.
SparseRows SparseRows::transposed() const {
  SparseRows t(columns_, rows_, first_.back());
  const auto for_each_value = [&](auto&& f) {
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t b = 0; b < blocks_; ++b)
        for (int64_t i = first_[static_cast<size_t>(r * blocks_ + b)];
             i < first_[static_cast<size_t>(r * blocks_ + b + 1)]; ++i)
          f(static_cast<size_t>((b * block + place_[static_cast<size_t>(i)]) * t.blocks_ + r / block), r,
            static_cast<size_t>(i));
  };
  for_each_value([&](size_t list, int64_t, size_t) { ++t.first_[list + 1]; });
  for (size_t i = 1; i < t.first_.size(); ++i) t.first_[i] += t.first_[i - 1];
  std::vector<int64_t> next(t.first_.begin(), t.first_.end() - 1);
  for_each_value([&](size_t list, int64_t r, size_t i) {
    const auto to = static_cast<size_t>(next[list]++);
    t.place_[to] = static_cast<int32_t>(r % block);
    t.value_[to] = value_[i];
  });
  return t;
}

at::Tensor SparseRows::times(const at::Tensor& right) const {
  const int64_t n = right.size(1), stride = right.stride(0);
  const Multiplier chosen = multiplier_for(n);
  const int64_t panel = chosen.panel;
  const auto multiply = chosen.multiply;
  const Lists lists{rows_, columns_, blocks_, first_.data(), place_.get(), value_.get()};
  const float* from = right.data_ptr<float>();
  at::Tensor out = empty_floats({rows_, n});
  auto* to = out.data_ptr<float>();
  if (n < panel) {
    std::vector<float> whole(static_cast<size_t>(rows_ * panel));
    multiply(lists, from, stride, n, whole.data(), panel);
    for (int64_t r = 0; r < rows_; ++r) std::copy_n(&whole[static_cast<size_t>(r * panel)], n, to + r * n);
    return out;
  }
  // The last panel ends where the columns do, and has some in common with the one before it: one thread computes both.
  const int64_t before_last = std::max<int64_t>(1, (n - 1) / panel);
  at::parallel_for(0, before_last, 1, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) multiply(lists, from + p * panel, stride, panel, to + p * panel, n);
    if (last == before_last && before_last * panel < n)
      multiply(lists, from + n - panel, stride, panel, to + n - panel, n);
  });
  return out;
}

}  // namespace elbo
