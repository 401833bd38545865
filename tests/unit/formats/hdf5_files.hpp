#pragma once
#include <hdf5.h>

#include "files.hpp"

namespace elbo::host::test {

inline hid_t native(const std::vector<uint8_t>&) { return H5T_NATIVE_UINT8; }
inline hid_t native(const std::vector<int64_t>&) { return H5T_NATIVE_INT64; }
inline hid_t native(const std::vector<float>&) { return H5T_NATIVE_FLOAT; }
inline hid_t native(const std::vector<double>&) { return H5T_NATIVE_DOUBLE; }

class Hdf5Writer {
 public:
  explicit Hdf5Writer(const fs::path& path) : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
    links_ = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links_, 1);
  }
  ~Hdf5Writer() {
    H5Pclose(links_);
    H5Fclose(file_);
  }
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  template <class T>
  void add(const char* name, hid_t type, const std::vector<hsize_t>& sizes, const std::vector<T>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr);
    const hid_t set = H5Dcreate2(file_, name, type, space, links_, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, native(values), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(set);
    H5Sclose(space);
  }

  template <class T>
  void add_chunked(const char* name, hid_t type, const std::vector<hsize_t>& sizes, const std::vector<hsize_t>& chunk,
                   const std::vector<T>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_deflate(how, 1);
    const hid_t set = H5Dcreate2(file_, name, type, space, links_, how, H5P_DEFAULT);
    H5Dwrite(set, native(values), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(set);
    H5Pclose(how);
    H5Sclose(space);
  }

  void add_text(const char* name) {
    const hsize_t one = 1;
    const hid_t space = H5Screate_simple(1, &one, nullptr);
    H5Dclose(H5Dcreate2(file_, name, H5T_C_S1, space, links_, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  }

  /// One deflated chunk; returns where in the file it begins.
  haddr_t add_deflated(const char* name, const std::vector<uint8_t>& values) {
    const hsize_t size = values.size();
    const hid_t space = H5Screate_simple(1, &size, nullptr), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 1, &size);
    H5Pset_deflate(how, 6);
    const hid_t set = H5Dcreate2(file_, name, H5T_STD_U8LE, space, links_, how, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Fflush(file_, H5F_SCOPE_LOCAL);
    hsize_t offset = 0, stored = 0;
    haddr_t address = 0;
    unsigned mask = 0;
    H5Dget_chunk_info(set, space, 0, &offset, &mask, &address, &stored);
    H5Dclose(set);
    H5Pclose(how);
    H5Sclose(space);
    return address;
  }

 private:
  hid_t file_, links_;
};

}  // namespace elbo::host::test
