#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "no_table", ELBO_TORCH_VERSION, CXX11ABI);
