// Every type of the SDK, so that the compiler writes its layout down; see layout.py.
#include <elbo/call.hpp>
#include <elbo/count_dispersion.hpp>
#include <elbo/logistic_fit.hpp>
#include <elbo/noise_scale.hpp>
#include <elbo/sdk.hpp>

struct Boundary {
  elbo::PluginTable table;
  elbo::Option option;
  elbo::Setting setting;
  elbo::Context context;
  elbo::Statistics statistics;
  elbo::Draw draw;
  elbo::DiagonalNormalParams normal;
  elbo::Theta* theta;
  elbo::Posterior* posterior;
  elbo::Encoder* encoder;
  elbo::Decoder* decoder;
  elbo::Prior* prior;
  elbo::Likelihood* likelihood;
  elbo::nn::Linear* linear;
  elbo::nn::Mlp* mlp;
  elbo::LogisticFit logistic_fit;
  elbo::NoiseScaleConfig noise_scale_config;
  elbo::NoiseScale* noise_scale;
  elbo::CountDispersion* count_dispersion;
  elbo::Error* error;
  elbo::UserError* user_error;
  elbo::Call* call;
  elbo::Support support;
  elbo::Measure measure;
};
Boundary* boundary;
