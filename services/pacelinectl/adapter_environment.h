// The real world: files and control sockets of this host, the bus, HTTP, the terminal.
#pragma once

#include <optional>

#include "common/runtime/loop.h"
#include "services/pacelinectl/adapter_host.h"
#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

class HostEnvironment final : public Environment {
 public:
  static constexpr Duration timeout = 2s;  // For one process or one watch to answer.

  Result<std::string> read(const std::string& path) override;
  Result<FileView> map(const std::string& path) override;
  Result<std::string> read_end(const std::string& path, std::size_t most) override;
  bool exists(const std::string& path) override;
  Result<void> write(const std::string& path, std::string_view content, unsigned mode) override;
  Result<void> write_all(std::span<const FileToWrite> files) override;
  Result<void> replace(const std::string& path, std::string_view content) override;
  void remove(const std::string& path) override;
  Result<void> make_folder(const std::string& path, unsigned mode) override;
  std::string absolute(const std::string& path) override;
  std::string program_folder() override;
  Result<KeyPair> make_keys() override;
  Result<std::string> public_key_of(const std::string& secret_key) override;
  std::string fingerprint(std::string_view text) override;
  Result<unsigned> mode(const std::string& path) override;
  Result<Bytes> ask(const Topology& topology, const Address& whom,
                    const ControlRequest& request) override;
  Result<HttpAnswer> fetch(HttpRequest request) override;
  std::vector<Result<Bytes>> ask_all(const Topology& topology,
                                     std::span<const Asked> questions) override;
  std::vector<Result<HttpAnswer>> fetch_all(std::vector<HttpRequest> requests) override;
  std::vector<Result<void>> connect_all(std::span<const TcpPlace> places, Duration within) override;
  HostFacts& host() override { return host_; }
  Result<std::size_t> read_input(std::span<char> into) override;
  Result<void> write_output(std::string_view text) override;
  Result<ProgramEnd> run(const std::vector<std::string>& words, std::string_view input,
                         Duration limit) override;
  Result<int> edit(std::vector<std::string> words, const std::string& file) override;
  Result<void> subscribe(const Topology& topology, const std::string& node,
                         const std::string& channel, Duration timeout,
                         const OnMessage& on_message) override;
  bool pause(Duration duration) override;
  Instant now() override;
  WallTime wall() override;
  std::unique_ptr<Screen> screen() override;

 private:
  // One for all that waits, so that a signal is not lost between two questions; made when first
  // needed, because from then on signals only tell it.
  Loop& loop();
  template <class Answer>
  std::vector<Result<Answer>> wait_for(std::vector<std::optional<Result<Answer>>>& answers);

  ThisHost host_;
  std::optional<Loop> loop_;
  bool stopped_ = false;
};

}  // namespace paceline::pacelinectl
