#include "card.hpp"

BROKEN_CARD("999", "likelihood", "wrong_abi", ELBO_TORCH_VERSION, CXX11ABI);
