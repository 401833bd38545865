// expected: an elbo plugin derives from the class of its kind: elbo::Likelihood, elbo::Prior, elbo::Encoder, elbo::Decoder or elbo::Objective
#include "plugin.hpp"

#include <elbo/model.hpp>

// A prior, registered as an encoder; nothing else of it is right either, but this comes first.
class Mine : public elbo::Prior {};

ELBO_ENCODER(mine, Mine, "of another kind");
