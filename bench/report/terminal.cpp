#include "bench/report/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "bench/analysis/statistics.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/view.hpp"
#include "bench/tell.hpp"

namespace report {
namespace {

constexpr std::size_t width = 80;

// A figure in so many columns: what is too long for them is told in thousands or millions.
std::string fitted(double value, std::size_t columns) {
    std::string text = figure(value);
    if (text.size() > columns) text = fmt::format("{:.0f}k", value / 1e3);
    return text.size() > columns ? fmt::format("{:.0f}M", value / 1e6) : text;
}

std::string median_text(const Line& line, std::string_view metric, std::size_t columns) {
    const lab::SummaryRow* row = row_of(line, metric);
    return row == nullptr ? "-" : fitted(*row->median, columns);
}

std::string spread_text(const Line& line, std::string_view metric) {
    const lab::SummaryRow* row = row_of(line, metric);
    if (row == nullptr) return "";
    const std::string text = fmt::format("{}..{}", figure(*row->least), figure(*row->most));
    return text.size() <= 13 ? text
                             : fmt::format("{}..{}", fitted(*row->least, 5), fitted(*row->most, 5));
}

// With hundredths where there is room for them.
std::string narrow_text(double value, std::size_t columns) {
    return value < 100 ? fmt::format("{:.2f}", value) : fitted(value, columns);
}

std::string calls_text(const Line& line) {
    const lab::SummaryRow* row = row_of(line, "system_calls_per_request");
    return row == nullptr ? "-" : narrow_text(*row->median, 6);
}

// A sign for each verdict, explained below the table.
const char* sign_of(const lab::SummaryRow& row) {
    if (!row.verdict) return " ";
    switch (*row.verdict) {
        case lab::Verdict::better: return "+";
        case lab::Verdict::worse: return "-";
        case lab::Verdict::no_detectable_difference: return "=";
        case lab::Verdict::too_few_rounds: return "?";
    }
    return " ";
}

std::string ratio_text(const Line& line) {
    const lab::SummaryRow* row = row_of(line, "cpu_us_per_request");
    if (row == nullptr || !row->ratio) return "-  ";
    return fmt::format("{} {}", narrow_text(*row->ratio, 5), sign_of(*row));
}

std::string painted(std::string text, const char* code, Style style) {
    return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string table_line(const Line& line, Style style) {
    std::string text = fmt::format(
        "{:<12} {:>7} {:>13} {:>7} {:>6} {:>7} {:>7}{} {:>5} {:>6}\n", shortened(line.model, 12),
        median_text(line, "cpu_us_per_request", 7), spread_text(line, "cpu_us_per_request"),
        ratio_text(line), calls_text(line), median_text(line, "wakeups_per_request", 7),
        median_text(line, "throughput_per_s", 7), line.load_was_the_limit ? "*" : " ",
        median_text(line, "response_p50_us", 5), median_text(line, "response_p99_us", 6));
    const lab::SummaryRow* row = row_of(line, "cpu_us_per_request");
    if (row == nullptr || !row->verdict) return text;
    if (*row->verdict == lab::Verdict::better) return painted(text, "32", style);
    return *row->verdict == lab::Verdict::worse ? painted(text, "33", style) : text;
}

std::string memory_sentence(const Table& table) {
    std::string text;
    for (const Line& line : table.lines) {
        const lab::SummaryRow* row = row_of(line, "peak_memory_kib");
        if (row == nullptr) continue;
        text += fmt::format("{}{} {}", text.empty() ? "Peak memory, MiB: " : ", ", line.model,
                            figure(*row->median / 1024));
    }
    return text.empty() ? "" : wrapped(text + ".", width, "");
}

std::string table_text(const Table& table, Style style) {
    std::string text = painted(table.workload->id, "1", style) + "\n";
    if (table.workload->title != table.workload->name) {
        text += wrapped(table.workload->title + ".", width, "");
    }
    if (!table.lines.empty()) {
        text += fmt::format("{:<12} {:^21} {:>7} {:>6} {:>7} {:>7}  {:>12}\n", "",
                            "server CPU, us/request", "ratio", "calls", "wake-up", "replies",
                            "response, us");
        text += fmt::format("{:<12} {:>7} {:>13} {:>7} {:>6} {:>7} {:>7}  {:>5} {:>6}\n", "model",
                            "median", "least..most", "to base", "/req", "/req", "/s", "p50", "p99");
    }
    for (const Line& line : table.lines) text += table_line(line, style);
    text += memory_sentence(table);
    for (const Note& note : table.notes)
        text += wrapped(fmt::format("{}: {}", note.model, note.text), width, "  ");
    return text + "\n";
}

bool any_limited(const std::vector<Table>& tables) {
    for (const Table& table : tables) {
        for (const Line& line : table.lines) {
            if (line.load_was_the_limit) return true;
        }
    }
    return false;
}

std::string legend(const std::vector<Table>& tables) {
    std::string base;
    for (const Table& table : tables) {
        if (!table.baseline.empty() && base.find(table.baseline) == base.npos) {
            base += (base.empty() ? "" : ", ") + table.baseline;
        }
    }
    if (base.empty()) return "";
    std::string text = wrapped(
        fmt::format(
            "Ratio: CPU a request against {}, median over rounds. Beside it: + better, - worse, = "
            "no "
            "detectable difference, ? too few rounds to tell (exact signed-rank test, Holm, 5 %). "
            "The report has each ratio's interval and its coverage.",
            base),
        width, "");
    if (any_limited(tables)) {
        text += wrapped(
            "* The clients set the pace: these replies a second and times rank nothing, and "
            "such rounds get no verdict.",
            width, "");
    }
    return text;
}

}  // namespace

Style style_of(int descriptor) {
    const bool terminal = ::isatty(descriptor) == 1;
    const char* type = std::getenv("TERM");
    const bool dumb = type == nullptr || std::string_view{type} == "dumb";
    const char* no_colour = std::getenv("NO_COLOR");
    const bool plain = no_colour != nullptr && *no_colour != '\0';
    return {.redraw = terminal && !dumb, .colour = terminal && !dumb && !plain};
}

std::string terminal_tables(const lab::Result& result, Style style) {
    const std::vector<Table> tables = tables_of(result);
    std::string text;
    for (const Table& table : tables) text += table_text(table, style);
    text += legend(tables);
    const std::string arguments = arguments_sentence(result);
    if (!arguments.empty()) text += wrapped(arguments, width, "");
    const std::string drift = drift_sentence(result);
    if (!drift.empty()) text += wrapped(drift, width, "");
    for (const std::string& paragraph : diagnosis_paragraphs(result))
        text += wrapped("Diagnosis: " + paragraph, width, "");
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{})) {
        text += wrapped(threshold_sentence(outcome), width, "");
    }
    for (const std::string& warning : result.warnings)
        text += wrapped("Warning: " + warning, width, "");
    if (result.replication) text += then_and_now(*result.replication);
    if (!result.signature) return text;
    for (const lab::CheckOutcome& check : result.signature->checks)
        text += wrapped(check_sentence(check), width, "");
    return text + fmt::format("Signature: {}\n", name_of(result.signature->sighting));
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string{text};
    std::size_t end = most - 2;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    return fmt::format("{}..", text.substr(0, end));
}

