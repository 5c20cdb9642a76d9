#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "docs/generator/course.hpp"

/// A project small enough to be read in a test, with all that pages are made of: two servers, a
/// room, an experiment and the course about them.
class SmallCourse {
public:
    SmallCourse();
    SmallCourse(const SmallCourse&) = delete;
    SmallCourse& operator=(const SmallCourse&) = delete;
    ~SmallCourse();

    [[nodiscard]] const std::filesystem::path& project() const noexcept { return project_; }

    void write(const std::string& file, const std::string& text) const;

    /// Puts `after` in the place of `before`, which the file must have.
    void change(const std::string& file, const std::string& before, const std::string& after) const;

    struct Made {
        std::map<std::string, std::string> pages;
        std::vector<docs::Fault> faults;
    };
    /// result: all pages, and what is wrong; `result` and `timelines` are paths
    [[nodiscard]] Made make(const std::string& result = {},
                            const std::string& timelines = {}) const;

    /// The same without colours, which take the most time.
    [[nodiscard]] Made check() const;

private:
    std::filesystem::path project_;
};

/// What is wrong, as `file:line: what`, a line each.
[[nodiscard]] std::string told(const SmallCourse::Made& made);

/// A result with one cell of `one`, whose receive stands in `line` of its file.
[[nodiscard]] std::string small_result(int line, const std::string& workload = "busy");
