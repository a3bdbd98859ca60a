// Whole files in and out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/base/file_view.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline {

/// The whole file; a pipe or a terminal to its end, which has to come `within` that time.
///   errors   not_found: there is none; unavailable: cannot be opened or read, did not come to its end;
///            too_large: over `max_bytes`
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 64u << 20,
                              Duration within = 30s);

/// The last bytes of a file, `most` of them at most, whatever its size.
///   errors   not_found: there is none; unavailable: cannot be opened or read, or is no file
Result<std::string> read_file_end(const std::string& path, std::size_t most);

/// The whole file, mapped.
///   errors   not_found: there is none; unavailable: cannot be opened or read, or is no file
Result<FileView> map_file(const std::string& path);

/// Replaces the file at once or not at all: written beside it, synced, renamed, folder synced. What is no
/// file, as a device, is not replaced.
///   errors   unavailable: says which step failed and why
Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   unsigned mode = 0644);

/// The same of several. None is replaced before all are written, so that a full disk changes none of them.
Result<void> write_files_atomically(std::span<const FileToWrite> files);

}  // namespace paceline
