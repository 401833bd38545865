#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "missing_library", ELBO_TORCH_VERSION, CXX11ABI);

extern "C" int elbo_absent();
extern "C" __attribute__((visibility("default"))) int use_it() { return elbo_absent(); }
