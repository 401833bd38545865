#include <elbo/component.hpp>

namespace elbo {

int64_t numel(const std::vector<DecoderOutput>& params) {
  int64_t n = 0;
  for (const DecoderOutput& p : params) n += numel(p.shape);
  return n;
}

Theta::Theta(const std::vector<DecoderOutput>& params, const Tensor& flat) : flat_(flat) {
  if (flat.dim() != 3 || flat.size(2) != numel(params))
    throw Error("theta: found decoder output of shape " + to_string(flat.sizes().vec()) + "; expected [S, B, " +
                std::to_string(numel(params)) + "], as many values per datum as the likelihood asked for");
  std::vector<int64_t> sizes;
  for (const DecoderOutput& p : params) sizes.push_back(numel(p.shape));
  // One split, whose gradient is put together once: that of each slice would be copied into zeros of the whole.
  const std::vector<Tensor> pieces =
      sizes.size() == 1 ? std::vector<Tensor>{flat} : flat.unsafe_split_with_sizes(sizes, 2);
  for (size_t i = 0; i < params.size(); ++i)
    parts_.emplace_back(params[i].name, pieces[i].reshape(Shape{flat.size(0), flat.size(1)} + params[i].shape));
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
