// What a check asks of the host beside files and sockets that answer: rights, folders, certificates, ports. Nothing is
// changed by asking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/secrets.h"
#include "common/base/time.h"

namespace paceline::pacelinectl {

struct FolderFacts {
  bool is_in_memory = false;  // tmpfs, ramfs: the next boot empties it.
  std::uint64_t free_bytes = 0;
};

struct CertificateFacts {
  std::string subject;  // "CN = watch.example"
  WallTime begins{};
  WallTime ends{};
};

class HostFacts {
 public:
  virtual ~HostFacts() = default;

  /// As find_exposure() in common/runtime/file_modes.h.
  virtual std::optional<Exposure> exposure(const std::string& file, std::string_view what) = 0;

  /// Of the folder, or of the nearest one above it that is there.
  ///   errors   unavailable
  virtual Result<FolderFacts> folder(const std::string& path) = 0;

  /// The files of a folder, by their whole paths; none if it cannot be read.
  virtual std::vector<std::string> files_in(const std::string& folder) = 0;

  /// The certificates of a PEM text, in its order.
  ///   errors   bad_value: none in it, or one that cannot be read
  virtual Result<std::vector<CertificateFacts>> certificates(std::string_view pem) = 0;

  /// Whether the key is that of the first certificate.
  ///   errors   bad_value: it is not, or cannot be read
  virtual Result<void> key_belongs(std::string_view certificate_pem, std::string_view key_pem) = 0;

  /// Whether a program could listen there now.
  ///   errors   refused: somebody does; not_found: no address of this host; unavailable: not allowed, ...
  virtual Result<void> can_listen(const std::string& host, int port) = 0;

  virtual bool has_user(const std::string& name) = 0;

  /// Who gives an order: "anna on acme-1"; "" = that is not known.
  virtual std::string person() = 0;

  /// Files that a process may open, at most.
  virtual std::uint64_t most_open_files() = 0;
};

}  // namespace paceline::pacelinectl
