// # masks: what poll and epoll say when a connection ends, half ends or breaks
//
// Experiment 14. Drives eight cases and prints what each of the two reports, checked against what
// is known. Exit code 0, 1 where a case could not be set up, 99 where the kernel says otherwise.

#include <algorithm>
#include <system_error>

#include "bench/cli/say.hpp"
#include "bench/kernel/truth_table.hpp"

int main() {
    try {
        const auto rows = kernel::truth_table();
        cli::put(kernel::to_text(rows));
        const bool known = std::all_of(rows.begin(), rows.end(),
                                       [](const auto& row) { return row.as_expected(); });
        return known ? cli::done : cli::signature_not_found;
    } catch (const std::system_error& error) {
        return cli::complain(cli::failed, error.what(),
                             "no loopback interface, or a limit of this system",
                             "ip address show lo; ulimit -n");
    }
}
