// Owns the precompiled headers of all tests (tests/CMakeLists.txt); nothing else is here.
