#include <elbo/model.hpp>

namespace elbo {
namespace {

void append_parameters(const Module& part, std::vector<Tensor>& to) {
  for (const auto& [name, t] : part.named_parameters()) to.push_back(t);
}

}  // namespace

std::vector<Tensor> ModelParts::inference_parameters() const {
  std::vector<Tensor> tensors;
  append_parameters(*encoder, tensors);
  return tensors;
}

std::vector<Tensor> ModelParts::generative_parameters() const {
  std::vector<Tensor> tensors;
  append_parameters(*decoder, tensors);
  append_parameters(*prior, tensors);
  append_parameters(*likelihood, tensors);
  return tensors;
}

Theta decode(const ModelParts& model, const Tensor& z) {
  const Tensor raw = model.decoder->decode(z.flatten(0, 1));
  return Theta(model.decoder->context().decoder_output, raw.reshape({z.size(0), z.size(1), raw.size(1)}));
}

HeldParameters::HeldParameters(const ModelParts& model) {
  for (const auto& parameters : {model.inference_parameters(), model.generative_parameters()})
    for (const Tensor& t : parameters)
      if (t.requires_grad()) held_.push_back(t);
  for (Tensor& t : held_) t.requires_grad_(false);
}

HeldParameters::~HeldParameters() {
  for (Tensor& t : held_) t.requires_grad_(true);
}

}  // namespace elbo
