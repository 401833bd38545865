// The encoding of a text file: UTF-8, UTF-16, or else Windows-1252, which has Latin-1 in it.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace elbo::host::formats {

struct DecodedText {
  std::string_view text;                       // UTF-8, without a byte order mark
  std::shared_ptr<const std::string> owned{};  // what `text` views where it is not the bytes themselves
  bool is_windows_1252 = false;                // by guess: its bytes are no UTF-8, and nothing else says what they are
};

/// `bytes` must outlive the text. Throws UserError naming `file`, the line and what converts it: bytes that are in part UTF-8 and in part not, or that
/// Windows-1252 does not have.
DecodedText decoded_text(std::span<const std::byte> bytes, const std::string& file);

}  // namespace elbo::host::formats
