#include "bench/analysis/binomial.hpp"

#include <cmath>

namespace analysis {
namespace {

double log_of_choices(double trials, double hits) {
    return std::lgamma(trials + 1) - std::lgamma(hits + 1) - std::lgamma(trials - hits + 1);
}

// The probability of at most so many hits.
double at_most(std::uint64_t hits, std::uint64_t trials, double probability) {
    const auto all = static_cast<double>(trials);
    double sum = 0;
    for (std::uint64_t each = 0; each <= hits; ++each) {
        const auto count = static_cast<double>(each);
        sum += std::exp(log_of_choices(all, count) + count * std::log(probability) +
                        (all - count) * std::log1p(-probability));
    }
    return sum;
}

// Where at most so many hits are just so likely: a falling function of the probability,
// halved until a double cannot tell further.
double probability_where(std::uint64_t hits, std::uint64_t trials, double wanted) {
    double low = 0;
    double high = 1;
    for (int step = 0; step < 60; ++step) {
        const double middle = (low + high) / 2;
        (at_most(hits, trials, middle) > wanted ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

Interval binomial_interval(std::uint64_t hits, std::uint64_t trials, double wanted) {
    const double outside = (1 - wanted) / 2;
    Interval interval{.low = 0, .high = 1, .coverage = wanted};
    if (hits > 0) interval.low = probability_where(hits - 1, trials, 1 - outside);
    if (hits < trials) interval.high = probability_where(hits, trials, outside);
    return interval;
}

}  // namespace analysis
