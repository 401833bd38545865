#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "other_cxx11abi", ELBO_TORCH_VERSION, "7");
