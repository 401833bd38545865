// A matrix by those of its values that are not zero. Images, counts and bags of words are zeros for the most part, and
// products with zeros need not be computed.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <memory>
#include <vector>

namespace elbo {

class SparseRows final : public torch::CustomClassHolder {
 public:
  /// Of x [rows, columns], contiguous float32 on the processor; null where its product with a matrix of n columns would not
  /// gain by it.
  static c10::intrusive_ptr<SparseRows> of(const at::Tensor& x, int64_t n);

  SparseRows(int64_t rows, int64_t columns, int64_t values);

  SparseRows transposed() const;

  /// The product with right [columns, n], whose rows are contiguous: [rows, n], with the same bits for any number of threads.
  at::Tensor times(const at::Tensor& right) const;

 private:
  void append(const float* row, int64_t r);

  int64_t rows_, columns_, blocks_;   // blocks: of a row, each with a list of its own
  std::vector<int64_t> first_;        // [rows, blocks] and the end: where a list begins
  std::unique_ptr<int32_t[]> place_;  // in the block
  std::unique_ptr<float[]> value_;
};

}  // namespace elbo
