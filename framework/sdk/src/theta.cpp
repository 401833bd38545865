#include "elbo/theta.hpp"

namespace elbo {

int64_t numel(const std::vector<Param>& params) {
  int64_t n = 0;
  for (const Param& p : params) n += numel(p.shape);
  return n;
}

Theta::Theta(const std::vector<Param>& params, const Tensor& flat) : flat_(flat) {
  if (flat.dim() != 3 || flat.size(2) != numel(params))
    throw Error("theta: found decoder output of shape " + to_string(flat.sizes().vec()) + "; expected [S, B, " +
                std::to_string(numel(params)) + "], as many values per datum as the likelihood asked for");
  int64_t at = 0;
  for (const Param& p : params) {
    const int64_t n = numel(p.shape);
    parts_.emplace_back(p.name, flat.narrow(2, at, n).reshape(Shape{flat.size(0), flat.size(1)} + p.shape));
    at += n;
  }
}

const Tensor& Theta::operator[](std::string_view name) const {
  std::string known;
  for (const auto& [part, t] : parts_) {
    if (part == name) return t;
    known += (known.empty() ? "" : ", ") + part;
  }
  throw Error("theta: there is no parameter '" + std::string(name) + "'; there are: " + known);
}

}  // namespace elbo
