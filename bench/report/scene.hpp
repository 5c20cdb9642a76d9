#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/lab/result.hpp"
#include "bench/report/view.hpp"

namespace report {

/// The results that a page shows, one or two, and what is looked up in them again and again.
/// Borrows from them.
class Scene {
public:
    using Cells = std::vector<const lab::Cell*>;

    struct Shown {
        const lab::Result* result = nullptr;
        std::string mark;  ///< "A" and "B" of two; empty for one
        std::vector<Table> tables;  ///< in the order of its workloads
        std::map<std::pair<std::string, std::string>, Cells> cells;  ///< by model and workload
    };

    explicit Scene(std::span<const lab::Result> results);

    [[nodiscard]] const std::vector<Shown>& shown() const noexcept { return shown_; }
    [[nodiscard]] bool has_two() const noexcept { return shown_.size() > 1; }

    /// Each once, in the order of the results.
    [[nodiscard]] const std::vector<const lab::Workload*>& workloads() const noexcept {
        return workloads_;
    }

    /// A model's place in the palette.
    [[nodiscard]] std::size_t place_of(const std::string& model) const;

    /// A system call's place in the palette: those come first that are the largest part of what
    /// some model calls; where two are as large, as the alphabet has them. `no_place`: what the
    /// kernel counted without a name, "other", and what is not there.
    static constexpr std::size_t no_place = std::numeric_limits<std::size_t>::max();
    [[nodiscard]] std::size_t place_of_call(const std::string& call) const;

    /// How a model is called in a legend: "poll", or of two results "A: poll".
    [[nodiscard]] std::string label(const Shown& of, const std::string& model) const;

private:
    std::vector<Shown> shown_;
    std::vector<const lab::Workload*> workloads_;
    std::map<std::string, std::size_t> places_;
    std::vector<std::string> calls_;
};

/// The table of a workload; null where the result does not have it, or measured nothing on it.
[[nodiscard]] const Table* table_of(const Scene::Shown& of, const std::string& workload);

/// A model's measured cells on a workload.
[[nodiscard]] const Scene::Cells& cells_of(const Scene::Shown& of, const std::string& model,
                                           const std::string& workload);

using Reading = std::function<std::optional<double>(const lab::Cell&)>;

/// Over the cells that have it; none where none has.
[[nodiscard]] std::optional<double> median_of(const Scene::Cells& cells, const Reading& reading);

/// Where values lie: "6.66 (select) to 20.2 µs (blocking)", or "6.66 µs" where there is one.
/// range: `values` is not empty
[[nodiscard]] std::string range_text(const std::vector<std::pair<double, std::string>>& values,
                                     std::string_view unit);

}  // namespace report
