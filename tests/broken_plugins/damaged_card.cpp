#include "card.hpp"

BROKEN_CARD("one", "likelihood", "damaged_card", ELBO_TORCH_VERSION, CXX11ABI);
