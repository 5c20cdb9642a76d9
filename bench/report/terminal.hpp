#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/lab/plan.hpp"
#include "bench/lab/result.hpp"
#include "bench/report/eta.hpp"

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

/// What is known so far of a comparison that runs: CPU a request, in microseconds, by the name of a
/// model and the id of a workload, a figure a round.
using SoFar = std::map<std::pair<std::string, std::string>, std::vector<double>>;

/// A line a model, a column a workload, the medians so far; at most 80 columns and `most_lines`
/// lines. Of many workloads those around the one that is under way, of many models likewise; the
/// cell under way is marked. Empty where there is no room for a table.
[[nodiscard]] std::string live_table(const lab::Plan& plan, const SoFar& so_far,
                                     const lab::PlannedCell& under_way, std::size_t most_lines);

/// Lets a picture be drawn again at most four times in any second.
class Redraws {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Whether it may be now; if so, it counts as drawn.
    [[nodiscard]] bool may_be(Time now);

private:
    std::deque<Time> last_;  ///< at most four
};

/// A name for a column of at most `most` bytes: its end gives way to two dots.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// What happened, the likely cause, what helps: three lines; where `style` says that it is a
/// terminal, broken at 80 columns.
[[nodiscard]] std::string complaint(std::string_view who, std::string_view what,
                                    std::string_view cause, std::string_view help, Style style);

/// How far a comparison is, on stderr: a line and a table that are redrawn, or a line a cell.
class Progress {
public:
    Progress(const lab::Plan& plan, Style style);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void begins(const lab::PlannedCell& cell);
    void ended(const lab::Cell& cell);

private:
    void draw(const std::string& text);
    void erase();

    const lab::Plan& plan_;
    Style style_;
    std::size_t begun_ = 0;
    Eta eta_;
    SoFar so_far_;
    Redraws redraws_;
    std::string unsaid_;  ///< of cells that failed; it comes above the next picture
    std::size_t drawn_lines_ = 0;
};

/// One line: what came of the cell of that number, of so many. At most 80 columns, but the reason of
/// a cell that failed is told whole.
[[nodiscard]] std::string cell_line(std::size_t number, std::size_t of, const lab::Cell& cell);

}  // namespace report
