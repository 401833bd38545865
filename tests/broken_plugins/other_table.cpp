// Its card is right, but the table in the library is that of another plugin.
#include "card.hpp"
#include "sound.hpp"

BROKEN_CARD(ABI, "likelihood", "other_table", ELBO_TORCH_VERSION, CXX11ABI);
extern "C" ELBO_EXPORT const elbo::PluginTable elbo_plugin;
constinit const elbo::PluginTable elbo_plugin =
    elbo::make_table<elbo::Likelihood, UnitGaussian>("likelihood", "sound", "");
