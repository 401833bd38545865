// One small set of data in every format that is read.
#pragma once
#include <fmt/format.h>
#include <png.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
using namespace test;

/// What each format is made to hold: small whole numbers, and a label for each row.
struct Content {
  size_t rows = 60, columns = 6;
  std::vector<uint8_t> values;
  std::vector<int64_t> labels;
  std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};

  Content() {
    uint32_t state = 7;
    for (size_t i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<uint8_t>(1 + ((state = state * 1664525 + 1013904223) >> 24) % 100));
    for (size_t i = 0; i < rows; ++i) labels.push_back(static_cast<int64_t>(i % 3));
  }
  uint8_t& at(size_t row, size_t column) { return values[row * columns + column]; }
  void remove_last_row() {
    --rows;
    values.resize(rows * columns);
    labels.resize(rows);
  }
  void append_row() {
    ++rows;
    for (size_t i = 0; i < columns; ++i) values.push_back(static_cast<uint8_t>(i + 1));
    labels.push_back(1);
  }
  void swap_rows(size_t a, size_t b) {
    std::swap_ranges(values.begin() + static_cast<std::ptrdiff_t>(a * columns),
                     values.begin() + static_cast<std::ptrdiff_t>((a + 1) * columns),
                     values.begin() + static_cast<std::ptrdiff_t>(b * columns));
    std::swap(labels[a], labels[b]);
  }
  void reverse_columns() {
    for (size_t row = 0; row < rows; ++row) std::reverse(&at(row, 0), &at(row, 0) + columns);
    std::reverse(names.begin(), names.end());
  }
};

inline std::string as_text(const std::vector<uint8_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size()};
}

inline std::string as_bytes_text(const std::vector<int64_t>& labels) {
  std::string text;
  for (const int64_t label : labels) text += static_cast<char>(label);
  return text;
}

inline std::string shape_text(const Content& c) { return fmt::format("({}, {})", c.rows, c.columns); }
inline std::vector<hsize_t> sizes_of(const Content& c) { return {c.rows, c.columns}; }

inline void write_csv(const fs::path& folder, const Content& c) {
  std::string text;
  for (const std::string& name : c.names) text += name + ",";
  text += "label\n";
  for (size_t row = 0; row < c.rows; ++row) {
    for (size_t i = 0; i < c.columns; ++i) text += fmt::format("{},", c.values[row * c.columns + i]);
    text += fmt::format("{}\n", c.labels[row]);
  }
  write(folder / "x.csv", text);
}

inline void write_npy(const fs::path& folder, const Content& c) {
  write(folder / "x.npy", npy("'|u1'", shape_text(c), as_text(c.values)));
  write(folder / "labels.npy", npy("'|u1'", fmt::format("({},)", c.rows), as_bytes_text(c.labels)));
}

inline void write_idx(const fs::path& folder, const Content& c) {
  write(folder / "x.idx",
        idx(0x08, {static_cast<uint32_t>(c.rows), static_cast<uint32_t>(c.columns)}, as_text(c.values)));
  write(folder / "labels.idx", idx(0x08, {static_cast<uint32_t>(c.rows)}, as_bytes_text(c.labels)));
}

inline void write_hdf5(const fs::path& folder, const Content& c) {
  Hdf5Writer file(folder / "x.h5");
  file.add_chunked("/x", H5T_STD_U8LE, sizes_of(c), {8, c.columns}, c.values);
  file.add("/labels", H5T_STD_I64LE, {c.rows}, c.labels);
}

inline void write_h5ad(const fs::path& folder, const Content& c) {
  Hdf5Writer file(folder / "x.h5ad");
  file.add("/X", H5T_STD_U8LE, sizes_of(c), c.values);
  file.add("/obs/label", H5T_STD_I64LE, {c.rows}, c.labels);
}

/// Of stored, unpacked members.
inline void write_npz(const fs::path& folder, const Content& c) {
  const auto little = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
    return text;
  };
  std::string all, directory;
  const auto add = [&](const std::string& name, const std::string& content) {
    const auto crc = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
    const auto size = static_cast<uint32_t>(content.size());
    const std::string common = little(20, 2) + little(0, 8) + little(crc, 4) + little(size, 4) + little(size, 4) +
                               little(static_cast<uint32_t>(name.size()), 2) + little(0, 2);
    directory +=
        "PK\1\2" + little(20, 2) + common + little(0, 10) + little(static_cast<uint32_t>(all.size()), 4) + name;
    all += "PK\3\4" + common + name + content;
  };
  add("x.npy", npy("'|u1'", shape_text(c), as_text(c.values)));
  add("labels.npy", npy("'|u1'", fmt::format("({},)", c.rows), as_bytes_text(c.labels)));
  const std::string end = "PK\5\6" + little(0, 4) + little(2, 2) + little(2, 2) +
                          little(static_cast<uint32_t>(directory.size()), 4) +
                          little(static_cast<uint32_t>(all.size()), 4) + little(0, 2);
  write(folder / "x.npz", all + directory + end);
}

/// Matrix Market as 10x writes it: the columns are the data.
inline void write_10x(const fs::path& folder, const Content& c) {
  fs::create_directories(folder / "cells");
  std::string text = fmt::format("%%MatrixMarket matrix coordinate integer general\n{} {} {}\n", c.columns, c.rows,
                                 c.rows * c.columns);
  for (size_t row = 0; row < c.rows; ++row)
    for (size_t i = 0; i < c.columns; ++i)
      text += fmt::format("{} {} {}\n", i + 1, row + 1, c.values[row * c.columns + i]);
  write(folder / "cells/matrix.mtx", text);
}

inline void write_png(const fs::path& folder, const Content& c) {
  fs::remove_all(folder / "pictures");
  for (size_t row = 0; row < c.rows; ++row) {
    const fs::path file = folder / "pictures" / std::to_string(c.labels[row]) / fmt::format("{:03}.png", row);
    fs::create_directories(file.parent_path());
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<uint32_t>(c.columns);
    image.height = 1;
    image.format = PNG_FORMAT_GRAY;
    png_image_write_to_file(&image, file.c_str(), 0, &c.values[row * c.columns], 0, nullptr);
  }
}

/// Version 5, with the variables x and labels.
inline void write_mat(const fs::path& folder, const Content& c) {
  const auto put = [](std::string& to, uint32_t value) {
    for (int i = 0; i < 4; ++i) to += static_cast<char>(value >> 8 * i);
  };
  const auto element = [&](std::string& to, uint32_t type, std::string content) {
    put(to, type);
    put(to, static_cast<uint32_t>(content.size()));
    content.resize((content.size() + 7) / 8 * 8);
    to += content;
  };
  std::string file = "MATLAB 5.0 MAT-file";
  file.resize(124, ' ');
  file += std::string("\x00\x01IM", 4);
  const auto variable = [&](const std::string& name, size_t rows, size_t columns, const std::string& values) {
    std::string flags, sizes, inside;
    put(flags, 9);
    put(flags, 0);
    put(sizes, static_cast<uint32_t>(rows));
    put(sizes, static_cast<uint32_t>(columns));
    element(inside, 6, flags);
    element(inside, 5, sizes);
    element(inside, 1, name);
    element(inside, 2, values);
    element(file, 14, inside);
  };
  std::string by_column;
  for (size_t i = 0; i < c.columns; ++i)
    for (size_t row = 0; row < c.rows; ++row) by_column += static_cast<char>(c.values[row * c.columns + i]);
  variable("x", c.rows, c.columns, by_column);
  variable("labels", c.rows, 1, as_bytes_text(c.labels));
  write(folder / "x.mat", file);
}

}  // namespace elbo::host::data
