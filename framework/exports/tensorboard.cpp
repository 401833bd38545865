// TensorBoard's event files: records of TFRecord's framing, each an Event message of tensorflow/core/util/event.proto.
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/images/png_writer.hpp"
#include "exports/exports.hpp"
#include "log/series.hpp"

namespace elbo::host::exports {
namespace fs = std::filesystem;
using google::protobuf::internal::WireFormatLite;
namespace {

/// CRC-32C (Castagnoli), reflected, one byte at a time.
uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> entries{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82f63b78u : value >> 1;
      entries[i] = value;
    }
    return entries;
  }();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

/// TFRecord keeps the sum rotated and shifted, since it is often taken of data that hold sums themselves.
uint32_t masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

template <class T>
std::string raw(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string record(const std::string& message) {
  const std::string length = raw<uint64_t>(message.size());
  return length + raw(masked(crc32c(length))) + message + raw(masked(crc32c(message)));
}

/// A message, field by field.
class Message {
 public:
  Message& text(int field, const std::string& value) {
    return write([&](auto& out) { WireFormatLite::WriteBytes(field, value, &out); });
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  Message& integer(int field, int64_t value) {
    return write([&](auto& out) { WireFormatLite::WriteInt64(field, value, &out); });
  }
  Message& real(int field, double value) {
    return write([&](auto& out) { WireFormatLite::WriteDouble(field, value, &out); });
  }
  Message& single(int field, float value) {
    return write([&](auto& out) { WireFormatLite::WriteFloat(field, value, &out); });
  }
  /// A packed repeated double.
  Message& reals(int field, const std::vector<double>& values) {
    return text(field, std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class Write>
  Message& write(Write write_to) {
    google::protobuf::io::StringOutputStream stream(&bytes_);
    google::protobuf::io::CodedOutputStream out(&stream);
    write_to(out);
    return *this;
  }
  std::string bytes_;
};

// Fields of Event, Summary.Value, Summary.Image and HistogramProto.
namespace event {
enum { wall_time = 1, step = 2, file_version = 3, summary = 5 };
}
namespace value {
enum { tag = 1, simple = 2, image = 4, histogram = 5 };
}

std::string summary_record(int64_t step, const Message& one_value) {
  return record(Message()
                    .real(event::wall_time, 0)
                    .integer(event::step, step)
                    .message(event::summary, Message().message(1, one_value))
                    .bytes());
}

std::vector<int64_t> places(const h5::File& log, const std::string& group, const char* dim) {
  const h5::Dataset coordinate = log.dataset(group + "/" + dim);
  return coordinate.read<int64_t>(0, log::rows_until(coordinate, std::numeric_limits<int64_t>::max()));
}

/// Each value in a bucket of its own: the dimensions in rising order of their KL.
Message histogram(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v, squares += v * v;
  return Message()
      .real(1, values.front())
      .real(2, values.back())
      .real(3, static_cast<double>(values.size()))
      .real(4, sum)
      .real(5, squares)
      .reals(6, values)
      .reals(7, std::vector<double>(values.size(), 1.0));
}

/// Of training, of the test pass after it and of the pictures after that: the order in which a run writes them, so that what a growing log gives begins
/// with what it gave before.
enum class Stage { train, test, images };

struct Record {
  int64_t epoch;
  Stage stage;
  std::string bytes;
};

void add_scalars(const h5::File& log, Stage stage, std::vector<Record>& records) {
  const std::string pass = stage == Stage::train ? "train" : "test", group = "/" + pass;
  const auto epochs = places(log, group, "epoch");
  for (const std::string& name : log.names(group)) {
    const h5::Dataset column = log.dataset(group + "/" + name);
    if (name == "epoch" || !column.grows()) continue;
    const auto values = column.read<double>(0, epochs.size());
    const size_t width = column.row_size();
    for (size_t e = 0; e < epochs.size(); ++e) {
      if (!std::isfinite(values[e * width])) continue;
      Message one;
      one.text(value::tag, pass + "/" + name);
      if (width == 1) one.single(value::simple, static_cast<float>(values[e]));
      else one.message(value::histogram, histogram({values.begin() + e * width, values.begin() + (e + 1) * width}));
      records.push_back({epochs[e], stage, summary_record(epochs[e], one)});
    }
  }
}

void add_images(const h5::File& log, std::vector<Record>& records) {
  if (!log.has("/images")) return;
  const auto epochs = places(log, "/images", "snapshot");
  for (const char* name : {"reconstructions", "samples", "traversals", "manifold"}) {
    const std::string path = std::string("/images/") + name;
    if (!log.has(path)) continue;
    const h5::Dataset sheets = log.dataset(path);
    const auto height = static_cast<int64_t>(sheets.shape()[1]), width = static_cast<int64_t>(sheets.shape()[2]);
    const int64_t channels = sheets.shape().size() == 4 ? 3 : 1;
    for (size_t e = 0; e < epochs.size(); ++e) {
      if (!sheets.holds(e)) continue;
      const std::string bytes = png(width, height, channels, sheets.read<uint8_t>(e, 1));
      const Message image = Message().integer(1, height).integer(2, width).integer(3, channels).text(4, bytes);
      records.push_back({epochs[e], Stage::images,
                         summary_record(epochs[e], Message().text(value::tag, name).message(value::image, image))});
    }
  }
}

std::string events_of(const h5::File& log) {
  std::vector<Record> records;
  add_scalars(log, Stage::train, records);
  add_scalars(log, Stage::test, records);
  add_images(log, records);
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::pair(a.epoch, a.stage) < std::pair(b.epoch, b.stage);
  });
  std::string events = record(Message().real(event::wall_time, 0).text(event::file_version, "brain.Event:2").bytes());
  for (const Record& one : records) events += one.bytes;
  return events;
}

/// TensorBoard reads on in a file that it has open, and would not see one that takes its place.
void append(const std::string& content, const fs::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) throw Error(file.string() + ": cannot be written to; expected a place to write");
}

}  // namespace

void write_tensorboard(const h5::File& log, const fs::path& folder) {
  const std::string events = events_of(log);
  const fs::path file = folder / "events.out.tfevents.0000000000.elbo";
  fs::create_directories(folder);
  const std::string there = fs::exists(file) ? read_file(file) : "";
  if (!there.empty() && events.starts_with(there)) append(events.substr(there.size()), file);
  else write_atomically(file, events);
}

}  // namespace elbo::host::exports
