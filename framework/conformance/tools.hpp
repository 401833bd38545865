// What the checks of all kinds share: operations on tensors, noise, words for numbers, modules made, moved and differentiated, and what a
// plugin of any kind must keep: memory, its results on several threads, and every tensor that it trains.
#pragma once
#include <ATen/ops/_unique2.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/cartesian_prod.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/special_gammaincc.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <functional>
#include <string>
#include <vector>

#include <elbo/component.hpp>
#include <elbo/tensor.hpp>

#include "conformance/check.hpp"
#include "plugins/choice.hpp"

namespace elbo::host::conformance {

/// A generator of float64 numbers.
Rng double_rng(uint64_t seed);
Tensor doubles(const std::vector<double>& values);
double number(const Tensor& scalar);

/// "1.5", "[1, 2, 3, ...]"
std::string in_words(const Tensor& t);
/// "loc = 0.5, log_scale = [1, 2, 3, ...]" of raw values [numel(params)]
std::string in_words(const std::vector<DecoderOutput>& params, const Tensor& raw);

/// The index of the first true value in row-major order, or nothing.
std::optional<int64_t> first_true(const Tensor& condition);
/// Throws Failure with the first value by which `found` differs from `expected` by more than the tolerance, relative
/// to 1 or to the expected value's size. Equal infinities agree.
void expect_close(const Tensor& found, const Tensor& expected, double tolerance, const std::string& what);

/// The same of results that have the same names; `when` follows the name in the sentence.
void expect_same(const NamedTensors& found, const NamedTensors& expected, double tolerance, const std::string& when);

/// Every parameter and buffer, cloned.
NamedTensors state_of(const Module& module);
/// Copies the state of another module of the same making. Throws Failure when names or shapes differ.
void set_state(Module& module, const NamedTensors& state);
/// Moves every parameter by about `by`.
void perturb(Module& module, double by, uint64_t seed);

/// The leaves' gradients become those of `value` alone; where it has none by a leaf, that one's gradient is undefined.
void differentiate(const Tensor& value, const NamedTensors& leaves);

/// The gradients of `value` by each leaf, in float64; 0 where it has none.
NamedTensors gradients_of(const Tensor& value, const NamedTensors& leaves);
/// Throws Failure where gradients of the same value in float32 are not those in float64, up to rounding. `what` is differentiated.
void expect_same_gradients_in_float32(const NamedTensors& single, const NamedTensors& exact, const std::string& what);

/// A gradient to check: `value` is computed from `at` (a leaf that requires grad) and from all that the module owns.
/// Throws Failure at the first number of `at` or of a parameter whose derivative is not the central difference.
void expect_gradient(const std::function<Tensor()>& value, const NamedTensors& leaves, const std::string& where);

/// A second object with the first one's state gives what the first gives, bit for bit.
void expect_same_after_round_trip(const Module& first, Module& second,
                                  const std::function<NamedTensors(const Module&)>& results);

/// The settings with each option in turn at its default, least, greatest value and each of its choices, in words.
struct Trial {
  std::string words;
  std::vector<Setting> settings;
};
std::vector<Trial> option_trials(const PluginChoice& choice);

/// Divides 1000 rows into pieces of different sizes: a function of each row may go wrong in batches of some sizes alone.
inline constexpr int64_t thousand = 1000;
void for_each_piece_of_thousand(const std::function<void(int64_t first, int64_t last)>& check);

/// Throws Failure when a result does not follow its input: `results` of a tensor, given the numbers of `other` in the place of its own, are
/// those of a new tensor with these numbers, with gradients and without.
void expect_follows_changes(const Tensor& input, const Tensor& other,
                            const std::function<NamedTensors(const Tensor&)>& results, const std::string& what);

/// Throws Failure when so many calls leave more memory in use than a few of them do.
void expect_steady_memory(const std::function<void()>& call, int calls = 1000);

/// Throws Failure when results() on two threads differ from those on one by more than rounding.
void expect_same_on_two_threads(const std::function<NamedTensors()>& results);

/// Throws Failure when `value` depends on a tensor that requires a gradient and is neither given nor a parameter of the module.
void expect_all_registered(const Module& module, const Tensor& value, const std::vector<Tensor>& given = {});
/// Throws Failure when the module registers one tensor under two names.
void expect_one_name_each(const Module& module);

}  // namespace elbo::host::conformance
