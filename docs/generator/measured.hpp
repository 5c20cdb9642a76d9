#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// What a line that calls the kernel did under one workload: medians over the rounds.
struct LineFigures {
    std::string workload;  ///< its id
    double calls_a_request = 0;
    double asleep = 0;  ///< seconds asleep a second of wall time, of all threads together
    double would_block_a_request = 0;
    bool sleeps = false;  ///< time asleep is measured here
};

/// A row of a result's summary: CPU time a request.
struct CostFigures {
    std::string workload;
    double median_us = 0, least_us = 0, most_us = 0;
    std::optional<double> ratio;
    std::string verdict;  ///< empty: none
};

/// What a result document says of the models, as pages need it.
class Measured {
public:
    /// errors: `std::runtime_error`, a sentence, where it is no result document
    explicit Measured(std::string_view document);

    /// What is measured of the line, a row a workload, in the document's order.
    [[nodiscard]] std::vector<LineFigures> at(const std::string& model, const std::string& file,
                                              int line) const;

    /// The call that the document has at this line of this file; empty for none.
    [[nodiscard]] std::string call_at(const std::string& model, const std::string& file,
                                      int line) const;

    /// Lines of a file that the document has calls at, under any workload.
    [[nodiscard]] std::vector<int> lines(const std::string& model, const std::string& file) const;

    [[nodiscard]] std::vector<CostFigures> costs(const std::string& model) const;

    /// Where the figures come from: "quick, 16 rounds, commit 0a1b2c".
    [[nodiscard]] const std::string& origin() const noexcept { return origin_; }

    /// Against whom ratios are; empty: nobody.
    [[nodiscard]] const std::string& baseline() const noexcept { return baseline_; }

private:
    struct Line {
        std::string call;
        std::vector<LineFigures> figures;
    };

    std::map<std::string, std::map<std::string, std::map<int, Line>>> by_model_;
    std::map<std::string, std::vector<CostFigures>> costs_;
    std::string origin_, baseline_;
};

}  // namespace docs
