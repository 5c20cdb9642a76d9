#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "bench/report/plot.hpp"
#include "bench/report/scene.hpp"
#include "bench/report/sources.hpp"

namespace report {

/// A report while it is being written: how much room is left, and what found none.
class Draft {
public:
    /// room: bytes, for words, tables and plots together
    Draft(const Scene& scene, const Sources& sources, bool has_charts, std::size_t room)
        : scene_{scene}, sources_{sources}, has_charts_{has_charts}, room_{room} {}

    [[nodiscard]] const Scene& scene() const noexcept { return scene_; }
    [[nodiscard]] const Sources& sources() const noexcept { return sources_; }
    [[nodiscard]] bool has_charts() const noexcept { return has_charts_; }

    /// Parts that did not fit.
    [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

    /// The plots that were taken, as members of a JSON array.
    [[nodiscard]] const std::string& plots() const noexcept { return plots_; }

    /// HTML as it is, or nothing where it does not fit.
    [[nodiscard]] std::string words(std::string html);

    /// A plot with all that belongs to it, or nothing where it does not fit.
    [[nodiscard]] std::string figure(const Plot& plot);

    [[nodiscard]] std::string figures(const std::vector<Plot>& plots);

private:
    bool taken(std::size_t bytes, std::size_t kept);
    [[nodiscard]] std::string figure_text(const Plot& plot) const;

    const Scene& scene_;
    const Sources& sources_;
    bool has_charts_;
    std::size_t room_;
    std::size_t left_out_ = 0;
    std::string plots_;
};

}  // namespace report
