#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report/plot.hpp"
#include "bench/report/scene.hpp"
#include "bench/report/sources.hpp"

namespace report {

/// What found no room in a report.
struct LeftOut {
    std::size_t plots = 0;  ///< with their tables
    std::size_t words = 0;  ///< other parts
    std::vector<std::string> downloads;  ///< their names

    [[nodiscard]] bool is_any() const noexcept { return plots + words > 0 || !downloads.empty(); }
};

/// A report while it is being written: how much room is left, and what found none.
class Draft {
public:
    /// room: bytes, for words, tables, plots and downloads together
    Draft(const Scene& scene, const Sources& sources, bool has_charts, std::size_t room)
        : scene_{scene}, sources_{sources}, has_charts_{has_charts}, room_{room} {}

    [[nodiscard]] const Scene& scene() const noexcept { return scene_; }
    [[nodiscard]] const Sources& sources() const noexcept { return sources_; }
    [[nodiscard]] bool has_charts() const noexcept { return has_charts_; }
    [[nodiscard]] const LeftOut& left_out() const noexcept { return left_out_; }

    /// The plots that were taken, as members of a JSON array.
    [[nodiscard]] const std::string& plots() const noexcept { return plots_; }

    /// The downloads that were taken, as elements of the page: data that no script runs.
    [[nodiscard]] const std::string& downloads() const noexcept { return downloads_; }

    /// HTML as it is, or nothing where it does not fit.
    [[nodiscard]] std::string words(std::string html);

    /// A plot with all that belongs to it, or nothing where it does not fit.
    [[nodiscard]] std::string figure(const Plot& plot);

    [[nodiscard]] std::string figures(const std::vector<Plot>& plots);

    /// A button that saves what is kept in the page: a text as it is, a document of JSON as it is,
    /// packed where it is large.
    /// result: empty where it does not fit
    [[nodiscard]] std::string text_download(const std::string& name, const std::string& label,
                                            const std::string& text);
    [[nodiscard]] std::string json_download(const std::string& name, const std::string& label,
                                            const std::string& json);

    /// Tells of a download that is not there, in `left_out`.
    void leave_out(const std::string& name) { left_out_.downloads.push_back(name); }

private:
    bool taken(std::size_t bytes, std::size_t kept);
    [[nodiscard]] std::string figure_text(const Plot& plot) const;
    [[nodiscard]] std::string download(const std::string& name, std::string_view kind,
                                       const std::string& label, const std::string& kept);

    const Scene& scene_;
    const Sources& sources_;
    bool has_charts_;
    std::size_t room_;
    LeftOut left_out_;
    std::string plots_;
    std::string downloads_;
    std::size_t downloads_count_ = 0;
};

}  // namespace report
