#include "data/generators/generate.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/generators/bars.hpp"
#include "data/generators/linear_gaussian.hpp"
#include "data/generators/sprites.hpp"

namespace elbo::host::data {
namespace {

struct Job {
  const Description& description;
  std::vector<Setting> settings;
  int64_t seed, rows;
  uint64_t stream;
  bool evidence;
  Draws draws(int64_t row) const { return {static_cast<uint64_t>(seed), stream, static_cast<uint64_t>(row)}; }
};

void expect(const Description& d, bool fits, const std::string& made) {
  if (fits) return;
  throw UserError(d.file.string() + ": has shape " + to_string(d.shape) + " and support " +
                  std::string(to_string(d.support)) + "; the generator '" + d.generator + "' makes " + made);
}

Split make_bars(const Job& job) {
  const Description& d = job.description;
  const int64_t side = d.shape.empty() ? 0 : d.shape.back();
  expect(d, d.support == Support::binary && side >= 2 && side <= 12 && d.shape == Shape{1, side, side},
         "binary images [1, n, n] with n from 2 to 12");
  const Bars bars = options_of<Bars>().config(job.settings);
  Split split;
  std::vector<uint8_t> images(static_cast<size_t>(job.rows * side * side));
  for (int64_t row = 0; row < job.rows; ++row) {
    uint8_t* image = images.data() + row * side * side;
    Draws draws = job.draws(row);
    bars.draw(draws, side, image);
    if (job.evidence) split.exact_log_px.push_back(bars.log_px(image, side));
  }
  split.x = {Shape{job.rows} + d.shape, std::move(images)};
  return split;
}

Split make_linear_gaussian(const Job& job) {
  const Description& d = job.description;
  constexpr int64_t dims = LinearGaussian::dims;
  expect(d, d.support == Support::real && d.shape == Shape{dims}, "real vectors [" + std::to_string(dims) + "]");
  const LinearGaussian model = options_of<LinearGaussian>().config(job.settings);
  Split split;
  std::vector<float> values(static_cast<size_t>(job.rows * dims));
  for (int64_t row = 0; row < job.rows; ++row) {
    float* x = values.data() + row * dims;
    Draws draws = job.draws(row);
    model.draw(draws, x);
    if (job.evidence) split.exact_log_px.push_back(model.log_px(x));
  }
  split.x = {Shape{job.rows} + d.shape, std::move(values)};
  return split;
}

Split make_sprites(const Job& job) {
  const Description& d = job.description;
  const int64_t side = d.shape.empty() ? 0 : d.shape.back();
  expect(d, d.support == Support::binary && side >= 8 && side <= 256 && d.shape == Shape{1, side, side},
         "binary images [1, n, n] with n from 8 to 256");
  Split split;
  split.factors.resize(sprite_factors.size());
  std::vector<uint8_t> images(static_cast<size_t>(job.rows * side * side));
  for (int64_t row = 0; row < job.rows; ++row) {
    Draws draws = job.draws(row);
    const Sprite sprite = Sprite::drawn(draws);
    sprite.paint(side, images.data() + row * side * side);
    for (size_t f = 0; f < sprite.factors.size(); ++f) split.factors[f].push_back(sprite.factors[f]);
    split.labels.push_back(sprite.factors[0]);
  }
  split.x = {Shape{job.rows} + d.shape, std::move(images)};
  return split;
}

struct Generator {
  std::string name;
  std::vector<Option> options;
  Split (*make)(const Job&);
  std::vector<std::string> factors = {};
};

const Generator& generator_named(const std::string& name, const std::string& where) {
  static const std::vector<Generator> generators = {
      {"bars", options_of<Bars>().list(), &make_bars},
      {"linear_gaussian", options_of<LinearGaussian>().list(), &make_linear_gaussian},
      {"sprites", {}, &make_sprites, {sprite_factors.begin(), sprite_factors.end()}},
  };
  std::vector<std::string> names;
  for (const Generator& g : generators) {
    if (g.name == name) return g;
    names.push_back(g.name);
  }
  throw UserError(where + ": there is no generator '" + name + "'" + suggestion(name, names));
}

}  // namespace

const std::vector<Option>& generator_options(const std::string& generator, const std::string& where) {
  return generator_named(generator, where).options;
}

Split generate(const Description& description, int64_t seed, uint64_t stream, int64_t rows, bool evidence) {
  Job job{description, {}, seed, rows, stream, evidence};
  for (const auto& [name, value] : description.generator_settings) job.settings.push_back({name, value});
  return generator_named(description.generator, description.file.string()).make(job);
}

std::vector<std::string> generated_factors(const std::string& generator) {
  return generator_named(generator, "factors").factors;
}

}  // namespace elbo::host::data
