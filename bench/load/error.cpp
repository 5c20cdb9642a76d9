#include "bench/load/error.hpp"

#include <cerrno>

namespace load {

std::string_view name(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::connect_refused: return "connect_refused";
        case ErrorKind::connect_timeout: return "connect_timeout";
        case ErrorKind::reset: return "reset";
        case ErrorKind::reply_timeout: return "reply_timeout";
        case ErrorKind::short_reply: return "short_reply";
        case ErrorKind::wrong_reply: return "wrong_reply";
        case ErrorKind::no_ports: return "no_ports";
        case ErrorKind::no_descriptors: return "no_descriptors";
        case ErrorKind::unreachable: return "unreachable";
    }
    return "?";
}

ErrorKind kind_of(int error) noexcept {
    switch (error) {
        case ECONNREFUSED: return ErrorKind::connect_refused;
        case ETIMEDOUT: return ErrorKind::connect_timeout;
        case ECONNRESET:
        case EPIPE: return ErrorKind::reset;
        case EADDRNOTAVAIL:
        case EAGAIN: return ErrorKind::no_ports;  // of connect(2), ERRORS
        case EMFILE:
        case ENFILE: return ErrorKind::no_descriptors;
        default: return ErrorKind::unreachable;
    }
}

}  // namespace load
