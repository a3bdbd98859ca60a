// Owns the precompiled headers of all programs (CMakeLists.txt); nothing else is here.
