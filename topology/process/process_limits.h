// What the operating system lets a process have, set when it starts.
#pragma once

#include <cstdint>

#include "common/ports/log.h"

namespace paceline {

/// Raises the bound on open files to what the system allows, at most 65,536: libzmq ends the process
/// that can open no more (4.3.4), and the usual 1024 are few where strangers connect too.
void raise_open_files();

/// For a process with deadlines of a fraction of a second: it runs before others (round robin in real
/// time, else nice -15), and what it has touched of its memory stays in RAM. What the system does not
/// allow is told once, and it goes on without. Threads that begin later have the same.
void make_urgent(Log& log);

/// Run by supervisord: asks the system for SIGTERM when supervisord dies, so that no process goes on
/// that nobody can stop.
void end_with_supervisor();

}  // namespace paceline
