#pragma once

#include <span>
#include <string_view>

/// What each behaviour has failed against.
namespace broken {

/// Which server is broken.
enum class Server {
    thread,  ///< broken_server.cpp, with one of its defects
    blocking,  ///< that model of ours, with mutants of mutants.cmake, and so on
    select,
    poll,
};

/// A row of the table, and a server that it fails against.
struct Proof {
    std::string_view sentence;
    Server server;
    std::string_view defect;  ///< of `thread`, or mutants, with `+` between several
    /// Stands in "EXPECTED, got GOT" of the failure; `|` between several, where chance decides.
    std::string_view complaint;
    bool later = false;  ///< only servers that the behaviour itself starts are broken
};

/// One proof a row, in the order of the table.
std::span<const Proof> proofs();

}  // namespace broken
