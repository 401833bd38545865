// Nothing is wrong with this one.
#include "normal.hpp"

ELBO_LIKELIHOOD(sound, planted::Normal, "the normal distribution that faults are planted in");
