// Catch2 for all tests. Ours first: its CHECK replaces our macro of the same name
// (common/base/check.h).
#pragma once

#include "common/base/check.h"
#undef CHECK

#include <catch2/catch.hpp>
