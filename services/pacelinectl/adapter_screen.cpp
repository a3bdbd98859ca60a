#include "services/pacelinectl/adapter_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/system_clock.h"

namespace paceline::pacelinectl {
namespace {

using Key = KeyPress::Key;

constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l";  // The other buffer, no cursor.
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";

constexpr std::array<std::pair<std::string_view, Key>, 14> sequences = {{
    {"\x1b[A", Key::up},
    {"\x1b[B", Key::down},
    {"\x1bOA", Key::up},
    {"\x1bOB", Key::down},
    {"\x1b[5~", Key::page_up},
    {"\x1b[6~", Key::page_down},
    {"\x1b[H", Key::home},
    {"\x1b[F", Key::end},
    {"\x1b[1~", Key::home},
    {"\x1b[4~", Key::end},
    {"\x1bOH", Key::home},
    {"\x1bOF", Key::end},
    {"\x1b[7~", Key::home},
    {"\x1b[8~", Key::end},
}};

// A terminal that is gone is noticed by reading, not here.
void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

KeyPress single(char c) {
  switch (c) {
    case '\x03':  // Ctrl-C
    case '\x04':  // Ctrl-D, the end of what is typed
      return {Key::stop};
    case '\r':
    case '\n':
      return {Key::enter};
    case '\x1b':
      return {Key::escape};
    case '\x7f':
    case '\b':
      return {Key::backspace};
    default:
      return {Key::character, c};
  }
}

}  // namespace

std::unique_ptr<Screen> Terminal::open(Loop& loop, const bool& stopped) {
  termios before{};
  if (isatty(STDOUT_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before) != 0) return nullptr;
  return std::make_unique<Terminal>(loop, stopped, before);
}

Terminal::Terminal(Loop& loop, const bool& stopped, const termios& before)
    : loop_{loop}, stopped_{stopped}, before_{before} {
  termios raw = before;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);  // What was typed ahead counts.
  put(enter);
  loop_.watch_fd(STDIN_FILENO, true, false, [this] { read_keys(); });
}

Terminal::~Terminal() {
  loop_.forget_fd(STDIN_FILENO);
  put(leave);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

Screen::Size Terminal::size() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0)
    return {};
  return {window.ws_row, window.ws_col};
}

void Terminal::show(std::string_view frame) {
  std::string text = "\x1b[H";
  std::size_t lines = 0;
  while (!frame.empty()) {
    const auto end = std::min(frame.find('\n'), frame.size());
    text += (lines++ == 0 ? "" : "\r\n");
    text += frame.substr(0, end);
    text += "\x1b[K";
    frame.remove_prefix(std::min(end + 1, frame.size()));
  }
  put(text + "\x1b[J");
}

KeyPress Terminal::wait(Duration timeout) {
  const SystemClock clock;
  const Instant until = clock.now() + timeout;
  while (keys_.empty() && !stopped_ && !gone_ && clock.now() < until)
    loop_.run_once(std::min<Duration>(until - clock.now(), 50ms));
  if (stopped_ || gone_) return {Key::stop};
  if (keys_.empty()) return {};
  const KeyPress first = keys_.front();
  keys_.pop_front();
  return first;
}

void Terminal::read_keys() {
  std::array<char, 256> bytes{};
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
    gone_ = true;
    return loop_.forget_fd(STDIN_FILENO);
  }
  std::string_view text{bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  while (!text.empty()) {
    std::size_t taken = 0;
    for (const auto& [sequence, key] : sequences)
      if (taken == 0 && text.starts_with(sequence)) {
        keys_.push_back({key});
        taken = sequence.size();
      }
    if (taken == 0) {
      keys_.push_back(single(text.front()));
      taken = 1;
    }
    text.remove_prefix(taken);
  }
}

}  // namespace paceline::pacelinectl
