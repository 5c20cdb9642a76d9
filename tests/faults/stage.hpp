#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/server/main.hpp"
#include "common/sys/fd.hpp"
#include "tests/faults/script.hpp"

/// A server of the model that this executable is linked with, forked for one scene.
namespace faults {

struct Model {
    const server::Traits* traits = nullptr;
    void (*run)(server::Service&) = nullptr;
};

/// What the model's own `main` handed to `server::main`.
[[nodiscard]] Model& model();

/// How a server ended.
struct End {
    bool by_signal = false;
    int number = 0;
    friend bool operator==(const End&, const End&) = default;
};

/// Runs from its ready line to its end; is killed with its owner.
class Stage {
public:
    /// errors: throws std::runtime_error for a server that does not get ready in time
    explicit Stage(const Fault& fault, const std::vector<std::string>& arguments);
    Stage(const Stage&) = delete;
    ~Stage();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Its children's ids: proc(5), /proc/PID/task/TID/children.
    [[nodiscard]] std::vector<std::string> children() const;

    /// How many descriptors it has open, its children's with its own: proc(5), /proc/PID/fd.
    [[nodiscard]] int descriptors() const;

    void tell_to_stop() const noexcept;

    /// How it has ended, nothing if it has not by then.
    [[nodiscard]] std::optional<End> end(std::chrono::milliseconds within);

    /// All that it has written to stderr.
    [[nodiscard]] std::string said() const;

private:
    void await_ready(int out);

    pid_t pid_ = -1;
    sys::Fd ended_;  // its pidfd
    sys::Fd err_;  // memory
    std::uint16_t port_ = 0;
    std::optional<End> end_;
};

}  // namespace faults
