// What the checks of all kinds share: noise, words for numbers, and modules made, moved and differentiated.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <elbo/component.hpp>

#include "conformance/property.hpp"
#include "conformance/tensors.hpp"
#include "plugins/choice.hpp"

namespace elbo::conformance {

/// A generator of float64 numbers.
Rng double_rng(uint64_t seed);
Tensor doubles(const std::vector<double>& values);
double number(const Tensor& scalar);

/// "1.5", "[1, 2, 3, ...]"
std::string in_words(const Tensor& t);
/// "loc = 0.5, log_scale = [1, 2, 3, ...]" of raw values [numel(params)]
std::string in_words(const std::vector<Param>& params, const Tensor& raw);

/// The index of the first true value in row-major order, or nothing.
std::optional<int64_t> first_true(const Tensor& condition);
/// Throws Failure with the first value by which `found` differs from `expected` by more than the tolerance, relative
/// to 1 or to the expected value's size. Equal infinities agree.
void expect_close(const Tensor& found, const Tensor& expected, double tolerance, const std::string& what);

/// Every parameter and buffer, cloned.
NamedTensors state_of(const Module& module);
/// Copies the state of another module of the same making. Throws Failure when names or shapes differ.
void set_state(Module& module, const NamedTensors& state);
/// Moves every parameter by about `by`.
void perturb(Module& module, double by, uint64_t seed);

/// A gradient to check: `value` is computed from `at` (a leaf that requires grad) and from all that the module owns.
/// Throws Failure at the first number of `at` or of a parameter whose derivative is not the central difference.
void expect_gradient(const std::function<Tensor()>& value, const std::vector<std::pair<std::string, Tensor>>& leaves,
                     const std::string& where);

/// Throws Failure naming the parameter when the gradient of value() is missing or 0 in all of it.
void expect_gradient_reaches(const Module& module, const Tensor& value);

/// A second object with the first one's state gives what the first gives, bit for bit.
void expect_same_after_round_trip(const Module& first, Module& second,
                                  const std::function<std::vector<Tensor>(const Module&)>& results);

/// The settings with each option in turn at its default, least, greatest value and each of its choices, in words.
struct Trial {
  std::string words;
  std::vector<Setting> settings;
};
std::vector<Trial> option_trials(const PluginChoice& choice);

}  // namespace elbo::conformance
