// The letters in every shape of elbo:
//   S  Monte-Carlo or importance samples per datum     B  batch of data
//   L  latent size      X...  shape of one observation      N = S*B
// Networks (encoder, decoder) see one leading dimension N; densities see [S, B].
// A log-density is summed over the event, never averaged, keeps [S, B], and is in nats.
// Only the host reduces S and B.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace elbo {

using Shape = std::vector<int64_t>;

/// Number of elements; 1 for the empty shape.
inline int64_t numel(const Shape& shape) {
  int64_t n = 1;
  for (const int64_t size : shape) n *= size;
  return n;
}

/// "[1, 28, 28]"
inline std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

/// head and then tail, as in joined({S, B}, X).
inline Shape joined(Shape head, const Shape& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

/// The same, for what stands in this namespace: a Shape is a std::vector, so elsewhere + of shapes is not looked up here.
inline Shape operator+(Shape head, const Shape& tail) { return joined(std::move(head), tail); }

}  // namespace elbo
