#include "card.hpp"

BROKEN_CARD(ABI, "prior", "wrong_kind", ELBO_TORCH_VERSION, CXX11ABI);
