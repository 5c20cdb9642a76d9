#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/verify/failure.hpp"
#include "bench/verify/process.hpp"
#include "common/sys/fd.hpp"

namespace verify {

using namespace std::chrono_literals;

/// Where a server listens.
struct Address {
    std::string host = "127.0.0.1";  ///< a numeric address
    int port = 0;
};

/// One reply as it arrived, taken apart.
struct Reply {
    std::string head;  ///< status line and fields, with every line end
    int minor_version = 1;
    int status = 0;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> fields;  ///< values without space around
    std::string body;

    /// How many fields have that name, whatever its case.
    [[nodiscard]] std::size_t count(std::string_view name) const;
    /// The first field of that name, "" without one.
    [[nodiscard]] std::string_view field(std::string_view name) const;
    /// Whether a list field has that token, whatever its case.
    [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
};

/// Whether a reply may have a body: that of HEAD has none, whatever its head announces.
enum class To { get, head };

inline constexpr std::chrono::milliseconds default_patience = 5s;

struct ClientOptions {
    int receive_buffer_bytes = 0;  ///< 0: the system's
    /// With everything that has no deadline of its own.
    std::chrono::milliseconds patience = default_patience;
    std::size_t most_bytes = std::size_t{64} << 20;  ///< of a reply, or of what is received at once
    bool at_once = false;  ///< the constructor only begins to connect; `send` waits for the rest
};

/// A test client: blocks, but never for longer than its patience, and looks closely.
///
/// A reply that comes in drips or never ends does not hold it, either: in all it waits its patience
/// and one second more for every 100 kB that came, and takes no more than `most_bytes`.
///
/// errors  everything that a right server would not let happen is thrown as `Failed`.
class Client {
public:
    explicit Client(const Address& address, const ClientOptions& options = {});

    /// All of it; a server that no longer takes it is no error here: what comes after its last byte
    /// is then a reset.
    void send(std::string_view bytes);

    /// Piece by piece, the next one when the server has read the last.
    void send_in_pieces(std::string_view bytes, std::size_t piece_bytes);

    /// One byte of urgent data, tcp(7).
    void send_urgent(char byte);

    /// What fits without waiting; 0 when nothing does, or the server has closed.
    std::size_t send_some(std::string_view bytes);

    /// Waits until the server has read everything sent so far, or has closed.
    void wait_until_taken();

    void half_close();
    void reset();  ///< closes with a reset, whatever is under way
    void close() { fd_ = {}; }

    /// The next reply, checked to be well-formed. Interim replies (1xx) are passed over.
    Reply receive(To to = To::get);

    /// Everything up to the end of the connection, which must not be a reset.
    std::string receive_rest();

    /// What arrives within that time; less when the connection ends, or `most_bytes` have
    /// come.
    std::string receive_for(std::chrono::milliseconds length);

    /// The connection ends in order, and nothing comes before.
    void expect_end() { expect_end(end_patience()); }
    void expect_end(std::chrono::milliseconds within);

    /// The connection ends, in order or by a reset; what comes before does not matter.
    void expect_gone() { expect_gone(end_patience()); }
    void expect_gone(std::chrono::milliseconds within);

    /// Nothing arrives for so long, nor does the connection end.
    void expect_silence(std::chrono::milliseconds length);

    /// Waits until something has arrived, without taking it. result: whether it came in time.
    [[nodiscard]] bool await_arrival(std::chrono::milliseconds within) const;

    /// Whether the server's side of the connection is still open, as the kernel tells.
    [[nodiscard]] bool server_holds_on() const;

    [[nodiscard]] int local_port() const;
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

    /// Bytes received and not yet given out.
    [[nodiscard]] std::string_view unread() const noexcept {
        return std::string_view{unread_}.substr(start_);
    }

    /// Whether a reply has begun to arrive and has not been given out whole.
    [[nodiscard]] bool inside_reply() const noexcept { return inside_ || !unread().empty(); }

private:
    enum class Got { bytes, end, reset, nothing };
    Got fill(Deadline deadline);
    Got fill_in_time();
    void begin_waiting();
    [[nodiscard]] std::uint64_t came() const noexcept { return received_bytes_ - received_before_; }
    [[nodiscard]] Deadline last_deadline() const;
    [[nodiscard]] std::chrono::milliseconds end_patience() const {
        return std::min<std::chrono::milliseconds>(3s, patience_);
    }
    std::string read_head();
    void read_body(Reply& reply, To to);
    void read_chunks(Reply& reply);
    std::string take(std::size_t size_bytes);
    std::string take_all();
    std::string take_line();
    std::string take_to(std::string_view mark, std::string_view what);
    void need_more(std::string_view what);

    sys::Fd fd_;
    std::chrono::milliseconds patience_;
    std::size_t most_bytes_;
    sockaddr_storage local_{};
    sockaddr_storage peer_{};
    std::string unread_;  // what has arrived; given out up to `start_`
    std::size_t start_ = 0;
    std::uint64_t sent_bytes_ = 0;
    std::uint64_t received_bytes_ = 0;
    std::uint64_t received_before_ = 0;  // before the wait that goes on
    Clock::time_point waits_since_;
    bool inside_ = false;
    bool was_reset_ = false;  // a send has been told so
};

/// Tries to connect once, for at most 5 s. result: 0 or an `errno`.
int try_connect(const Address& address);

/// A numeric address and a port, as a socket address. errors: throws `std::invalid_argument`.
std::pair<sockaddr_storage, socklen_t> socket_address(const Address& address);

}  // namespace verify
