// The terminal as a screen: no echo, keys one by one, the other buffer (what was there comes back).
#pragma once

#include <termios.h>

#include <deque>
#include <memory>
#include <string>

#include "common/runtime/loop.h"
#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

class Terminal final : public Screen {
 public:
  /// Nothing if standard input or output is no terminal. `stopped` becomes true with a signal.
  static std::unique_ptr<Screen> open(Loop& loop, const bool& stopped);

  Terminal(Loop& loop, const bool& stopped, const termios& before);
  ~Terminal() override;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() override;
  void show(std::string_view frame) override;
  KeyPress wait(Duration timeout) override;

 private:
  void read_keys();

  Loop& loop_;
  const bool& stopped_;
  termios before_;
  bool gone_ = false;  // Standard input has ended.
  std::deque<KeyPress> keys_;
};

}  // namespace paceline::pacelinectl
