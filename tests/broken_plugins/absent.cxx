extern "C" __attribute__((visibility("default"))) int elbo_absent() { return 1; }
