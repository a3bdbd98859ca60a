// The world as a command has it: files, processes of the cluster, watch over HTTP, the terminal.
// Commands touch the world through this alone; adapter_environment.h is the real one.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/file_view.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/ports/bus.h"
#include "common/ports/http.h"
#include "common/wire/codec.h"
#include "services/pacelinectl/host_facts.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

struct KeyPair {
  std::string public_key;  // 40 characters of Z85.
  std::string secret_key;
};

/// A question to a process of a node of this host.
struct Asked {
  Address whom;
  ControlRequest request;
};

struct TcpPlace {
  std::string host;  // A name or an address, IPv6 without brackets.
  int port = 0;

  bool operator==(const TcpPlace&) const = default;
};

/// What became of a program that was run.
struct ProgramEnd {
  int exit = 0;
  std::string out;
  std::string error;
};

/// What a person pressed.
struct KeyPress {
  enum class Key : std::uint8_t {
    none,  // Nothing in the time given.
    stop,  // Ctrl-C, or a signal that asks to stop.
    character,
    enter,
    escape,
    backspace,
    up,
    down,
    page_up,
    page_down,
    home,
    end,
  };
  Key key = Key::none;
  char character = 0;
};

/// The whole terminal, as long as this lives; what was there before comes back after.
class Screen {
 public:
  struct Size {
    int rows = 24;
    int columns = 80;
  };
  virtual ~Screen() = default;

  virtual Size size() = 0;
  /// Replaces what is shown; lines that do not fit are the caller's mistake.
  virtual void show(std::string_view frame) = 0;
  virtual KeyPress wait(Duration timeout) = 0;
};

/// The world of one run. Whatever waits ends early, as if interrupted, when the person asks to stop.
class Environment {
 public:
  virtual ~Environment() = default;

  /// A whole file. What root reads in another user's folder it reads by that user's rights, here and below.
  ///   errors   not_found: there is none; unavailable: it cannot be read; too_large
  virtual Result<std::string> read(const std::string& path) = 0;
  /// A whole file of any size, read as it is touched.
  ///   errors   not_found, unavailable
  virtual Result<FileView> map(const std::string& path) = 0;
  /// The last bytes of a file, `most` of them at most.
  ///   errors   not_found, unavailable
  virtual Result<std::string> read_end(const std::string& path, std::size_t most) = 0;
  virtual bool exists(const std::string& path) = 0;

  /// Writes a file at once or not at all, with these permission bits. What root writes into another
  /// user's folder is that user's: the processes run as he does.
  ///   errors   unavailable: which step failed and why
  virtual Result<void> write(const std::string& path, std::string_view content, unsigned mode) = 0;

  /// Several, of which none is replaced before all are written.
  ///   errors   unavailable: which step failed and why
  virtual Result<void> write_all(std::span<const FileToWrite> files) = 0;

  /// Writes a file that is there at once or not at all; its owner and permission bits stay.
  ///   errors   not_found; unavailable: which step failed and why
  virtual Result<void> replace(const std::string& path, std::string_view content) = 0;

  /// The folder and those above it; sets the permission bits of a folder that it made, which is whose
  /// the one above is.
  virtual Result<void> make_folder(const std::string& path, unsigned mode) = 0;

  virtual std::string absolute(const std::string& path) = 0;
  virtual std::string program_folder() = 0;  // Where pacelinectl is, absolute.

  /// A new CURVE key pair.
  virtual Result<KeyPair> make_keys() = 0;
  /// The public key that belongs to a secret one.
  ///   errors   bad_value: not 40 characters of Z85
  virtual Result<std::string> public_key_of(const std::string& secret_key) = 0;
  /// What people compare: the first 16 hexadecimal digits of a text's SHA-256, in groups of 4.
  virtual std::string fingerprint(std::string_view text) = 0;
  /// Permission bits of a file.
  ///   errors   not_found
  virtual Result<unsigned> mode(const std::string& path) = 0;

  /// Asks a process of a node of this host by its control socket; gives the body of its answer.
  ///   errors   unavailable: nobody answered in time; refused: the process said no, and why
  virtual Result<Bytes> ask(const Topology& topology, const Address& whom,
                            const ControlRequest& request) = 0;

  /// One HTTP request and its answer, whatever the status.
  ///   errors   unavailable, refused (TLS), too_large
  virtual Result<HttpAnswer> fetch(HttpRequest request) = 0;

  /// All at once, which takes as long as the slowest one: answers in the order of what was asked.
  ///   errors   of each, as above; a request has its own time-out
  virtual std::vector<Result<Bytes>> ask_all(const Topology& topology,
                                             std::span<const Asked> questions) = 0;
  virtual std::vector<Result<HttpAnswer>> fetch_all(std::vector<HttpRequest> requests) = 0;
  /// Whether somebody listens there, of each.
  ///   errors   refused: nobody does, although the host answers; not_found: no such name; unavailable: no
  ///            answer in time, no way
  virtual std::vector<Result<void>> connect_all(std::span<const TcpPlace> places,
                                                Duration within) = 0;

  /// What else the host tells.
  virtual HostFacts& host() = 0;

  /// What has come on standard input, waiting for some of it.
  ///   returns  [bytes] put into `into`; 0 = its end
  ///   errors   unavailable
  virtual Result<std::size_t> read_input(std::span<char> into) = 0;

  /// All of `text` on standard output, at once.
  ///   errors   unavailable: nobody reads any more
  virtual Result<void> write_output(std::string_view text) = 0;

  /// Runs a program to its end, with `input` on its standard input. Words are handed over as they stand; no shell reads them.
  ///   returns  how it ended, and the first 1 MiB of each of its outputs
  ///   errors   unavailable: it could not be started, was killed, or did not end within `limit` (and is killed)
  virtual Result<ProgramEnd> run(const std::vector<std::string>& words, std::string_view input,
                                 Duration limit) = 0;

  /// Receives a bus channel as a process of `node` would, until `on_message` returns false
  /// (enough) or the person asks to stop.
  ///   timeout  for the first message; zero = no limit
  ///   errors   unavailable: nothing came in time; refused: a key file that cannot be read
  using OnMessage = std::function<bool(const Address& from, std::span<const std::uint8_t> bytes)>;
  virtual Result<void> subscribe(const Topology& topology, const std::string& node,
                                 const std::string& channel, Duration timeout,
                                 const OnMessage& on_message) = 0;

  /// Lets time pass; false at once when the person asks to stop.
  virtual bool pause(Duration duration) = 0;

  virtual Instant now() = 0;
  virtual WallTime wall() = 0;

  /// The terminal; nothing if standard input or output is none.
  virtual std::unique_ptr<Screen> screen() = 0;

  /// An editor of a file, with the person's terminal, for as long as it takes, by the rights of who laid the file.
  ///   words    its name and options; the file stands behind them
  ///   returns  what it ended with
  ///   errors   unavailable: it could not be started, or was killed
  virtual Result<int> edit(std::vector<std::string> words, const std::string& file) = 0;

  /// A file; nothing if there is none.
  virtual void remove(const std::string& path) = 0;
};

}  // namespace paceline::pacelinectl
