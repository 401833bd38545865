#include <elbo/random.hpp>

#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sdk/src/random/noise_tape.hpp"

#include "sdk/src/random/noise.hpp"
#include "sdk/src/random/philox_row.hpp"
#include "sdk/src/tensor/loops.hpp"

namespace elbo {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t mix(uint64_t x) {  // splitmix64 (Steele et al. 2014)
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t hash(std::string_view text) {  // FNV-1a
  uint64_t h = 0xcbf29ce484222325u;
  for (const unsigned char c : text) h = (h ^ c) * 0x100000001b3u;
  return h;
}

// 52 random bits and a half: never 0, never 1.
double to_unit(uint32_t high, uint32_t low) {
  const uint64_t bits = (static_cast<uint64_t>(high) << 32 | low) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

// Two numbers of float64 from one block; those of float32 are drawn in philox_row.cpp.
struct Uniform {
  static constexpr NoiseDistribution distribution = NoiseDistribution::uniform;
  static constexpr auto row = uniform_row;
  static void block(const std::array<uint32_t, 4>& w, double* out) {
    out[0] = to_unit(w[0], w[1]);
    out[1] = to_unit(w[2], w[3]);
  }
};

struct Normal {  // Box & Muller (1958)
  static constexpr NoiseDistribution distribution = NoiseDistribution::normal;
  static constexpr auto row = normal_row;
  static void block(const std::array<uint32_t, 4>& w, double* out) {
    const double radius = std::sqrt(-2 * std::log(to_unit(w[0], w[1])));
    const double angle = 2 * std::numbers::pi * to_unit(w[2], w[3]);
    out[0] = radius * std::cos(angle);
    out[1] = radius * std::sin(angle);
  }
};

template <class Distribution>
void fill_row(const PhiloxRow& row, float* out, int64_t n) {
  Distribution::row(row, out, n);
}

template <class Distribution>
void fill_row(const PhiloxRow& row, double* out, int64_t n) {
  for (int64_t e = 0; e < n; e += 2) {
    double block[2];
    Distribution::block(philox({static_cast<uint32_t>(e / 2), row.sample, row.datum, row.call}, row.key), block);
    for (int64_t i = 0; i < std::min<int64_t>(2, n - e); ++i) out[e + i] = block[i];
  }
}

// The call number shares a word with the high bits of the id, which no data set in memory reaches.
PhiloxRow row_of(const Noise& noise, int64_t sample, uint64_t id) {
  return {{static_cast<uint32_t>(noise.key), static_cast<uint32_t>(noise.key >> 32)},
          static_cast<uint32_t>(noise.first_sample + sample),
          static_cast<uint32_t>(id),
          noise.call ^ static_cast<uint32_t>(id >> 32) << 24};
}

template <class Real, class Distribution>
void fill_rows(const Noise& noise, const Tensor& out) {
  const int64_t samples = out.size(0), data = out.size(1);
  const int64_t event = out.numel() == 0 ? 0 : out.numel() / (samples * data);
  const Tensor known = !noise.ids.defined() || noise.ids.is_cpu() ? noise.ids : noise.ids.to(at::kCPU);
  const int64_t* ids = known.defined() ? known.data_ptr<int64_t>() : nullptr;
  Real* to = out.data_ptr<Real>();
  at::parallel_for(0, samples * data, rows_of_a_share(event), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      const int64_t b = row % data;
      fill_row<Distribution>(row_of(noise, row / data, static_cast<uint64_t>(ids ? ids[b] : b)), to + row * event,
                             event);
    }
  });
}

template <class Distribution>
void fill_here(const Noise& noise, const Tensor& out) {
  if (out.scalar_type() == at::kDouble) fill_rows<double, Distribution>(noise, out);
  else fill_rows<float, Distribution>(noise, out);
}

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

Rng::Rng(uint64_t seed) : key_(mix(seed)) {}

uint64_t forked_key(uint64_t key, uint64_t twist) { return mix(key ^ twist); }

void fill(const Noise& noise, const Tensor& out) {
  if (!out.is_cpu()) {
    if (fill_on_cuda(noise, out)) return;
    const Tensor here = at::empty(out.sizes(), at::TensorOptions(out.scalar_type()));
    fill(noise, here);
    out.copy_(here);
    return;
  }
  if (noise.distribution == NoiseDistribution::uniform) fill_here<Uniform>(noise, out);
  else fill_here<Normal>(noise, out);
}

Rng Rng::fork(std::string_view purpose, uint64_t index) const {
  Rng forked = *this;
  const uint64_t twist = mix(hash(purpose) ^ mix(index));
  forked.key_ = forked_key(key_, twist);
  forked.call_ = 0;
  if (NoiseTape* tape = NoiseTape::running()) tape->note_fork(key_, twist, forked.key_);
  return forked;
}

Rng Rng::for_data(const Tensor& ids) const {
  Rng r = *this;
  r.ids_ = ids.scalar_type() == at::kLong && ids.is_contiguous() ? ids : ids.to(at::kLong).contiguous();
  return r;
}

Rng Rng::from_sample(int64_t first) const {
  Rng r = *this;
  r.first_sample_ = first;
  return r;
}

Rng Rng::like(const Tensor& t) const {
  Rng r = *this;
  r.like_ = t.requires_grad() ? t.detach() : t;
  return r;
}

void Rng::go_on_after(const Rng& copy) { call_ = copy.call_; }

template <class Distribution>
Tensor Rng::draw(const Shape& shape) {
  if (shape.size() < 2) throw Error("Rng: found the shape " + to_string(shape) + "; expected [S, B, ...]");
  if (ids_.defined() && ids_.size(0) != shape[1])
    throw Error("Rng: found the shape " + to_string(shape) + "; expected " + std::to_string(ids_.size(0)) +
                " data in its second place");
  const bool in_double = like_.defined() && like_.scalar_type() == at::kDouble;
  const auto dtype = in_double ? at::kDouble : at::kFloat;
  const bool here = !like_.defined() || like_.is_cpu();
  Tensor out = here ? Tensor(at::detail::empty_cpu(shape, dtype))
                    : at::empty(shape, at::TensorOptions(dtype).device(like_.device()));
  const Noise noise{Distribution::distribution, key_, call_++, first_sample_, ids_};
  if (NoiseTape* tape = NoiseTape::running()) return tape->draw(noise, out);
  elbo::fill(noise, out);
  return out;
}

Tensor Rng::uniform(const Shape& shape) { return draw<Uniform>(shape); }
Tensor Rng::normal(const Shape& shape) { return draw<Normal>(shape); }

Tensor Rng::permutation(int64_t n) {
  if (NoiseTape* tape = NoiseTape::running()) tape->note_order();
  const Tensor order = at::arange(n, at::TensorOptions(at::kLong));
  auto* at = order.data_ptr<int64_t>();
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)};
  for (int64_t i = n - 1; i > 0; --i) {  // Fisher & Yates, Durstenfeld (1964)
    const auto w = philox({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), 0, call_}, key);
    const auto range = static_cast<uint64_t>(i) + 1;
    const uint64_t bits = static_cast<uint64_t>(w[0]) << 32 | w[1];
    const auto j = static_cast<int64_t>((static_cast<Wide>(bits) * range) >> 64);
    std::swap(at[i], at[j]);
  }
  ++call_;
  return order;
}

}  // namespace elbo
