#include "bench/report/answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/difference.hpp"
#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/lab/warnings.hpp"
#include "bench/report/document.hpp"
#include "bench/report/plots.hpp"

namespace report {
namespace {

using Row = lab::SummaryRow;

// Rows of the primary metric that are compared with another model.
std::vector<const Row*> compared(const lab::Result& result) {
    std::vector<const Row*> rows;
    for (const Row& row : result.summary) {
        if (row.metric == analysis::primary_metric && row.ratio && row.model != row.baseline)
            rows.push_back(&row);
    }
    return rows;
}

bool differs(lab::Verdict verdict) {
    return verdict == lab::Verdict::better || verdict == lab::Verdict::worse;
}

// ## One result

std::string largest_difference(const std::vector<const Row*>& rows) {
    const Row* largest = nullptr;
    const auto size = [](const Row& row) { return std::abs(std::log(*row.ratio)); };
    for (const Row* row : rows) {
        if (!row->verdict || !differs(*row->verdict) || *row->ratio <= 0) continue;
        if (largest == nullptr || size(*row) > size(*largest)) largest = row;
    }
    if (largest == nullptr)
        return "No difference in CPU a request between any model and its baseline could be shown.";
    const auto& interval = largest->ratio_interval_95;
    return fmt::format(
        "On {}, {} needs {} for a request{}: the largest difference that the rounds bear out.",
        brief(largest->workload), brief(largest->model),
        ratio_words(*largest->ratio, brief(largest->baseline)),
        interval ? fmt::format(" (a ratio of {:.2f} to {:.2f}, with at least 95 %)", interval->low,
                               interval->high)
                 : "");
}

// "4 cost more", one for each kind of verdict that there is.
std::string verdict_counts(const std::map<std::string_view, std::size_t>& counts) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> words{
        {{"worse", "{} cost more"},
         {"better", "{} less"},
         {"no detectable difference", "{} without a detectable difference"},
         {"too few rounds", "{} with too few rounds to tell"},
         {"", "{} not judged, since the clients set the pace"}}};
    std::vector<std::string> parts;
    for (const auto& [verdict, form] : words) {
        const auto found = counts.find(verdict);
        if (found != counts.end()) parts.push_back(fmt::format(fmt::runtime(form), found->second));
    }
    return listed(parts, words.size());
}

std::string all_comparisons(const std::vector<const Row*>& rows) {
    std::map<std::string_view, std::size_t> counts;
    for (const Row* row : rows) ++counts[row->verdict ? name_of(*row->verdict) : ""];
    return fmt::format("Of {} of a model with its baseline, {}.",
                       counted(rows.size(), "comparison"), verdict_counts(counts));
}

std::string only_model(const lab::Result& result) {
    for (const Row& row : result.summary) {
        if (row.metric != analysis::primary_metric || !row.median) continue;
        return fmt::format("On {}, a request costs {} {} µs of CPU.", brief(row.workload),
                           brief(row.model), figure(*row.median));
    }
    return "Nothing could be measured.";
}

std::string signature_answer(const lab::SignatureOutcome& signature) {
    const auto of_kind = [&](const lab::CheckOutcome& check) {
        return check.sighting == signature.sighting;
    };
    const auto telling = std::find_if(signature.checks.begin(), signature.checks.end(), of_kind);
    return fmt::format("What the experiment looks for was {}{}.",
                       signature.sighting == lab::Sighting::inconclusive
                           ? "neither found nor missing"
                           : name_of(signature.sighting),
                       telling == signature.checks.end() ? "" : ": " + brief(telling->says, 300));
}

// ## The caveat

std::size_t count_of(const lab::Result& result, lab::Status status) {
    return static_cast<std::size_t>(
        std::count_if(result.cells.begin(), result.cells.end(),
                      [status](const lab::Cell& cell) { return cell.status == status; }));
}

std::size_t limited_cells(const lab::Result& result) {
    return static_cast<std::size_t>(
        std::count_if(result.cells.begin(), result.cells.end(), [](const lab::Cell& cell) {
            return cell.load && cell.load->was_the_limit.value_or(false);
        }));
}

std::string cut_short(const lab::Result& result) {
    if (result.run.complete) return "";
    return "the run was ended before its last cell, so that not all stood the same rounds";
}

std::string spoilt_cells(const lab::Result& result) {
    const std::size_t wrong = count_of(result, lab::Status::wrong_answer);
    if (wrong > 0)
        return fmt::format("{} had a wrong answer, and so no figures", counted(wrong, "cell"));
    const std::size_t failed = count_of(result, lab::Status::failed);
    if (failed > 0) return fmt::format("{} failed, and have no figures", counted(failed, "cell"));
    return "";
}

// What warnings are about.
enum class Scope { all_figures, whole_run, one_model };

Scope scope_of(const std::string& warning, const lab::Result& result) {
    for (const std::string_view grave :
         {lab::warning::another_comparison, lab::warning::waited_for_cpu, lab::warning::one_cpu,
          lab::warning::one_core, lab::warning::debug_build, lab::warning::sanitizers}) {
        if (warning.find(grave) != warning.npos) return Scope::all_figures;
    }
    const auto named = [&](const lab::Model& model) {
        return warning.starts_with(model.name + ": ");
    };
    const bool of_one = std::any_of(result.models.begin(), result.models.end(), named);
    return of_one ? Scope::one_model : Scope::whole_run;
}

std::string first_warning(const lab::Result& result, Scope scope) {
    for (const std::string& warning : result.warnings) {
        if (scope_of(warning, result) == scope) return brief(warning, 300);
    }
    return "";
}

std::string few_rounds(const lab::Result& result) {
    const auto rows = compared(result);
    const auto too_few = std::count_if(rows.begin(), rows.end(), [](const Row* row) {
        return row->verdict == lab::Verdict::too_few_rounds;
    });
    if (2 * static_cast<std::size_t>(too_few) <= rows.size() || too_few == 0) return "";
    return "there are too few rounds for most verdicts; --rounds makes more";
}

// Each once, in the order in which they come first.
std::vector<std::string> each_once(const std::vector<lab::Diagnosis>& diagnoses,
                                   std::string lab::Diagnosis::*what) {
    std::vector<std::string> found;
    for (const lab::Diagnosis& diagnosis : diagnoses) {
        std::string text = brief(diagnosis.*what);
        if (std::find(found.begin(), found.end(), text) == found.end())
            found.push_back(std::move(text));
    }
    return found;
}

// "of slow on breaking"; of several models none is named, of many workloads their number is.
std::string whose(const std::vector<lab::Diagnosis>& diagnoses) {
    constexpr std::size_t most_named = 3;
    const auto models = each_once(diagnoses, &lab::Diagnosis::model);
    const auto workloads = each_once(diagnoses, &lab::Diagnosis::workload);
    const bool of_one = models.size() == 1 && !models.front().empty();
    return fmt::format(
        "{}on {}", of_one ? fmt::format("of {} ", models.front()) : "",
        workloads.size() > most_named ? counted(workloads.size(), "workload") : listed(workloads));
}

std::string artefacts(const lab::Result& result) {
    const auto found = result.diagnoses.value_or(std::vector<lab::Diagnosis>{});
    if (found.empty()) return "";
    std::vector<std::string> names = each_once(found, &lab::Diagnosis::artefact);
    for (std::string& name : names) std::replace(name.begin(), name.end(), '_', ' ');
    return fmt::format(
        "some figures {} are {} that no model has made ({}); the conditions tell of {}",
        whose(found), names.size() == 1 ? "an artefact" : "artefacts", listed(names),
        names.size() == 1 ? "it" : "them");
}

std::string disturbances(const lab::Result& result) {
    const std::size_t limited = limited_cells(result);
    if (limited > 0) {
        return fmt::format("in {} of {} cells the clients, not the server, set the pace", limited,
                           count_of(result, lab::Status::measured));
    }
    if (std::any_of(result.drift.begin(), result.drift.end(), analysis::noticeable))
        return "the machine itself became slower or faster meanwhile, so look at ratios, not at "
               "microseconds";
    return "";
}

struct Caveat {
    std::size_t rank = 0;  // the lower, the more it weighs
    std::string text;
};

// From this rank on, a caveat concerns a part of the figures, or bounds what they say.
constexpr std::size_t of_a_part = 2;

// In the order in which they weigh: what spoils all figures, what spoils some, what makes them
// another's, what makes them weak, what bounds them.
Caveat caveat_of(const lab::Result& result) {
    const std::array texts{cut_short(result),
                           first_warning(result, Scope::all_figures),
                           spoilt_cells(result),
                           few_rounds(result),
                           artefacts(result),
                           disturbances(result),
                           first_warning(result, Scope::whole_run),
                           first_warning(result, Scope::one_model),
                           std::string{result.machine.virtualised.empty()
                                           ? ""
                                           : "this was measured in a virtual machine, whose "
                                             "neighbours nobody knows"}};
    for (std::size_t rank = 0; rank < texts.size(); ++rank) {
        if (!texts[rank].empty()) return {rank, texts[rank]};
    }
    return {texts.size(),
            "this is one machine and its loopback; on another the ratios may be others"};
}

// `owner` is empty, or begins with a comma: ", of A".
std::string as_caveat(const std::string& text, std::string_view owner = "") {
    return fmt::format("The caveat that weighs most{}: {}.", owner, text);
}

// ## Two results

std::string changed_most(const std::vector<analysis::DifferenceRow>& rows) {
    const analysis::DifferenceRow* most = nullptr;
    const auto size = [](const auto& row) { return std::abs(std::log(row.ratio)); };
    for (const auto& row : rows) {
        if (!differs(row.verdict) || row.ratio <= 0) continue;
        if (most == nullptr || size(row) > size(*most)) most = &row;
    }
    if (most == nullptr) return "From A to B, no change in CPU a request could be shown.";
    return fmt::format(
        "In B, {} on {} needs {} for a request: the largest change that the rounds bear out.",
        brief(most->model), brief(most->workload), ratio_words(most->ratio, "in A"));
}

std::string all_changes(const std::vector<analysis::DifferenceRow>& rows) {
    if (rows.empty()) return "Nothing was measured in both.";
    std::map<std::string_view, std::size_t> counts;
    for (const auto& row : rows) ++counts[name_of(row.verdict)];
    return fmt::format("Of {} of a model with itself, {}.", counted(rows.size(), "comparison"),
                       verdict_counts(counts));
}

// The weightier one of both, and whose it is.
std::string caveat_of_either(const Caveat& of_base, const Caveat& of_fresh) {
    if (of_base.rank < of_fresh.rank) return as_caveat(of_base.text, ", of A");
    if (of_base.rank > of_fresh.rank) return as_caveat(of_fresh.text, ", of B");
    if (of_base.text == of_fresh.text) return as_caveat(of_base.text, ", of A and B");
    return as_caveat(of_fresh.text, ", of B (and A has one that weighs as much)");
}

std::string caveat_of_two(const lab::Result& base, const lab::Result& fresh,
                          const std::vector<analysis::DifferenceRow>& rows) {
    const auto unlike = analysis::unlike(base, fresh);
    if (!unlike.empty()) {
        std::vector<std::string> names;
        names.reserve(unlike.size());
        for (const auto& each : unlike) names.push_back(brief(each.what));
        return as_caveat(fmt::format(
            "the two are not alike ({}), and what differs may come of that", listed(names)));
    }
    const Caveat of_base = caveat_of(base);
    const Caveat of_fresh = caveat_of(fresh);
    const bool spoilt = std::min(of_base.rank, of_fresh.rank) < of_a_part;
    if (!spoilt && analysis::moved_together(rows))
        return as_caveat(
            "all models changed in the same way, so that it may be the machine that did");
    return caveat_of_either(of_base, of_fresh);
}

}  // namespace

std::array<std::string, 3> answer(const Scene& scene) {
    const lab::Result& result = *scene.shown().front().result;
    if (scene.has_two()) {
        const lab::Result& fresh = *scene.shown().back().result;
        const auto rows = analysis::difference(result, fresh);
        return {changed_most(rows), all_changes(rows), caveat_of_two(result, fresh, rows)};
    }
    const auto rows = compared(result);
    const std::string second =
        rows.empty() ? "No two models were measured on one workload, so that there is no verdict."
                     : all_comparisons(rows);
    const std::string caveat = as_caveat(caveat_of(result).text);
    if (result.signature) return {signature_answer(*result.signature), second, caveat};
    return {rows.empty() ? only_model(result) : largest_difference(rows), second, caveat};
}

}  // namespace report
