#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "docs/generator/atlas.hpp"
#include "docs/generator/fault.hpp"
#include "docs/generator/highlight.hpp"
#include "docs/generator/measured.hpp"
#include "docs/generator/page.hpp"
#include "docs/generator/patch.hpp"
#include "docs/generator/siblings.hpp"

namespace docs {

struct Options {
    std::filesystem::path project;
    std::string highlighter = "source-highlight";
    std::string result{};  ///< a result document; empty: pages without figures
    std::string
        timelines{};  ///< where `iolab trace -o DIR/` has written; empty: pages without them
};

/// A file of the site.
struct Output {
    std::string path;
    std::string content;
};

/// The whole course as pages, in memory: nothing is written while something does not resolve.
class Course {
public:
    /// errors: `std::runtime_error` where the project lacks what every course needs, or the result
    ///         is none
    explicit Course(Options options);

    /// Makes all pages. result: the files; what is wrong stands in `faults`.
    [[nodiscard]] std::vector<Output> make();

    [[nodiscard]] const Faults& faults() const noexcept { return faults_; }

    /// Whether code has colours: without source-highlight it has none.
    [[nodiscard]] bool is_coloured() const noexcept { return is_coloured_; }

private:
    struct Room {
        std::string name;  ///< `sys`
        std::string says;  ///< what it does, as docs/README.md has it: Markdown
        Place place;
        std::vector<std::string> files;  ///< in the order in which they are read
    };

    // What there is.
    void find_models();
    void find_rooms();
    void find_experiments();
    void find_workloads(const std::string& file);
    void find_course();
    void find_bugs();
    void find_terms();
    void find_names();
    void colour();
    void colour_bugs();

    // Pages.
    void add_server(std::size_t number);
    void add_room(const Room& room);
    void add_pair(std::size_t number);
    void add_document(const std::string& file, const std::string& path);
    void add_model_document(std::size_t number);
    void add_experiment(const std::string& file);
    void add_bug(const std::string& file);
    void add_listings();
    void add_search();

    // Parts of pages.
    [[nodiscard]] Desk desk_for(const std::string& page);
    [[nodiscard]] std::string chunk_html(const Source& source, const Chunk& chunk,
                                         const std::string& prefix, const std::string& model,
                                         Desk& desk, std::vector<Heading>& headings);
    [[nodiscard]] std::string code_block(const Source& source, const Chunk& chunk,
                                         const std::string& prefix, const std::string& model,
                                         Desk& desk, std::vector<Heading>& headings);
    [[nodiscard]] std::string line_html(const std::string& path, int line, Desk& desk);
    [[nodiscard]] std::vector<Range> links_in(const Pieces& pieces, Desk& desk);
    [[nodiscard]] std::string figures_html(const std::string& path, int line,
                                           const std::string& model) const;
    [[nodiscard]] bool fits(const std::string& model, const Source& source) const;
    [[nodiscard]] std::string no_figures_html(const Source& source, const std::string& model) const;
    [[nodiscard]] std::string measured_section(const Source& source,
                                               const std::string& model) const;
    [[nodiscard]] std::string costs_html(const std::string& model) const;
    [[nodiscard]] std::vector<Link> neighbours_of(std::size_t number) const;
    [[nodiscard]] std::string reasons_html(const Facing& facing, const Source& left,
                                           const Source& right, Desk& desk);
    [[nodiscard]] std::string side_html(const Facing& facing, const Source& left,
                                        const Source& right, Desk& desk);
    [[nodiscard]] std::string table_html(const Facing& facing, const Source& left,
                                         const Source& right, Desk& desk);
    [[nodiscard]] std::string cells_html(const Source& source, const Chunk* chunk, int index,
                                         const std::string& kind,
                                         std::pair<std::size_t, std::size_t> mark, Desk& desk);
    [[nodiscard]] std::string patch_html(const Patch& patch, const std::string& file, Desk& desk);
    void make_first(Page& page) const;
    [[nodiscard]] std::string all_models_html(const std::string& page) const;
    [[nodiscard]] std::string experiments_html(const std::string& page) const;
    [[nodiscard]] std::string scene_html(const std::string& model) const;
    [[nodiscard]] std::string reading_html(const std::string& model, const Desk& desk);
    void check_wanted();
    void check_front_pages();
    void check_outside_names();
    void keep(Page page, Desk& desk);

    Options options_;
    Faults faults_;
    Atlas atlas_;
    std::optional<Measured> measured_;
    std::vector<std::string> models_;  ///< in reading order
    std::vector<Room> rooms_;
    std::vector<std::string> experiments_;  ///< paths of files
    std::vector<std::string> bugs_;  ///< paths of patches
    std::vector<std::string> documents_;  ///< of docs/, without the models'
    std::map<std::string, Address> seam_names_;  ///< `sys::recv`
    std::map<std::string, std::vector<Pieces>> coloured_;  ///< lines by path
    std::set<std::string> listed_files_;  ///< as they stand, beside a page that is made of them
    std::map<std::string, std::map<std::string, std::string>> cited_by_;  ///< citations, by model
    bool is_coloured_ = false;
    std::vector<Page> pages_;
    std::map<std::string, std::vector<std::vector<Pieces>>> hunks_;  ///< by patch
    std::vector<Desk::Wanted> wanted_;
};

}  // namespace docs
