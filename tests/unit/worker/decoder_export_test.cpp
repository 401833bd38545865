#include "worker/decoder_export.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pictures.hpp"

namespace elbo::host::worker {
namespace {

/// The chain's layers at one code, in plain numbers.
std::vector<double> through(const log::DecoderExport& chain, std::vector<double> h) {
  for (size_t i = 0; i < chain.layers.size(); ++i) {
    const log::LinearLayer& layer = chain.layers[i];
    std::vector<double> next(static_cast<size_t>(layer.out));
    for (size_t o = 0; o < next.size(); ++o) {
      next[o] = layer.bias[o];
      for (size_t j = 0; j < h.size(); ++j) next[o] += layer.weight[o * h.size() + j] * h[j];
      if (i + 1 < chain.layers.size() && chain.activation == "tanh") next[o] = std::tanh(next[o]);
      if (i + 1 < chain.layers.size() && chain.activation == "relu") next[o] = std::max(0.0, next[o]);
    }
    h = std::move(next);
  }
  return h;
}

TEST(ChainOf, PlainNumbersDecodeAsTheDecoderDoes) {
  testing::Pictures p;
  const auto chain = decoder_export_of(p.model, p.source);
  ASSERT_TRUE(chain);
  ASSERT_TRUE(chain->activation == "tanh" || chain->activation == "relu") << chain->activation;
  EXPECT_EQ(chain->image, (Shape{2, 3, 1}));
  const Tensor z = testing::doubles({0.3, -1.2}, {1, 2}), expected = p.model.decoder->decode(z);
  const std::vector<double> raw = through(*chain, {0.3, -1.2});
  ASSERT_EQ(static_cast<int64_t>(raw.size()), expected.numel());
  for (size_t i = 0; i < raw.size(); ++i)
    EXPECT_NEAR(raw[i], testing::item(expected[0][static_cast<int64_t>(i)]), 1e-6);
}

TEST(ChainOf, ItsTableTurnsOutputsIntoMeans) {
  testing::Pictures p;
  const auto chain = decoder_export_of(p.model, p.source);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->table_raw.size(), chain->table_mean.size());
  EXPECT_TRUE(std::is_sorted(chain->table_raw.begin(), chain->table_raw.end()));
  EXPECT_TRUE(std::is_sorted(chain->table_mean.begin(), chain->table_mean.end()));
  EXPECT_EQ(chain->check_mean.size() / 6, chain->check_z.size() / 2);
}

TEST(ChainOf, CodesOnASphereHaveNone) {
  testing::Pictures p;
  p.model.prior =
      plugins::make_plugin<Prior>(testing::choice("prior", "hyperspherical_uniform"), p.model.decoder->context());
  EXPECT_FALSE(decoder_export_of(p.model, p.source));
}

}  // namespace
}  // namespace elbo::host::worker
