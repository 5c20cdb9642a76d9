#pragma once

#include <cstddef>
#include <memory>

#include "common/http/context.hpp"
#include "tests/http/edge.hpp"

namespace talk {

/// A context whose room for input ends, behind so many bytes, at a page that nobody may touch:
/// who looks further than the input reaches ends the process by SIGSEGV. What the alignment of
/// a context asks for, up to 7 bytes, stays open where the size is no multiple of 8.
class GuardedContext {
public:
    /// range: input_bytes <= http::scratch_bytes, the longest arrival that it will see
    /// errors: throws std::system_error without memory
    GuardedContext(http::Site& site, bool split_reply, std::size_t input_bytes);
    GuardedContext(GuardedContext&&) = delete;
    ~GuardedContext();

    operator http::Context&() noexcept { return *context_; }

private:
    std::unique_ptr<Edge> edge_;
    http::Context* context_;
};

}  // namespace talk
