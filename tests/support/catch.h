// Catch2 for all tests. Ours first: Catch2's CHECK replaces the one of common/base/check.h.
#pragma once

#include "common/base/check.h"
#undef CHECK

#include <catch2/catch.hpp>
