// How much is taken from the heap while this lives, also of what is given back meanwhile. Sanitizers
// count it; without them it is 0.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                  std::size_t),
                                                         void (*)(const volatile void*));
#endif

namespace paceline::test {

class AllocatedBytes {
 public:
  AllocatedBytes() {
#if defined(__SANITIZE_ADDRESS__)
    static const int hooks = __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, std::size_t bytes) { total += bytes; },
        [](const volatile void*) {});
    static_cast<void>(hooks);
#endif
    before_ = total;
  }
  /// [bytes]
  std::size_t now() const {
    return total - before_;
  }

 private:
  inline static thread_local std::size_t total = 0;
  std::size_t before_;
};

}  // namespace paceline::test
