#include "bench/analysis/signature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "bench/analysis/figure.hpp"
#include "bench/analysis/statistics.hpp"

namespace analysis {
namespace {

using lab::Cell;
using lab::Check;
using lab::CheckOutcome;
using lab::Result;
using lab::Sighting;
using lab::Workload;
using Number = std::optional<double>;

// A point of an axis, and the workload there.
struct Stop {
    double at = 0;
    const Workload* workload = nullptr;
};

bool stands_at(const Workload& workload, const std::vector<std::pair<std::string, double>>& at) {
    return std::all_of(at.begin(), at.end(), [&](const auto& point) {
        return std::find(workload.point.begin(), workload.point.end(), point) !=
               workload.point.end();
    });
}

double place_on(const Workload& workload, const std::string& axis) {
    for (const auto& [name, value] : workload.point) {
        if (name == axis) return value;
    }
    return 0;
}

// The workloads that a check looks at, along its axis if it has one.
std::vector<Stop> stops_of(const Check& check, const Result& result) {
    std::vector<Stop> stops;
    for (const Workload& workload : result.workloads) {
        if (workload.name != check.workload || !stands_at(workload, check.at)) continue;
        const double at = place_on(workload, check.axis);
        const bool on_axis = !check.axis.empty();
        if (on_axis && (at < check.from.value_or(at) || at > check.to.value_or(at))) continue;
        stops.push_back({at, &workload});
    }
    std::sort(stops.begin(), stops.end(), [](const Stop& a, const Stop& b) { return a.at < b.at; });
    return stops;
}

/// What one round has to say to a check.
class Round {
public:
    Round(const Result& result, const Check& check, const std::vector<Stop>& stops, int number)
        : result_{result}, check_{check}, stops_{stops}, number_{number} {}

