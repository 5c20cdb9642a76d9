#include "common/server/site.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace server {
namespace {

constexpr std::string_view hello = "Hello, world!";
constexpr std::string_view read_methods = "GET, HEAD";
constexpr std::string_view echo_methods = "POST, PUT";
constexpr std::size_t echo_bytes = std::size_t{64} << 10;
constexpr std::uint64_t longest_spin_us = 10'000'000;
constexpr std::uint64_t longest_sleep_ms = 60'000;

bool reads(const http::Request& request) noexcept {
    return request.method == "GET" || request.method == "HEAD";
}

bool is_echo(const http::Request& request) noexcept {
    return request.path == "/echo" && (request.method == "POST" || request.method == "PUT");
}

/// The number behind `prefix`, when there is nothing else behind it.
std::optional<std::uint64_t> number_after(std::string_view prefix, std::string_view path) noexcept {
    if (!path.starts_with(prefix)) return std::nullopt;
    path.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
    if (error != std::errc{} || end != path.data() + path.size()) return std::nullopt;
    return number;
}

constexpr std::size_t letters = 26;

/// Whole alphabets, to be copied from: letter by letter, half of what a large reply costs would be
/// the loop that makes it, and as much as the compiler makes of that.
constexpr auto alphabets = [] {
    std::array<std::byte, 160 * letters> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>('a' + i % letters);
    return all;
}();

/// So many bytes of the alphabet, over and over: never held, and a client can
/// tell which byte belongs where.
class Alphabet {
public:
    explicit Alphabet(std::uint64_t length_bytes) noexcept : left_{length_bytes} {}

    std::size_t pull(std::span<std::byte> room) noexcept {
        const std::size_t count = std::min<std::uint64_t>(room.size(), left_);
        for (std::size_t done = 0; done < count;) {
            const std::size_t piece = std::min(count - done, alphabets.size() - letter_);
            std::memcpy(&room[done], &alphabets[letter_], piece);
            letter_ = (letter_ + piece) % letters;
            done += piece;
        }
        left_ -= count;
        return count;
    }

private:
    std::uint64_t left_;
    std::size_t letter_ = 0;
};

// Both end early when the server is told to stop. Work is measured by the CPU that it took: two
// workers that share one need twice the time, as they would for any work. To ask how much it was
// enters the kernel, which is not the work: in between the clock on the wall will do: vdso(7).
void spin(std::uint64_t duration_us) noexcept {
    constexpr std::uint64_t stretch_ns = 20'000;
    std::uint64_t used_ns = sys::thread_cpu_ns();
    const std::uint64_t end_ns = used_ns + duration_us * 1000;
    while (used_ns < end_ns && sys::stop_signals() == 0) {
        const std::uint64_t look_ns = sys::monotonic_ns() + std::min(stretch_ns, end_ns - used_ns);
        while (sys::monotonic_ns() < look_ns) {
        }
        used_ns = sys::thread_cpu_ns();
    }
}

void sleep(std::uint64_t duration_ms) noexcept {
    constexpr std::uint64_t slice_ms = 50;
    for (; duration_ms > 0 && sys::stop_signals() == 0;
         duration_ms -= std::min(slice_ms, duration_ms)) {
        if (sys::nanosleep_ms(std::min(slice_ms, duration_ms)) < 0) fatal_if_ours("nanosleep");
    }
}

http::Answer with_text(std::string_view text) {
    http::Answer answer;
    answer.text = text;
    return answer;
}

}  // namespace

Site::Site(const Options& options, Log& log) : log_{log}, files_{options.root}, lab_{options.lab} {
    now(sys::unix_s());
}

Site::Site(const Site& first, Log& log) : log_{log}, files_{first.files_.lent()}, lab_{first.lab_} {
    now(sys::unix_s());
}

void Site::now(std::int64_t unix_s) noexcept {
    if (unix_s == dated_s_) return;
    dated_s_ = unix_s;
    const std::time_t seconds = unix_s;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 30> text{};  // the C locale's names: nobody here calls setlocale
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    std::memcpy(date_.data(), text.data(), date_.size());
}

http::Answer Site::answer(const http::Request& request) {
    if (lab_ && request.path != "/") {
        if (http::Answer found = answer_lab(request); found.status != 404) return found;
    }
    if (!reads(request)) return not_allowed(read_methods);
    if (files_) return files_.answer(request);
    return request.path == "/" ? with_text(hello) : plain(404);
}

http::Answer Site::answer_lab(const http::Request& request) {
    if (request.path == "/echo") {
        if (!is_echo(request)) return not_allowed(echo_methods);
        echoed_.assign(reinterpret_cast<const char*>(request.body.data()), request.body.size());
        http::Answer answer = with_text(echoed_);
        answer.type = "application/octet-stream";
        return answer;
    }
    const auto size_bytes = number_after("/bytes/", request.path);
    const auto spin_us = number_after("/spin/", request.path);
    const auto sleep_ms = number_after("/sleep/", request.path);
    if (!size_bytes && !spin_us && !sleep_ms) return plain(404);
    if (!reads(request)) return not_allowed(read_methods);
    if (spin_us) spin(std::min(*spin_us, longest_spin_us));
    if (sleep_ms) sleep(std::min(*sleep_ms, longest_sleep_ms));
    if (!size_bytes) return with_text(hello);
    if (*size_bytes > std::numeric_limits<std::int64_t>::max()) return plain(404);

    http::Answer answer;
    answer.type = "application/octet-stream";
    answer.length_bytes = *size_bytes;
    answer.body = http::Body{Alphabet{*size_bytes}};
    return answer;
}

std::size_t Site::keeps_body_bytes(const http::Request& request) noexcept {
    return lab_ && is_echo(request) ? echo_bytes : 0;
}

bool Site::may_keep_alive() noexcept {
    if (ending_) return false;
    return !may_keep_ || may_keep_();
}

void Site::head(std::string_view text) noexcept {
    log_.head(text);
}

void Site::replied(int status) noexcept {
    sys::ServerCounters& counters = sys::counters();
    sys::add(counters.requests);
    const auto& known = sys::counted_statuses;
    const auto place = std::find(known.begin(), known.end() - 1, status) - known.begin();
    sys::add(counters.replies[static_cast<std::size_t>(place)]);
}

}  // namespace server