std::string cell_line(std::size_t number, std::size_t of, const lab::Cell& cell) {
    const std::string where = fmt::format("[{}/{}] round {}: ", number, of, cell.round);
    if (cell.status != lab::Status::measured) {
        const std::string line = fmt::format("{}{}, {}: {}: {}", where, cell.model, cell.workload,
                                             name_of(cell.status), cell.reason);
        // The same every round, and told whole below the table.
        return cell.status == lab::Status::not_applicable ? shortened(line, width) : line;
    }
    std::string cpu = "?";
    if (cell.server && cell.server->cpu_us_per_request)
        cpu = figure(*cell.server->cpu_us_per_request);
    const std::string what =
        fmt::format(": {} us CPU, {}/s", cpu, figure(cell.throughput_per_s.value_or(0)));
    // What is left belongs to both names, and more than its half to one where the other is short.
    const std::size_t room = width - std::min(width - 8, where.size() + what.size() + 2);
    const std::size_t other = std::min(cell.workload.size(), room / 2);
    const std::string model = brief(cell.model, room - other);
    return fmt::format("{}{}, {}{}", where, model, brief(cell.workload, room - model.size()), what);
}

std::string complaint(std::string_view who, std::string_view what, std::string_view cause,
                      std::string_view help, Style style) {
    const std::array<std::pair<std::string, std::string_view>, 3> lines{
        {{fmt::format("{}: ", who), what},
         {"  likely cause: ", cause},
         {"  what helps:   ", help}}};
    std::string text;
    for (const auto& [label, said] : lines) {
        text += style.redraw ? labelled(label, said, width) : fmt::format("{}{}\n", label, said);
    }
    return text;
}

namespace {

constexpr std::size_t name_columns = 14;
constexpr std::size_t room_columns = width - 1 - name_columns;
constexpr std::size_t least_columns = 11;  // of a workload
constexpr std::size_t most_columns = 21;

// Of `count` things those that a window of `most` shows when it has to show one.
std::pair<std::size_t, std::size_t> window(std::size_t count, std::size_t most, std::size_t shown) {
    const std::size_t first = shown / most * most;
    return {first, std::min(count, first + most)};
}

std::string live_cell(const SoFar& so_far, const std::string& model, const std::string& workload) {
    const auto found = so_far.find({model, workload});
    if (found == so_far.end() || found->second.empty()) return "-";
    return figure(analysis::median(found->second));
}

struct Room {
    std::size_t lines = 24;
    std::size_t columns = width;
};

// How large a terminal is, as far as it says so.
Room room_of_terminal() {
    Room room;
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return room;
    if (size.ws_row > 0) room.lines = size.ws_row;
    if (size.ws_col > 0) room.columns = size.ws_col;
    return room;
}

}  // namespace

