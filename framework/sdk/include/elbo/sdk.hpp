// All that a plugin author includes.
#pragma once
#include <elbo/decoder.hpp>
#include <elbo/encoder.hpp>
#include <elbo/likelihood.hpp>
#include <elbo/math.hpp>
#include <elbo/nn.hpp>
#include <elbo/objective.hpp>
#include <elbo/plugin.hpp>
#include <elbo/prior.hpp>
