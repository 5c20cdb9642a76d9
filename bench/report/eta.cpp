#include "bench/report/eta.hpp"

namespace report {
namespace {

double seconds(Eta::Time from, Eta::Time to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Eta::Eta(const lab::Plan& plan, Time started) : plan_{plan}, last_{started} {
    for (const auto& round : plan.rounds) cells_.insert(cells_.end(), round.begin(), round.end());
}

void Eta::begins(Time now) {
    const std::size_t in_round = plan_.rounds.empty() ? 0 : plan_.rounds.front().size();
    if (begun_ > 0 && in_round > 0 && begun_ % in_round == 0) {
        ++rounds_saved_;
        last_saving_s_ = seconds(last_, now);
    }
    ++begun_;
    last_ = now;
}

void Eta::ended(const lab::Cell& cell, Time now) {
    const lab::PlannedCell& planned = cells_.at(ended_++);
    const double took_s = seconds(last_, now);
    last_ = now;
    if (!planned.reason.empty()) return;
    planned_.add(plan_.expected_s(planned));
    taken_.add(took_s);
    by_cell_[{planned.model, planned.workload}].add(took_s);
    by_workload_[planned.workload].add(took_s);
    if (cell.status == lab::Status::failed && !cell.got_ready)
        not_ready_s_[planned.model] = took_s;
    else
        not_ready_s_.erase(planned.model);
}

double Eta::left_s() const {
    double sum_s = round_ends_s();
    for (std::size_t at = ended_; at < cells_.size(); ++at) sum_s += expected_s(cells_[at]);
    return sum_s;
}

double Eta::expected_s(const lab::PlannedCell& cell) const {
    if (!cell.reason.empty()) return 0;
    // We wait long for a server that does not get ready, twice, and then no more.
    const auto not_ready = not_ready_s_.find(cell.model);
    if (not_ready != not_ready_s_.end()) return not_ready->second;
    const auto same = by_cell_.find({cell.model, cell.workload});
    if (same != by_cell_.end()) return same->second.mean_s();
    const auto alike = by_workload_.find(cell.workload);
    if (alike != by_workload_.end()) return alike->second.mean_s();
    const double pace = planned_.sum_s > 0 ? taken_.sum_s / planned_.sum_s : 1;
    return plan_.expected_s(cell) * pace;
}

// What is computed and written at a round's end is of all rounds so far.
double Eta::round_ends_s() const {
    if (rounds_saved_ == 0) return 0;
    double sum_s = 0;
    for (std::size_t round = rounds_saved_ + 1; round <= plan_.rounds.size(); ++round)
        sum_s += last_saving_s_ * static_cast<double>(round) / static_cast<double>(rounds_saved_);
    return sum_s;
}

}  // namespace report
