// All that a plugin author includes, but elbo/once_differentiable.hpp and elbo/cpu_level.hpp.
#pragma once
#include <elbo/coders.hpp>
#include <elbo/distributions.hpp>
#include <elbo/flows.hpp>
#include <elbo/likelihood_parts.hpp>
#include <elbo/model.hpp>
#include <elbo/networks.hpp>
#include <elbo/objective.hpp>
#include <elbo/objective_parts.hpp>
#include <elbo/plugin.hpp>
