// A name server of a test (RFC 1035): the addresses it is told, or silence.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/runtime/loop.h"

namespace paceline::test {

class NameServer {
 public:
  explicit NameServer(Loop& loop) : loop_{loop} {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
      check_failed("bind", __FILE__, __LINE__);
    port_ = ntohs(here.sin_port);
    loop_.watch_fd(fd_, true, false, [this] { answer_one(); });
  }
  ~NameServer() {
    loop_.forget_fd(fd_);
    close(fd_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::string where() const { return "127.0.0.1:" + std::to_string(port_); }

  std::map<std::string, std::vector<std::string>>
      addresses;  // By name; another one does not exist.
  std::uint32_t ttl_s = 60;
  bool is_silent = false;
  int questions = 0;  // Each name is asked for twice: IPv4 and IPv6.

 private:
  void answer_one() {
    char bytes[512];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got =
        recvfrom(fd_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 17) return;
    ++questions;
    if (is_silent) return;
    const std::string answer = answer_to({bytes, static_cast<std::size_t>(got)});
    sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  std::string answer_to(const std::string& question) const {
    constexpr std::size_t head = 12;
    std::string name;
    std::size_t at = head;
    while (question[at] != '\0') {
      const auto length = static_cast<std::size_t>(question[at]);
      name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
      at += 1 + length;
    }
    const int type = question[at + 2];  // 1 = A, 28 = AAAA.
    const auto found = addresses.find(name);
    std::string records;
    int count = 0;
    for (const auto& address :
         found == addresses.end() ? std::vector<std::string>{} : found->second) {
      const bool is_six = address.find(':') != address.npos;
      if (is_six != (type == 28)) continue;
      char raw[16];
      inet_pton(is_six ? AF_INET6 : AF_INET, address.c_str(), raw);
      const std::uint32_t ttl = htonl(ttl_s);
      records += std::string{"\xc0\x0c\0", 3} + static_cast<char>(type) + std::string{"\0\1", 2};
      records.append(reinterpret_cast<const char*>(&ttl), 4);
      records += '\0';
      records += static_cast<char>(is_six ? 16 : 4);
      records.append(raw, is_six ? 16 : 4);
      ++count;
    }
    std::string answer = question.substr(0, 2);
    answer += '\x81';
    answer += found == addresses.end() ? '\x83' : '\x80';  // NXDOMAIN, or good.
    answer += std::string{"\0\1\0", 3} + static_cast<char>(count) + std::string{"\0\0\0\0", 4};
    return answer + question.substr(head, at + 5 - head) + records;
  }

  Loop& loop_;
  int fd_ = -1;
  int port_ = 0;
};

}  // namespace paceline::test
