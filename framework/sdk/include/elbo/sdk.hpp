// All that a plugin author includes.
#pragma once
#include <elbo/decoder.hpp>
#include <elbo/encoder.hpp>
#include <elbo/likelihood.hpp>
#include <elbo/math.hpp>
#include <elbo/nn.hpp>
#include <elbo/plugin.hpp>
#include <elbo/prior.hpp>

// A Shape is a std::vector, so argument-dependent lookup does not reach elbo: + of shapes is found through this.
using elbo::operator+;
