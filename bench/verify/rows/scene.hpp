#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "bench/verify/behaviours.hpp"

/// What many behaviours do and look for.
namespace verify::rows {

inline constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: iolab\r\n\r\n";
inline constexpr std::string_view get_and_close =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";
inline constexpr std::string_view get_missing = "GET /missing HTTP/1.1\r\nHost: iolab\r\n\r\n";

/// Time-outs short enough to wait for; one server serves all behaviours that have them.
inline constexpr std::string_view short_times =
    "--head-timeout 0.3 --body-timeout 0.3 --idle-timeout 0.6 --send-timeout 0.4";

/// A GET request for "/" with these lines in its head, each without its end.
std::string get_with(std::initializer_list<std::string_view> lines);

/// A POST request for "/": these lines in its head, and what follows it.
std::string post_with(std::initializer_list<std::string_view> lines, std::string_view rest);

/// A POST request with a chunked body, spelt out from the first chunk line on.
std::string post_chunked(std::string_view body);

std::string repeated(std::string_view text, std::size_t times);

template <class Value>
void expect_equal(std::string_view what, const Value& got, const Value& expected);

void expect_text(std::string_view what, std::string_view got, std::string_view expected);
void expect(bool holds, std::string_view expected, std::string_view got);
void expect_status(const Reply& reply, std::initializer_list<int> expected);

/// 200, and what "/" answers with.
void expect_hello(const Stage& stage, const Reply& reply);

/// The connection still serves: one more request is answered.
void expect_kept(const Stage& stage, Client& client);

/// The last of the connection: the reply says so, and an orderly end follows.
void expect_last(Client& client, const Reply& reply);

/// A new client sends this and gets "/", and where connections are kept, once more.
void serves(Stage& stage, std::string_view request);

/// A new client sends this and gets one of these error replies, and then the end.
void refuses(Stage& stage, std::string_view request, std::initializer_list<int> statuses);

/// A new client sends this and gets that reply, and goes on.
Reply answers(Stage& stage, std::string_view request, int status, To to = To::get);

/// A body is read in step: the reply to `post` (405 where nobody wants it) is followed by that to
/// another request.
void takes_body(Stage& stage, std::string_view post);

/// Waits until a fact holds. errors: throws `Failed` naming it when it does not in time.
void await_fact(std::string_view fact, const std::function<bool()>& holds,
                std::chrono::milliseconds within = 3s);

/// The body of `/bytes/N`: a to z, over and over.
void expect_alphabet(std::string_view body);

/// CPU time of the server and of all that it has started, those included that have ended.
std::uint64_t cpu_ns(ServerProcess& server);
/// The same, once it has used none for 20 ms: what was under way is done, and its pool complete.
std::uint64_t cpu_ns_at_rest(ServerProcess& server);

/// To the server and to all that it has started.
void signal_all(Stage& stage, int number);

/// Stops the server with all that it has started until it is thawed; at the latest when this ends,
/// so that a row that fails leaves no stopped server to the next.
class Frozen {
public:
    explicit Frozen(Stage& stage);
    Frozen(Frozen&&) = delete;
    ~Frozen() { thaw(); }
    void thaw();

private:
    Stage& stage_;
};

/// Waits until the server has as many clients as that, by its own count; where it keeps none,
/// there is nothing to wait for.
void await_open(ServerProcess& server, std::uint64_t clients);

template <class Value>
void expect_equal(std::string_view what, const Value& got, const Value& expected) {
    if (got == expected) return;
    throw Failed{std::string{what} + ' ' + std::to_string(expected), std::to_string(got)};
}

}  // namespace verify::rows
