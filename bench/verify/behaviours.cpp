#include "bench/verify/behaviours.hpp"

#include "bench/verify/rows/rows.hpp"

namespace verify {
namespace {

std::vector<Row> all_rows() {
    std::vector<Row> table;
    const auto add = [&](Group group, std::span<const Behaviour> rows) {
        for (const Behaviour& row : rows) table.push_back({group, &row});
    };
    add(Group::delivery, rows::delivery());
    add(Group::responses, rows::responses());
    add(Group::persistence, rows::persistence());
    add(Group::request_line, rows::request_line());
    add(Group::methods, rows::methods());
    add(Group::host, rows::host());
    add(Group::fields, rows::fields());
    add(Group::lengths, rows::lengths());
    add(Group::codings, rows::codings());
    add(Group::chunks, rows::chunks());
    add(Group::limits, rows::limits());
    add(Group::garbage, rows::garbage());
    add(Group::rude_clients, rows::rude_clients());
    add(Group::slow_clients, rows::slow_clients());
    add(Group::scarcity, rows::scarcity());
    add(Group::signals, rows::signals());
    add(Group::start_and_stop, rows::start_and_stop());
    add(Group::static_files, rows::static_files());
    add(Group::lab, rows::lab());
    add(Group::economy, rows::economy());
    return table;
}

}  // namespace

std::string_view never(const lab::Traits&) {
    return {};
}

std::string_view one_at_a_time(const lab::Traits& traits) {
    return traits.one_at_a_time ? "it serves one client at a time, by design" : "";
}

std::string_view few_at_once(const lab::Traits& traits) {
    if (traits.one_at_a_time) return one_at_a_time(traits);
    return traits.one_a_worker ? "it serves as many clients as it has workers, by design" : "";
}

std::string_view no_common_wait(const lab::Traits& traits) {
    if (traits.one_at_a_time) return one_at_a_time(traits);
    return traits.kind == "workers" ? "each of its workers waits for one client, by design" : "";
}

std::string_view own_descriptors(const lab::Traits& traits) {
    return traits.forks_a_client()
               ? "every client has a process with descriptors of its own, by design"
               : "";
}

std::string_view woken_in_vain(const lab::Traits& traits) {
    return traits.has_loops() && traits.processes
               ? "a client wakes several of its processes, one of which takes it, by design"
               : "";
}

std::string_view hands_over(const lab::Traits& traits) {
    return traits.hands_over ? "it hands what has come in on to another worker, by design" : "";
}

std::string_view one_a_signal(const lab::Traits& traits) {
    return traits.kind == "signals"
               ? "it takes a signal for each event, and has to ask for them, by design"
               : "";
}

std::string_view never_sleeps(const lab::Traits& traits) {
    return traits.never_sleeps ? "it never sleeps, by design" : "";
}

std::string_view walled(const lab::Traits& traits) {
    return traits.descriptor_wall ? "it has a wall at that number, by design" : "";
}

std::string_view several_at_once(const lab::Traits& traits) {
    return traits.one_at_a_time ? "" : "it serves several clients at once, by design";
}

std::string_view no_wall(const lab::Traits& traits) {
    return traits.descriptor_wall ? "" : "it has no such wall";
}

std::span<const Row> behaviours() {
    static const std::vector<Row> table = all_rows();
    return table;
}

}  // namespace verify