std::string live_table(const lab::Plan& plan, const SoFar& so_far,
                       const lab::PlannedCell& under_way, std::size_t most_lines) {
    constexpr std::size_t heads = 3;
    if (most_lines <= heads || plan.models.empty()) return "";
    const auto [first, last] =
        window(plan.workloads.size(), room_columns / least_columns, under_way.workload);
    const auto [top, bottom] = window(plan.models.size(), most_lines - heads, under_way.model);
    const std::size_t columns =
        std::clamp(room_columns / (last - first), least_columns, most_columns);
    // "mostly-idle idle=100" stands in two lines.
    std::string names(name_columns, ' ');
    std::string points(name_columns, ' ');
    for (std::size_t at = first; at < last; ++at) {
        const std::string& id = plan.workloads[at].id;
        const std::size_t space = std::min(id.find(' '), id.size());
        names += fmt::format(" {:>{}}", brief(id.substr(0, space), columns - 1), columns - 1);
        points += fmt::format(
            " {:>{}}", brief(id.substr(std::min(space + 1, id.size())), columns - 1), columns - 1);
    }
    std::string text = "Server CPU, us a request, median so far; > is under way\n" + names + "\n";
    if (points.find_first_not_of(' ') != points.npos) text += points + "\n";
    for (std::size_t model = top; model < bottom; ++model) {
        const std::string& name = plan.models[model].name;
        text += fmt::format("{:<{}}", brief(name, name_columns - 1), name_columns);
        for (std::size_t at = first; at < last; ++at) {
            const bool now = model == under_way.model && at == under_way.workload;
            text += fmt::format("{}{:>{}}", now ? '>' : ' ',
                                live_cell(so_far, name, plan.workloads[at].id), columns - 1);
        }
        text += "\n";
    }
    return text;
}

bool Redraws::may_be(Time now) {
    constexpr std::size_t most = 4;
    while (!last_.empty() && now - last_.front() >= std::chrono::seconds{1}) last_.pop_front();
    if (last_.size() == most) return false;
    last_.push_back(now);
    return true;
}

Progress::Progress(const lab::Plan& plan, Style style)
    : plan_{plan}, style_{style}, eta_{plan, std::chrono::steady_clock::now()} {}

Progress::~Progress() {
    erase();
    bench::tell("{}", unsaid_);
}

void Progress::begins(const lab::PlannedCell& cell) {
    const std::size_t in_round = plan_.models.size() * plan_.workloads.size();
    const std::size_t round = begun_ / in_round + 1;
    ++begun_;
    const auto now = std::chrono::steady_clock::now();
    eta_.begins(now);
    if (!cell.reason.empty()) return;  // over at once: nobody would see the one that follows
    if (!style_.redraw || !redraws_.may_be(now)) return;
    const std::string line =
        fmt::format("[{}/{}] round {} of {}, {} left: {}, {}", begun_, plan_.cells(), round,
                    plan_.rounds.size(), duration(eta_.left_s()), plan_.models[cell.model].name,
                    plan_.workloads[cell.workload].id);
    constexpr std::size_t kept = 4;  // what was said before, and the cursor's line
    const Room room = room_of_terminal();
    // A line that is broken would be two, and the next picture would not cover it.
    const std::string table =
        room.columns < width
            ? ""
            : live_table(plan_, so_far_, cell, room.lines - std::min(room.lines, kept));
    constexpr std::size_t least = 20;
    draw(table + shortened(line, std::clamp(room.columns, least, width) - 1));
}

void Progress::ended(const lab::Cell& cell) {
    eta_.ended(cell, std::chrono::steady_clock::now());
    const bool measured = cell.status == lab::Status::measured;
    if (measured && cell.server && cell.server->cpu_us_per_request)
        so_far_[{cell.model, cell.workload}].push_back(*cell.server->cpu_us_per_request);
    const bool expected = measured || cell.status == lab::Status::not_applicable;
    if (style_.redraw && expected) return;
    const std::string line = cell_line(begun_, plan_.cells(), cell);
    if (style_.redraw)
        unsaid_ += wrapped(line, width, "");
    else
        bench::tell("{}\n", line);
}

// All at one blow, over what stands there: a picture that is erased first would flicker.
void Progress::draw(const std::string& text) {
    if (!unsaid_.empty()) {
        erase();
        bench::tell("{}", std::exchange(unsaid_, ""));
    }
    const auto lines = lab::split(text, '\n');
    if (drawn_lines_ != lines.size()) erase();
    std::string screen = drawn_lines_ > 1 ? fmt::format("\x1b[{}A", drawn_lines_ - 1) : "";
    for (std::size_t at = 0; at < lines.size(); ++at)
        screen += fmt::format("{}\r\x1b[2K{}", at == 0 ? "" : "\n", lines[at]);
    bench::tell("{}", screen);
    std::fflush(stderr);
    drawn_lines_ = lines.size();
}

void Progress::erase() {
    if (drawn_lines_ == 0) return;
    std::string screen = "\r\x1b[2K";
    for (std::size_t line = 1; line < drawn_lines_; ++line) screen += "\x1b[A\x1b[2K";
    bench::tell("{}", screen);
    std::fflush(stderr);
    drawn_lines_ = 0;
}

}  // namespace report
