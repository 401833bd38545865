#include "card.hpp"

BROKEN_CARD(ABI, "likelihood", "missing_symbol", ELBO_TORCH_VERSION, CXX11ABI);

namespace elsewhere {
int undefined_function(const char*, double);
}
extern "C" __attribute__((visibility("default"))) int use_it() { return elsewhere::undefined_function("", 1.0); }
