// One process of a name runs on a node, and the next one knows how the last ones ended: a locked file,
// NODE/PROCESS-INDEX.lock in the run folder.
//
//   ProcessLock lock{file};
//   if (!lock.try_hold()) ...                   // another is running
//   lock.quick_ends()                           // how many ended quickly before us, in a row
//   incarnation = lock.begin(wall)              // from here on we count as one that ended quickly,
//   lock.settle(0)                              // until this says otherwise
//   lock.end_as_asked()
//
// It has three lines: the last incarnation (20 digits), how many ended quickly (2 digits), and whether that
// life ended as it was asked (1).
#pragma once

#include <cstdint>
#include <string>

#include "common/base/time.h"

namespace paceline {

class ProcessLock {
 public:
  /// Makes the file and its folder (mode 0700) if they are missing.
  ///   throws   std::system_error, std::filesystem::filesystem_error
  explicit ProcessLock(std::string file);
  ~ProcessLock();
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;

  /// Whether it is ours now; until the process ends.
  bool try_hold();

  /// [0..99] Ends in a row, within ten seconds of a start, that nobody had asked for.
  int quick_ends() const { return quick_ends_; }

  /// The incarnation of this start: above the last also if the wall clock was set back meanwhile, since a
  /// lower one would be taken for late messages of the former. The file counts one quick end more.
  std::uint64_t begin(WallTime wall);

  /// So many have ended quickly in a row, whatever becomes of us.
  void settle(int quick_ends);

  /// Somebody asked for this end: it was no quick one, and the next incarnation says so (common/base/incarnation.h).
  void end_as_asked();

  /// Whether the file could be written so far; otherwise why.
  const std::string& broken() const { return broken_; }

 private:
  void write(int quick_ends, bool as_asked);

  std::string file_;
  int fd_ = -1;
  std::uint64_t incarnation_ = 0;
  int quick_ends_ = 0;
  bool ended_as_asked_ = false;  // The life before.
  std::string broken_;
};

/// How long a process waits at its start that so many ended quickly before, in a row: not at all after
/// two (they were bad luck, or somebody's test), then 0.5 s and twice as long each time, up to 30 s.
Duration pause_after(int quick_ends);

}  // namespace paceline
