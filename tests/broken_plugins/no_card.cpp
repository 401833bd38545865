extern "C" __attribute__((visibility("default"))) int elbo_plugin;
int elbo_plugin = 1;
