#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "right_name", ELBO_TORCH_VERSION, CXX11ABI);
