#include "base/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }
  void add(const void* bytes, size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), raw.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += "0123456789abcdef"[raw[i] >> 4];
      text += "0123456789abcdef"[raw[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string digest(const EVP_MD* kind, const void* bytes, size_t count) {
  Digest d(kind);
  d.add(bytes, count);
  return d.hex();
}

}  // namespace

std::string sha256(std::span<const std::byte> bytes) { return digest(EVP_sha256(), bytes.data(), bytes.size()); }
std::string sha256(std::string_view text) { return digest(EVP_sha256(), text.data(), text.size()); }
std::string md5(std::span<const std::byte> bytes) { return digest(EVP_md5(), bytes.data(), bytes.size()); }

Md5::Md5() : context_(std::make_shared<Digest>(EVP_md5())) {}
void Md5::add(std::span<const std::byte> bytes) {
  static_cast<Digest*>(context_.get())->add(bytes.data(), bytes.size());
}
std::string Md5::hex() { return static_cast<Digest*>(context_.get())->hex(); }

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file.string() + ": cannot be read");
  Digest d(EVP_sha256());
  std::vector<char> block(1 << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    d.add(block.data(), static_cast<size_t>(in.gcount()));
  return d.hex();
}

}  // namespace elbo::host
