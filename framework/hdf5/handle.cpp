#include "hdf5/handle.hpp"

#include <fmt/format.h>

namespace elbo::host::h5 {
namespace {

// At exit the library closes what is still open. After a failed write that crashes (1.10.8), so it must not;
// it can be told only before its first use.
[[maybe_unused]] const herr_t no_exit_handler = H5dont_atexit();

herr_t keep_innermost(unsigned n, const H5E_error2_t* error, void* reason) {
  if (n == 0 && error->desc) *static_cast<std::string*>(reason) = error->desc;
  return 0;
}

/// HDF5 wraps the system's reason in addresses and times; only the reason helps.
std::string short_reason(const std::string& reason) {
  constexpr std::string_view mark = "error message = '";
  const size_t begin = reason.find(mark);
  if (begin == std::string::npos) return reason;
  const size_t end = reason.find('\'', begin + mark.size());
  return reason.substr(begin + mark.size(), end - begin - mark.size());
}

}  // namespace

void fail(const std::string& where, const std::string& what) {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  const std::string text = short_reason(reason),
                    sentence = where + ": cannot " + what + (text.empty() ? "" : ": " + text);
  if (is_transient_reason(text)) throw TransientFailure(sentence);
  throw Failure(sentence);
}

void check_claim(double claimed, double file_bytes, const std::string& where) {
  constexpr double most_gain = 1100, never_written = 1 << 26;
  if (claimed <= most_gain * file_bytes + never_written) return;
  throw Failure(
      fmt::format("{}: claims {:.0f} bytes, and its file has {:.0f}; expected all of its values; copy it again", where,
                  claimed, file_bytes));
}

int descriptor_of(hid_t file) {
  void* descriptor = nullptr;
  return H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) >= 0 && descriptor ? *static_cast<int*>(descriptor) : -1;
}

template <>
hid_t type_of<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t type_of<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t type_of<int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
hid_t type_of<uint8_t>() {
  return H5T_NATIVE_UINT8;
}

}  // namespace elbo::host::h5
