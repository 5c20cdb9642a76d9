#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "bench/lab/result.hpp"
#include "bench/report/sources.hpp"

namespace report {

/// The texts of bench/report/page, as they were when this was built.
struct PageParts {
    std::string_view html, css, js;
};
[[nodiscard]] const PageParts& page_parts();

/// A report is never larger: what does not fit is left out, and counted in its doubts.
inline constexpr std::size_t most_report_bytes = 1'500'000;

/// Why a report has no charts, and what helps, in a line.
[[nodiscard]] std::string no_charts_sentence();

/// Chart.js, version 3, where the distribution keeps it; empty where it is not installed. It is
/// looked for when a report is written, so that it is the distribution's business to renew it.
[[nodiscard]] std::string installed_chart_library();

/// A report of one result, or of two laid over each other, as one file of HTML that opens from
/// disk and fetches nothing. The same results and sources make the same bytes.
///
/// range   one result or two; their strings may be anyone's: nothing in them is ever run. What
///         `analysis` derives from cells is as they say: whoever read them has renewed it.
/// result  UTF-8. Without `chart_library`, or where it could not stand in a page, there are tables
///         and no charts, and a line that says what is missing.
///
/// sources  to which the cards of these models link; none, where nobody knows where it will stand
[[nodiscard]] std::string html(std::span<const lab::Result> results, std::string_view chart_library,
                               const Sources& sources = {});

}  // namespace report
