#pragma once

/// What tests have to know of the sanitizers that this is compiled with.

/// A sanitizer keeps what has been freed, and has a shadow of all memory: how much there is says
/// nothing of the program. It makes calls of its own, and adds code at the end of functions.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// For `strace -E`: LeakSanitizer traces, too, and there cannot be two; and a process that ends by
/// `server::fatal` joins no threads.
inline constexpr const char* without_leak_checks[] = {"ASAN_OPTIONS=detect_leaks=0",
                                                      "TSAN_OPTIONS=report_thread_leaks=0"};
