// The host as a check asks it.
#pragma once

#include "services/pacelinectl/host_facts.h"

namespace paceline::pacelinectl {

class ThisHost final : public HostFacts {
 public:
  std::optional<Exposure> exposure(const std::string& file, std::string_view what) override;
  Result<FolderFacts> folder(const std::string& path) override;
  std::vector<std::string> files_in(const std::string& folder) override;
  Result<std::vector<CertificateFacts>> certificates(std::string_view pem) override;
  Result<void> key_belongs(std::string_view certificate_pem, std::string_view key_pem) override;
  Result<void> can_listen(const std::string& host, int port) override;
  bool has_user(const std::string& name) override;
  std::string person() override;
  std::uint64_t most_open_files() override;
};

}  // namespace paceline::pacelinectl
