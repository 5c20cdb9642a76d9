#pragma once

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// The course as pages: annotated sources, siblings side by side, and what is written about them.
namespace docs {

/// A place in the project's files.
struct Place {
    std::string file;  ///< from the project's directory on
    int line = 0;  ///< from 1
};

/// What a page says and what is not so: a name, a citation or a link that leads nowhere.
struct Fault {
    Place place;
    std::string what;
    std::string likely_cause;
    std::string what_helps;
};

/// All that was found wrong: pages are made to their end, so that one run names everything.
class Faults {
public:
    /// Once: one source stands on several pages.
    void add(Fault fault) {
        if (told_.insert({fault.place.file, fault.place.line, fault.what}).second)
            found_.push_back(std::move(fault));
    }
    [[nodiscard]] const std::vector<Fault>& found() const noexcept { return found_; }

private:
    std::vector<Fault> found_;
    std::set<std::tuple<std::string, int, std::string>> told_;
};

}  // namespace docs
