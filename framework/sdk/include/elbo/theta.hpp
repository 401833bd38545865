// The decoder's output, split by the names that the likelihood gave its parameters.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <elbo/tensor.hpp>

namespace elbo {

/// One named block of raw (unconstrained) decoder output, per datum.
struct Param {
  std::string name;
  Shape shape;
};

/// Values per datum that a decoder must give for these parameters.
ELBO_EXPORT int64_t numel(const std::vector<Param>& params);

class ELBO_EXPORT Theta {
 public:
  /// flat is [S, B, numel(params)]. Throws Error when its last size differs.
  Theta(const std::vector<Param>& params, const Tensor& flat);
  /// theta["loc"] is [S, B, shape...]. Throws Error listing the names there are.
  const Tensor& operator[](std::string_view name) const;
  int64_t samples() const { return flat_.size(0); }
  int64_t batch() const { return flat_.size(1); }
  const Tensor& flat() const { return flat_; }

 private:
  Tensor flat_;
  std::vector<std::pair<std::string, Tensor>> parts_;
};

}  // namespace elbo
