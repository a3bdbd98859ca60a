// An Environment without a world: files in a map, processes and watches that answer what a test
// says.
#pragma once

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/pacelinectl/environment.h"
#include "services/pacelinectl/request.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace pacelinectl;

/// A command line for the shipped demo, as FakeEnvironment has it.
inline Request request(const std::string& command, std::vector<std::string> words = {}) {
  Request made;
  made.command = command;
  made.topology = "/etc/demo.toml";
  made.arguments = std::move(words);
  return made;
}

/// The same, with `--node`.
inline Request request_at(const char* node, const std::string& command,
                          std::vector<std::string> words = {}) {
  Request made = request(command, std::move(words));
  made.node = node;
  return made;
}

/// A host of which a test says what is unusual.
class FakeHost final : public HostFacts {
 public:
  std::map<std::string, std::string> exposed;  // By file: why it lies open.
  FolderFacts facts{.is_in_memory = false, .free_bytes = 10ull << 30};
  std::map<std::string, std::vector<std::string>> folders;
  std::map<std::string, std::vector<CertificateFacts>> certificates_of;  // By the text of the file.
  std::string key_fault;
  std::map<int, Errc> ports;  // That cannot be listened on, and why.
  std::vector<std::string> users = {"paceline"};
  std::uint64_t open_files = 65'536;
  std::string who;

  std::optional<Exposure> exposure(const std::string& file, std::string_view) override {
    const auto found = exposed.find(file);
    if (found == exposed.end()) return std::nullopt;
    return Exposure{found->second, "chmod 0600 " + file};
  }
  Result<FolderFacts> folder(const std::string&) override { return facts; }
  std::vector<std::string> files_in(const std::string& folder) override { return folders[folder]; }
  Result<std::vector<CertificateFacts>> certificates(std::string_view pem) override {
    const auto found = certificates_of.find(std::string{pem});
    if (found == certificates_of.end()) return fail("no certificate (PEM) in it");
    return found->second;
  }
  Result<void> key_belongs(std::string_view, std::string_view) override {
    if (!key_fault.empty()) return fail(key_fault);
    return {};
  }
  Result<void> can_listen(const std::string&, int port) override {
    const auto found = ports.find(port);
    if (found == ports.end()) return {};
    return fail(found->second, "not possible");
  }
  bool has_user(const std::string& name) override {
    return std::ranges::find(users, name) != users.end();
  }
  std::string person() override { return who; }
  std::uint64_t most_open_files() override { return open_files; }
};

class FakeEnvironment final : public Environment {
 public:
  struct File {
    std::string text;
    unsigned mode = 0;
  };
  std::map<std::string, File> files;
  std::map<std::string, unsigned> folders;
  struct WebAnswer {
    int status = 0;
    std::string body;
    HttpHeaders headers{};
  };
  FakeHost this_host;
  std::set<std::string> unreadable;                // Files that are there, but not for us.
  std::set<std::string> unwritable;                // Files for which the disk is full.
  std::map<int, Error> closed;                     // Ports of other hosts that do not answer.
  std::vector<HttpRequest> requests;               // As fetch() had them.
  std::map<std::string, Error> web_faults;         // By URL: why nobody answers.
  std::map<std::string, WebAnswer> web;            // By URL without the query.
  std::map<std::string, Result<Bytes>> processes;  // By "a/pacer/0".
  std::map<std::string, Result<Bytes>> replies;    // By "a/pacer/0 status", first.
  std::vector<std::string> asked;                  // "a/pacer/0 explain t07", "http://...".
  std::string input;  // Standard input, given out by `input_step` bytes.
  std::size_t input_step = 7;
  std::string output;                               // What went to standard output at once.
  std::vector<std::pair<Address, Bytes>> messages;  // What subscribe() hears, one after the other.
  std::function<Result<Bytes>(const ControlRequest&)> on_ask;  // In place of `processes`.
  std::function<Result<ProgramEnd>(const std::vector<std::string>&, std::string_view)> on_run;
  std::function<Result<int>(const std::vector<std::string>&)> on_terminal;
  int pauses_left = 0;  // Then the person asks to stop.
  std::function<void()> on_pause;
  std::function<void()> on_wait;  // At the screen, which shows a frame already.
  bool terminal = false;
  std::vector<KeyPress> keys;  // Pressed at the screen; then the person asks to stop.
  std::vector<std::string> frames;

