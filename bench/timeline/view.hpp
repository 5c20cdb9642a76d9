#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/timeline/recording.hpp"

/// A recording as all its pictures show it: time begins with the scene and ends with it.
namespace timeline {

/// What a thread is in a call for.
enum class Kind { asleep, doing, would_block };

[[nodiscard]] std::string_view name_of(Kind kind);

/// A call that may sleep counts as asleep from this length on.
inline constexpr std::uint64_t least_sleep_ns = 100'000;

[[nodiscard]] Kind kind_of(const lab::TracedCall& call);

/// One call; or many in a row that all would have blocked.
struct Stroke {
    std::uint64_t start_ns = 0;
    std::uint64_t end_ns = 0;
    Kind kind = Kind::doing;
    std::string call;  ///< of many: all their names, "accept4, recv"
    std::size_t times = 1;
    std::optional<std::size_t> client{};  ///< whom it was about, an index of `View::clients`
    std::string at;  ///< the source line of the first, "servers/poll.cpp:90"
    int fd = -1;
    std::int64_t result = 0;  ///< of the first; of one that failed its errno, negative
    bool is_cut = false;  ///< it began before the scene, or ended after it
};

/// One thread of the server.
struct Worker {
    std::string name;  ///< "main", "thread 2", "process 3": by their places, not by their numbers
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::vector<Stroke> strokes;  ///< one after another
    bool served = false;  ///< a client, or it did anything else but sleep
};

/// One client; times of its acts since the scene began.
struct ClientView {
    ClientSeen seen;
    std::optional<std::uint64_t> connected_ns;
    std::optional<std::uint64_t> accepted_ns;  ///< none: never, or the server did not note it
    std::optional<std::uint64_t> left_ns;

    /// How long it waited for each reply that came.
    [[nodiscard]] std::vector<std::uint64_t> waits_ns() const;

    /// When its first reply had come whole.
    [[nodiscard]] std::optional<std::uint64_t> first_reply_ns() const;
};

struct View {
    std::string model;
    std::string idea;
    std::uint64_t length_ns = 0;
    std::vector<ClientView> clients;
    std::vector<Worker> workers;
    bool sees_accepts = true;  ///< false where no call took a client in: completions did
    std::uint64_t missed =
        0;  ///< calls that were not seen: overwritten, half-written, not recorded
};

[[nodiscard]] View view_of(const Recording& recording);

/// Until when a client that stayed until `end_ns` was in the backlog: to its connect where that is
/// not known.
/// range: a client that has connected
[[nodiscard]] std::uint64_t backlog_end_ns(const View& view, const ClientView& client,
                                           std::uint64_t end_ns);

/// Whether the fast client had its first reply only when the slow one had gone: the lesson of the
/// scene. range: a view of `scene()`
[[nodiscard]] bool fast_waited_for_slow(const View& view);

/// The fast client's first wait, "602 ms"; "for ever" where no reply came.
[[nodiscard]] std::string first_wait_text(const View& view);

/// What one look shows of all of them, in a sentence or two.
[[nodiscard]] std::string finding(const std::vector<View>& views);

/// "602 ms", "0.09 ms".
[[nodiscard]] std::string ms_text(std::uint64_t ns);

/// Of so many workers beside those that are shown: "were asleep and served nobody".
[[nodiscard]] std::string_view quiet_words(std::size_t count);

/// The same as a whole: "3 more were asleep and served nobody".
[[nodiscard]] std::string quiet_text(std::size_t count);

/// The name of an errno that is given as a negative number: "EAGAIN".
[[nodiscard]] std::string errno_name(std::int64_t negative);

/// "recv = 7", "recv x 1204: would block", "accept4: EMFILE".
[[nodiscard]] std::string stroke_text(const Stroke& stroke);

/// The client's name; "" where the call was about none.
[[nodiscard]] std::string whose(const View& view, const Stroke& stroke);

/// For whom a thread slept in it: the client's name; "" for anybody, as in an accept.
[[nodiscard]] std::string slept_for(const View& view, const Stroke& stroke);

}  // namespace timeline