    [[nodiscard]] Number number() const {
        if (stops_.empty()) return std::nullopt;
        switch (check_.kind) {
            case Check::Kind::value: return of(check_.model, stops_.front());
            case Check::Kind::ratio: return ratio(stops_.front());
            case Check::Kind::slope: return slope();
            case Check::Kind::crossing: return crossing();
            case Check::Kind::share: return share(stops_.front());
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] const Cell* cell(const std::string& model, const Stop& stop) const {
        for (const Cell& cell : result_.cells) {
            if (cell.round == number_ && cell.model == model &&
                cell.workload == stop.workload->id && cell.status == lab::Status::measured)
                return &cell;
        }
        return nullptr;
    }

    [[nodiscard]] Number of(const std::string& model, const Stop& stop) const {
        const Cell* const found = cell(model, stop);
        return found == nullptr ? Number{} : figure(*found, check_.figure);
    }

    [[nodiscard]] Number ratio(const Stop& stop) const {
        const Number own = of(check_.model, stop);
        const Number other = of(check_.other, stop);
        if (!own || !other || *other <= 0) return std::nullopt;
        return *own / *other;
    }

    [[nodiscard]] Number share(const Stop& stop) const {
        const Cell* const found = cell(check_.model, stop);
        if (found == nullptr) return std::nullopt;
        const auto& times = *clock_named(*found, check_.figure);
        if (!times) return std::nullopt;
        return share_between(*times, check_.from.value_or(0), check_.to.value_or(0));
    }

    [[nodiscard]] Number slope() const {
        std::vector<std::pair<double, double>> points;
        for (const Stop& stop : stops_) {
            if (const Number value = of(check_.model, stop)) points.emplace_back(stop.at, *value);
        }
        return power(points);
    }

    // Between the last stop where the ratio is at most 1 and the next, on the straight line between
    // the ratios; the first stop if the ratio is above 1 from the beginning, beyond the last if it
    // never is.
    // From where on it is above 1: a single point may be by chance, and equal servers have some.
    // Where a point is missing nobody knows whether it was.
    [[nodiscard]] Number crossing() const {
        std::optional<std::pair<double, double>> before;
        Number from;
        for (const Stop& stop : stops_) {
            const Number now = ratio(stop);
            if (!now) return std::nullopt;
            if (*now <= 1) {
                from.reset();
            } else if (!from && before) {
                const auto [at, ratio_before] = *before;
                from = at + (stop.at - at) * (1 - ratio_before) / (*now - ratio_before);
            } else if (!from) {
                from = stop.at;
            }
            before = {stop.at, *now};
        }
        return from.value_or(std::numeric_limits<double>::infinity());
    }

    const Result& result_;
    const Check& check_;
    const std::vector<Stop>& stops_;
    int number_;
};

int rounds_of(const Result& result) {
    int most = 0;
    for (const Cell& cell : result.cells) most = std::max(most, cell.round);
    return most;
}

std::string point_text(const Check& check) {
    std::string text = check.workload;
    for (const auto& [axis, value] : check.at) text += fmt::format(" {}={}", axis, value);
    return text;
}

std::string number_text(const Check& check) {
    const std::string where = point_text(check);
    switch (check.kind) {
        case Check::Kind::value:
            return fmt::format("{} of {} on {}", check.figure, check.model, where);
        case Check::Kind::ratio:
            return fmt::format("{} of {} over that of {} on {}", check.figure, check.model,
                               check.other, where);
        case Check::Kind::slope:
            return fmt::format("slope of {} of {} along {} on {}, both logarithmic", check.figure,
                               check.model, check.axis, where);
        case Check::Kind::crossing:
            return fmt::format("where {} of {} exceeds that of {} for good, along {} on {}",
                               check.figure, check.model, check.other, check.axis, where);
        case Check::Kind::share:
            return fmt::format("share of {} of {} from {} to {} us on {}", check.figure,
                               check.model, check.from.value_or(0), check.to.value_or(0), where);
    }
    return "";
}

bool at_a_stop(const Cell& cell, const std::vector<Stop>& stops) {
    return std::any_of(stops.begin(), stops.end(),
                       [&](const Stop& stop) { return stop.workload->id == cell.workload; });
}

// Why there is no number at all: what the first cell says that has none.
std::string why_none(const Check& check, const Result& result, const std::vector<Stop>& stops) {
    for (const std::string& name : {check.model, check.other}) {
        const auto has = [&](const lab::Model& model) { return model.name == name; };
        if (!name.empty() && std::none_of(result.models.begin(), result.models.end(), has))
            return fmt::format("{} took no part in this run", name);
    }
    for (const Cell& cell : result.cells) {
        const bool asked = cell.model == check.model || cell.model == check.other;
        if (asked && at_a_stop(cell, stops) && cell.status != lab::Status::measured &&
            !cell.reason.empty())
            return fmt::format("{}: {}", cell.model, cell.reason);
    }
    const auto measured = [&](const std::string& name) {
        return std::any_of(result.cells.begin(), result.cells.end(), [&](const Cell& cell) {
            return cell.model == name && cell.status == lab::Status::measured &&
                   at_a_stop(cell, stops);
        });
    };
    if (!measured(check.model)) return "it was not measured";
    if (check.other.empty())
        return fmt::format("{} of {} is 0, or not known", check.figure, check.model);
    if (!measured(check.other)) return fmt::format("{} was not measured", check.other);
    return fmt::format("no round has the ratio: {} of {} is 0, or one of them is not known",
                       check.figure, check.other);
}

Sighting judge(const Interval& interval, const Check& check) {
    const double least = check.least.value_or(-std::numeric_limits<double>::infinity());
    const double most = check.most.value_or(std::numeric_limits<double>::infinity());
    if (interval.low >= least && interval.high <= most) return Sighting::found;
    if (interval.high < least || interval.low > most) return Sighting::not_found;
    return Sighting::inconclusive;
}

Interval interval_of(const std::vector<double>& numbers) {
    if (const auto interval = median_interval(numbers)) return *interval;
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    return {.low = *low, .high = *high, .coverage = 0};
}

// Crossings that are at no point of the axis have no number that one could write down.
std::string beyond(const std::vector<double>& numbers) {
    const auto count = std::count_if(numbers.begin(), numbers.end(),
                                     [](double number) { return !std::isfinite(number); });
    return fmt::format("in {} of {} rounds it is beyond the last point", count, numbers.size());
}

CheckOutcome look_for_one(const Check& check, const Result& result) {
    CheckOutcome outcome{.says = check.says,
                         .number = number_text(check),
                         .sighting = Sighting::inconclusive,
                         .reason = {},
                         .rounds = 0,
                         .median = {},
                         .interval = {},
                         .least = check.least,
                         .most = check.most,
                         .published = check.published,
                         .seen = check.seen};
    const std::vector<Stop> stops = stops_of(check, result);
    std::vector<double> numbers;
    for (int round = 1; round <= rounds_of(result); ++round) {
        if (const Number number = Round{result, check, stops, round}.number())
            numbers.push_back(*number);
    }
    outcome.rounds = static_cast<int>(numbers.size());
    if (numbers.empty()) {
        outcome.reason = why_none(check, result, stops);
        return outcome;
    }
    const double middle = median(numbers);
    const Interval interval = interval_of(numbers);
    outcome.sighting = judge(interval, check);
    if (outcome.sighting == Sighting::inconclusive)
        outcome.reason = "the rounds lie on both sides of a bound";
    if (std::isfinite(middle)) outcome.median = middle;
    if (std::isfinite(interval.high))
        outcome.interval = interval;
    else
        outcome.reason = beyond(numbers);
    return outcome;
}

Sighting of_all(const std::vector<CheckOutcome>& checks) {
    const auto any = [&](Sighting sighting) {
        return std::any_of(checks.begin(), checks.end(),
                           [&](const CheckOutcome& check) { return check.sighting == sighting; });
    };
    if (any(Sighting::not_found)) return Sighting::not_found;
    return any(Sighting::inconclusive) ? Sighting::inconclusive : Sighting::found;
}

}  // namespace

lab::SignatureOutcome look_for(const std::vector<Check>& signature, const Result& result) {
    lab::SignatureOutcome outcome;
    for (const Check& check : signature) outcome.checks.push_back(look_for_one(check, result));
    outcome.sighting = of_all(outcome.checks);
    return outcome;
}

}  // namespace analysis