  /// The shipped demo under /etc/demo.toml.
  FakeEnvironment() {
    std::ifstream in{source_folder() + "/topology/demo.toml"};
    files["/etc/demo.toml"].text = {std::istreambuf_iterator<char>{in}, {}};
  }

  Result<std::string> read(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(Errc::not_found, path + ": cannot be opened");
    if (unreadable.contains(path)) return fail(Errc::unavailable, path + ": cannot be opened");
    return found->second.text;
  }
  Result<FileView> map(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(Errc::not_found, path + ": cannot be opened");
    return FileView{nullptr, found->second.text};
  }
  Result<std::string> read_end(const std::string& path, std::size_t most) override {
    auto whole = read(path);
    if (whole && whole->size() > most) whole->erase(0, whole->size() - most);
    return whole;
  }
  bool exists(const std::string& path) override { return files.contains(path); }
  Result<void> write(const std::string& path, std::string_view content, unsigned mode) override {
    const FileToWrite file{path, content, mode};
    return write_all({&file, 1});
  }
  Result<void> write_all(std::span<const FileToWrite> all) override {
    for (const FileToWrite& file : all)
      if (unwritable.contains(file.path))
        return fail(Errc::unavailable,
                    file.path + ".new: cannot be written: No space left on device");
    for (const FileToWrite& file : all) files[file.path] = {std::string{file.content}, file.mode};
    return {};
  }
  Result<void> replace(const std::string& path, std::string_view content) override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(Errc::not_found, path + ": cannot be found");
    found->second.text = content;
    return {};
  }
  void remove(const std::string& path) override { files.erase(path); }
  Result<void> make_folder(const std::string& path, unsigned mode) override {
    folders.emplace(path, mode);
    return {};
  }
  std::string absolute(const std::string& path) override {
    return path.starts_with('/') ? path : "/etc/" + path;
  }
  std::string program_folder() override { return "/usr/lib/paceline"; }
  Result<KeyPair> make_keys() override {
    ++made_keys_;
    return KeyPair{"public" + std::to_string(made_keys_), "secret" + std::to_string(made_keys_)};
  }
  Result<std::string> public_key_of(const std::string& secret_key) override {
    if (!secret_key.starts_with("secret")) return fail("not a key of 40 characters");
    return "public" + secret_key.substr(6);
  }
  std::string fingerprint(std::string_view text) override { return "#" + std::string{text}; }
  Result<unsigned> mode(const std::string& path) override {
    const auto found = files.find(path);
    if (found != files.end()) return found->second.mode;
    const auto folder = folders.find(path);
    return folder == folders.end() ? fail(Errc::not_found, path + ": No such file or directory")
                                   : Result<unsigned>{folder->second};
  }
  Result<Bytes> ask(const Topology&, const Address& whom, const ControlRequest& request) override {
    std::string said = whom.text() + " " + request.question;
    for (const auto& argument : request.arguments) said += " " + argument;
    asked.push_back(said);
    if (const auto reply = replies.find(said); reply != replies.end()) return reply->second;
    if (on_ask) return on_ask(request);
    const auto found = processes.find(whom.text());
    return found == processes.end() ? fail(Errc::unavailable, "silence") : found->second;
  }
  Result<HttpAnswer> fetch(HttpRequest request) override {
    asked.push_back(request.url);
    requests.push_back(request);
    if (const auto fault = web_faults.find(request.url); fault != web_faults.end())
      return tl::unexpected{fault->second};
    const auto found = web.find(request.url.substr(0, request.url.find('?')));
    if (found == web.end()) return fail(Errc::unavailable, "connection refused");
    return HttpAnswer{.status = found->second.status,
                      .headers = found->second.headers,
                      .body = found->second.body};
  }
  std::vector<Result<Bytes>> ask_all(const Topology& topology,
                                     std::span<const Asked> questions) override {
    std::vector<Result<Bytes>> answers;
    for (const Asked& question : questions)
      answers.push_back(ask(topology, question.whom, question.request));
    return answers;
  }
  std::vector<Result<HttpAnswer>> fetch_all(std::vector<HttpRequest> all) override {
    std::vector<Result<HttpAnswer>> answers;
    for (HttpRequest& request : all) answers.push_back(fetch(std::move(request)));
    return answers;
  }
  std::vector<Result<void>> connect_all(std::span<const TcpPlace> places, Duration) override {
    std::vector<Result<void>> outcomes(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      if (const auto fault = closed.find(places[i].port); fault != closed.end())
        outcomes[i] = tl::unexpected{fault->second};
    return outcomes;
  }
  HostFacts& host() override { return this_host; }
  Result<std::size_t> read_input(std::span<char> into) override {
    const std::size_t count = std::min({input.size(), into.size(), input_step});
    std::copy_n(input.begin(), count, into.begin());
    input.erase(0, count);
    return count;
  }
  Result<void> write_output(std::string_view text) override {
    output += text;
    return {};
  }
  Result<ProgramEnd> run(const std::vector<std::string>& words, std::string_view text,
                         Duration) override {
    return on_run ? on_run(words, text) : fail(Errc::unavailable, words.front() + ": not found");
  }
  Result<int> edit(std::vector<std::string> words, const std::string& file) override {
    words.push_back(file);
    return on_terminal ? on_terminal(words)
                       : fail(Errc::unavailable, words.front() + ": not found");
  }
  Result<void> subscribe(const Topology&, const std::string& node, const std::string& channel,
                         Duration, const OnMessage& on_message) override {
    asked.push_back(node + " subscribes to " + channel);
    if (messages.empty()) return fail(Errc::unavailable, "nothing was heard");
    for (const auto& [from, bytes] : messages)
      if (!on_message(from, bytes)) break;
    return {};
  }
  bool pause(Duration) override {
    if (on_pause) on_pause();
    return pauses_left-- > 0;
  }
  Instant now() override { return Instant{10ms * ++asked_times_}; }
  WallTime wall() override { return WallTime{std::chrono::seconds{1'795'577'426}}; }
  std::unique_ptr<Screen> screen() override {
    return terminal ? std::make_unique<FakeScreen>(*this) : nullptr;
  }

 private:
  struct FakeScreen final : Screen {
    explicit FakeScreen(FakeEnvironment& its_environment) : environment{its_environment} {}
    Size size() override { return {24, 110}; }
    void show(std::string_view frame) override { environment.frames.emplace_back(frame); }
    KeyPress wait(Duration) override {
      if (environment.on_wait) environment.on_wait();
      if (environment.keys.empty()) return {KeyPress::Key::stop};
      const KeyPress next = environment.keys.front();
      environment.keys.erase(environment.keys.begin());
      return next;
    }
    FakeEnvironment& environment;
  };

  int made_keys_ = 0;
  int asked_times_ = 0;  // Each look at the clock finds it 10 ms later.
};

/// What an elector of the demo says when b is master and all are well.
inline ElectionView all_well() {
  ElectionView view;
  view.self.node = "a";
  view.self.role = ElectorRole::follower;
  view.self.master = "b";
  view.peers.resize(2);
  view.peer_age_s = {0.1, 0.1};
  view.peers[0].node = "b";
  view.peers[0].role = ElectorRole::master;
  view.peers[1].node = "w";
  view.peers[1].role = ElectorRole::observer;
  return view;
}

}  // namespace paceline::test
