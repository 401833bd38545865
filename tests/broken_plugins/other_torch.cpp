#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "other_torch", "99.4", CXX11ABI);
