#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "bench/lab/plan.hpp"
#include "bench/lab/result.hpp"

/// What a comparison shows in a terminal, at most 80 columns wide.
namespace report {

/// How a stream may be written to.
struct Style {
    bool redraw = false;  ///< it is a terminal: one line may be drawn again and again
    bool colour = false;  ///< it is, and NO_COLOR is not set (no-color.org)
};

[[nodiscard]] Style style_of(int descriptor);

/// One table a workload, then notes and warnings.
[[nodiscard]] std::string terminal_tables(const lab::Result& result, Style style);

/// How far a comparison is, on stderr: a line that is redrawn, or a line a cell.
class Progress {
public:
    Progress(const lab::Plan& plan, Style style);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void begins(const lab::PlannedCell& cell);
    void ended(const lab::Cell& cell);

private:
    [[nodiscard]] double left_s() const;
    void erase();

    const lab::Plan& plan_;
    Style style_;
    std::size_t begun_ = 0;
    std::size_t run_ = 0;  ///< cells that took time
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    bool drawn_ = false;
};

/// One line: what came of a cell.
[[nodiscard]] std::string cell_line(const lab::Cell& cell);

}  // namespace report
