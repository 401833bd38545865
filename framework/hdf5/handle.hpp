// What every use of the HDF5 C API needs: owned identifiers, and failures told in sentences.
#pragma once
#include <hdf5.h>

#include <cstdint>
#include <string>
#include <utility>

#include "base/transient.hpp"

namespace elbo::host::h5 {

/// Owns an HDF5 identifier and closes it with its own H5?close.
template <herr_t (*closer)(hid_t)>
class Handle {
 public:
  explicit Handle(hid_t id = H5I_INVALID_HID) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) closer(id_);
  }
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Properties = Handle<H5Pclose>;
using Attribute = Handle<H5Aclose>;
using Object = Handle<H5Oclose>;
using FileHandle = Handle<H5Fclose>;

#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;  // what H5Ovisit2() and H5Oget_info2() still give
#else
using ObjectInfo = H5O_info_t;
#endif

/// A reader beside a writer tries again where a checksum is wrong, each time after twice as long, from a nanosecond on. In a damaged file
/// the library's own 100 attempts would never end; these take some 20 ms.
inline constexpr unsigned read_attempts = 24;

/// The library or the system refused.
struct Failure : Error {
  using Error::Error;
};

/// The disk is full, say.
struct TransientFailure : Failure, Transient {
  using Failure::Failure;
};

/// Throws Failure "<where>: cannot <what>: <the innermost reason on the HDF5 error stack>".
[[noreturn]] void fail(const std::string& where, const std::string& what);

/// The result, unless it is negative: then fail().
template <class Result>
Result check(Result result, const std::string& where, const std::string& what) {
  if (result < 0) fail(where, what);
  return result;
}

/// Throws Failure "<where>: claims <claimed> bytes, ..." unless a file of so many bytes can hold that many values: deflate, the strongest
/// usual filter, gains a factor of 1032 at most, and values that were never written take no space.
void check_claim(double claimed, double file_bytes, const std::string& where);

/// The system's descriptor of an open file; -1 when unknown.
int descriptor_of(hid_t file);

/// The memory type of T: double, float, int64_t or uint8_t.
template <class T>
hid_t type_of();

}  // namespace elbo::host::h5
