#include "services/pacelinectl/tar.h"

#include <fmt/format.h>
#include <zlib.h>

#include <numeric>

#include "common/base/check.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t block = 512;

// Offsets and sizes of POSIX.1-2001, ustar interchange format.
struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field uid_field{108, 8};
constexpr Field gid_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field sum_field{148, 8};
constexpr Field type_field{156, 1};
constexpr Field magic_field{257, 8};
constexpr Field user_field{265, 32};
constexpr Field group_field{297, 32};
constexpr Field prefix_field{345, 155};

void put(std::string& header, Field field, std::string_view text) {
  header.replace(field.at, std::min(text.size(), field.size), text.substr(0, field.size));
}

void put_octal(std::string& header, Field field, std::size_t number) {
  put(header, field, fmt::format("{:0{}o}", number, field.size - 1));
}

Result<std::string> header_of(const BundleFile& file, std::string_view owner) {
  using namespace std::string_view_literals;
  std::string header(block, '\0');
  std::string_view name = file.path;
  if (name.size() > name_field.size) {
    // At a slash, so that the folders before it fit and so does the rest.
    const auto slash = name.find('/', name.size() - name_field.size - 1);
    if (slash == name.npos || slash > prefix_field.size)
      return fail(Errc::too_large, fmt::format("{}: too long a path for a tar file", name));
    put(header, prefix_field, name.substr(0, slash));
    name.remove_prefix(slash + 1);
  }
  put(header, name_field, name);
  put_octal(header, mode_field, file.mode);
  put_octal(header, uid_field, 0);
  put_octal(header, gid_field, 0);
  put_octal(header, size_field, file.content.size());
  put_octal(header, time_field, 0);
  put(header, type_field, "0");
  put(header, magic_field, "ustar\00000"sv);
  put(header, user_field, owner);
  put(header, group_field, owner);
  put(header, sum_field, "        ");
  const unsigned sum = std::accumulate(header.begin(), header.end(), 0u, [](unsigned all, char c) {
    return all + static_cast<unsigned char>(c);
  });
  put(header, sum_field, fmt::format("{:06o}\0 "sv, sum));
  return header;
}

std::string gzipped(std::string& plain) {
  constexpr int gzip_window = 15 + 16;
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  CHECK(deflateEnd(&stream) == Z_OK);
  return out;
}

}  // namespace

Result<std::string> tar_gz(std::span<const BundleFile> files, std::string_view owner) {
  std::string tar;
  for (const BundleFile& file : files) {
    tar += TRY(header_of(file, owner));
    tar += file.content;
    tar.resize((tar.size() + block - 1) / block * block, '\0');
  }
  tar.append(2 * block, '\0');
  return gzipped(tar);
}

}  // namespace paceline::pacelinectl
