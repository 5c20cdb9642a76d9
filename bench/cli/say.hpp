#pragma once

#include <string>

/// What all commands of `iolab` have in common. Each is a plain function from options to an
/// exit code.
namespace cli {

enum ExitCode : int {
    done = 0,
    failed = 1,
    wrong_usage = 2,
    something_missing = 3,
    wrong_answer = 4,
    not_comparable = 5,
    threshold_crossed = 99,
    signature_not_found = 99,
    interrupted = 130,
};

/// Three lines on stderr: what happened, the likely cause, what helps; broken where that is a
/// terminal.
/// result: `code`
int complain(ExitCode code, const std::string& what, const std::string& cause,
             const std::string& help);

/// Puts data on stdout. A reader who has gone is no error.
void put(const std::string& text);

/// From now on a reader of stdout who leaves, and a limit of file size, are errors like others and no
/// signals: what was measured is saved all the same.
void let_writes_fail();

}  // namespace cli
