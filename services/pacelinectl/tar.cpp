#include "services/pacelinectl/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>

#include "common/base/check.h"

namespace paceline::pacelinectl {
namespace {

using Archive = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

// Appends what is packed to the text at `out`.
la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// The same files are the same bytes: no entry has a time, and nor has gzip.
Result<void> add(archive* to, const BundleFile& file, const std::string& owner) {
  const Entry entry{archive_entry_new(), &archive_entry_free};
  archive_entry_set_pathname(entry.get(), file.path.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), file.mode);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
  archive_entry_set_uname(entry.get(), owner.c_str());
  archive_entry_set_gname(entry.get(), owner.c_str());
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (archive_write_header(to, entry.get()) != ARCHIVE_OK)
    return fail(Errc::too_large, fmt::format("{}: {}", file.path, archive_error_string(to)));
  CHECK(archive_write_data(to, file.content.data(), file.content.size()) ==
        static_cast<la_ssize_t>(file.content.size()));
  return {};
}

}  // namespace

Result<std::string> tar_gz(std::span<const BundleFile> files, std::string_view owner) {
  std::string packed;
  const Archive to{archive_write_new(), &archive_write_free};
  CHECK(archive_write_set_format_ustar(to.get()) == ARCHIVE_OK);
  CHECK(archive_write_add_filter_gzip(to.get()) == ARCHIVE_OK);
  CHECK(archive_write_set_filter_option(to.get(), "gzip", "timestamp", nullptr) == ARCHIVE_OK);
  CHECK(archive_write_open(to.get(), &packed, nullptr, &append, nullptr) == ARCHIVE_OK);
  for (const BundleFile& file : files)
    if (auto added = add(to.get(), file, std::string{owner}); !added)
      return tl::unexpected{added.error()};
  CHECK(archive_write_close(to.get()) == ARCHIVE_OK);
  return packed;
}

}  // namespace paceline::pacelinectl
