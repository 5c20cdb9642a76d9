#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What poll and epoll report of a descriptor, by what has happened to it.
namespace kernel {

/// One case: what the two said, and what they have to say.
struct Row {
    std::string_view happened;
    std::uint32_t polled = 0;  ///< EPOLLIN, EPOLLHUP ..., also where poll says POLLIN, POLLHUP
    std::uint32_t waited = 0;  ///< of epoll_wait
    std::uint32_t expected = 0;  ///< of both

    [[nodiscard]] bool as_expected() const noexcept {
        return polled == expected && waited == expected;
    }
};

/// Drives the eight cases, on sockets of the loopback interface and pipes of this process. Input,
/// priority input, room for output and EPOLLRDHUP are asked for.
/// errors: throws std::system_error where a case cannot be set up
[[nodiscard]] std::vector<Row> truth_table();

/// "IN OUT RDHUP"; "nothing" without a bit.
[[nodiscard]] std::string names_of(std::uint32_t events);

/// The table in lines of 80 columns, and whether it is as expected.
[[nodiscard]] std::string to_text(const std::vector<Row>& rows);

}  // namespace kernel
