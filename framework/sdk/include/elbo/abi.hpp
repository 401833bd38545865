// Free of torch: the host compares it with a plugin's card without loading the plugin.
#pragma once

/// Rises when a plugin built before could misbehave: a changed virtual function, table or data layout.
#define ELBO_ABI 5
