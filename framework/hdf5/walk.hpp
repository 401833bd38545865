// A file of somebody else, walked through by a child process before this one opens it.
#pragma once
#include <filesystem>
#include <vector>

namespace elbo::host::h5 {

/// Looks at every object, attribute and index of the files in a copy of this process: over damaged structures the library (1.10) frees what
/// it never set, writes outside its memory, or goes round in a circle. A file that has not changed since its last walk is not walked through
/// again, so a caller that opens several files names them all first.
void walk_in_a_child(const std::vector<std::filesystem::path>& files);

/// Throws Failure where the walk through the file crashed or did not come to an end within a minute; whatever else is wrong is for
/// the reader to say.
void must_survive_a_walk(const std::filesystem::path& file);

}  // namespace elbo::host::h5
