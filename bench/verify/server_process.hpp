#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/lab/accounting.hpp"
#include "bench/lab/models.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/failure.hpp"
#include "bench/verify/process.hpp"

namespace verify {

/// A server that did not get ready, and what was seen instead.
struct NotReady : Failed {
    using Failed::Failed;
};

/// A server that runs and is ready; ends with its owner.
///
/// A model of ours has said its ready line; anyone else's command, in which `{port}` stands for a
/// free one, has taken a connection.
/// errors  the constructor throws `NotReady` when it does not get ready.
class ServerProcess {
public:
    /// `arguments` follow those that the model has. A port that they do not name is any free one;
    /// `base` tells how to start the process, its command is ignored.
    ServerProcess(const lab::Model& model, const std::vector<std::string>& arguments = {},
                  const Launch& base = {});

    [[nodiscard]] const Address& address() const noexcept { return address_; }
    [[nodiscard]] const std::string& ready_line() const noexcept { return ready_line_; }
    [[nodiscard]] Process& process() noexcept { return process_; }

    /// The process that was started; once that has ended and left a daemon, the daemon.
    [[nodiscard]] pid_t pid();

    /// All processes that serve: of anyone's server, everything that descends from what was
    /// started; of a model of ours what its traits declare.
    [[nodiscard]] Family family();

    /// How it has ended by itself, nothing while it runs. Where the started process ends with 0 and
    /// leaves others, as a daemon does, the server runs on in these.
    std::optional<Exit> ended();

    /// Its counters now. errors: throws `Skipped` for a server that keeps no statistics page.
    lab::PageReading page();

private:
    void await_ready_line();
    void await_connection();

    lab::PageFile page_;
    Address address_;
    std::string ready_line_;
    bool forks_;
    Process process_;
};

/// The command line that starts `model`: `arguments` behind its own, and for one of ours the page
/// and a port, unless they stand there.
std::vector<std::string> command_line(const lab::Model& model,
                                      const std::vector<std::string>& arguments, int port,
                                      const std::string& page_path);

}  // namespace verify
