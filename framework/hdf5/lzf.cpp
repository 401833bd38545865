#include "hdf5/lzf.hpp"

#include <algorithm>
#include <array>

namespace elbo::host::h5 {
namespace {

constexpr H5Z_filter_t lzf_filter = 32000;  // as registered with the HDF Group
constexpr size_t place_of_size = 2;         // among the filter's numbers: the bytes of a whole chunk
constexpr size_t most_gain = 88;            // three bytes stand for 264 at most
constexpr size_t first_reference = 32;      // control bytes below it are lengths of literal runs, less 1
constexpr size_t longest_short = 7;         // of a reference whose length takes a byte of its own

/// The bytes of one run or reference, from `in` on; false where the stream ends too early or refers to what is not there.
bool unpack_one(std::span<const uint8_t> packed, size_t& in, size_t size, std::vector<uint8_t>& out) {
  const size_t control = packed[in++];
  if (control < first_reference) {
    const size_t length = control + 1;
    if (length > packed.size() - in || length > size - out.size()) return false;
    out.insert(out.end(), packed.begin() + static_cast<std::ptrdiff_t>(in),
               packed.begin() + static_cast<std::ptrdiff_t>(in + length));
    in += length;
    return true;
  }
  size_t length = control >> 5;
  if (length == longest_short) {
    if (in == packed.size()) return false;
    length += packed[in++];
  }
  length += 2;
  if (in == packed.size()) return false;
  const size_t distance = ((control & 31) << 8) + packed[in++] + 1;
  if (distance > out.size() || length > size - out.size()) return false;
  for (size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);  // may overlap what it writes
  return true;
}

/// HDF5's form of a filter: takes the place of the packed buffer, or returns 0.
size_t filter(unsigned flags, size_t count, const unsigned* numbers, size_t bytes, size_t* buffer_size, void** buffer) {
  if (!(flags & H5Z_FLAG_REVERSE) || count <= place_of_size) return 0;
  const size_t size = numbers[place_of_size];
  if (size == 0 || size / most_gain > bytes) return 0;
  const auto unpacked = unpack_lzf({static_cast<const uint8_t*>(*buffer), bytes}, size);
  void* copy = unpacked ? H5allocate_memory(size, false) : nullptr;
  if (!copy) return 0;
  std::copy(unpacked->begin(), unpacked->end(), static_cast<uint8_t*>(copy));
  H5free_memory(*buffer);
  *buffer = copy;
  *buffer_size = size;
  return size;
}

}  // namespace

std::optional<std::vector<uint8_t>> unpack_lzf(std::span<const uint8_t> packed, size_t size) {
  std::vector<uint8_t> out;
  out.reserve(std::min(size, most_gain * packed.size()));
  for (size_t in = 0; in < packed.size();)
    if (!unpack_one(packed, in, size, out)) return {};
  if (out.size() != size) return {};
  return out;
}

void prepare_filters() {
  static const herr_t none_from_outside = H5PLset_loading_state(0);
  static_cast<void>(none_from_outside);
  static const H5Z_class2_t lzf = {
      .version = H5Z_CLASS_T_VERS,
      .id = lzf_filter,
      .encoder_present = 1,  // creating a dataset with it is not refused; the dataset stays unpacked
      .decoder_present = 1,
      .name = "lzf",
      .can_apply = nullptr,
      .set_local = nullptr,
      .filter = &filter};
  static const herr_t registered = H5Zregister(&lzf);
  static_cast<void>(registered);  // where it fails, the dataset is one with an unknown filter
}

bool lzf_fills_chunks(hid_t creation, size_t value_bytes) {
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int dims = H5Pget_layout(creation) == H5D_CHUNKED ? H5Pget_chunk(creation, H5S_MAX_RANK, chunk.data()) : 0;
  double bytes = static_cast<double>(value_bytes);
  for (int i = 0; i < dims; ++i) bytes *= static_cast<double>(chunk[static_cast<size_t>(i)]);
  for (int i = 0; dims > 0 && i < H5Pget_nfilters(creation); ++i) {
    unsigned flags = 0;
    std::array<unsigned, 8> numbers{};
    size_t count = numbers.size();
    if (H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &count, numbers.data(), 0, nullptr, nullptr) !=
        lzf_filter)
      continue;
    if (count <= place_of_size || static_cast<double>(numbers[place_of_size]) != bytes) return false;
  }
  return true;
}

}  // namespace elbo::host::h5
