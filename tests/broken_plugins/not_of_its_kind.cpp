// A card and a table that say likelihood, written by hand, over a class that is none.
#include "sound.hpp"

class Other : public elbo::Component {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Other(const Config&, const elbo::Context&) {}
};

ELBO_PLUGIN_("likelihood", Component, not_of_its_kind, Other, "not a likelihood");
