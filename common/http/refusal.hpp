#pragma once

#include <cstdint>

namespace http {

/// Why a request gets an error from the protocol itself, by status code.
enum class Refusal : std::uint16_t {
    none = 0,
    bad_request = 400,
    request_timeout = 408,
    content_too_large = 413,
    uri_too_long = 414,
    expectation_failed = 417,
    fields_too_large = 431,
    not_implemented = 501,
    service_unavailable = 503,
    version_not_supported = 505,
};

}  // namespace http
