// The log-densities as textbooks and torch.distributions write them: what a likelihood plugin is measured against.
// They overflow, cancel and underflow where the plugins do not.
#pragma once
#include <functional>

#include <elbo/model.hpp>

namespace elbo::host::bench {

/// Raw parameters by name: the decoder's where there is one of that name, else the plugin's own tensor.
class Parameters {
 public:
  Parameters(const Likelihood& likelihood, const Theta& theta);
  Tensor operator[](const std::string& name) const;

 private:
  const Theta& theta_;
  std::vector<DecoderOutput> params_;
  NamedTensors own_;
};

/// x [B, X...] -> log p(x) [S, B]
using Textbook = std::function<Tensor(const Tensor& x, const Parameters& raw)>;

/// The textbook's form of the likelihood of this name, with its default options; empty when there is none.
Textbook textbook(const std::string& name);

}  // namespace elbo::host::bench
