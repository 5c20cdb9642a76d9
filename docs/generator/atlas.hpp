#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "docs/generator/names.hpp"
#include "docs/generator/source.hpp"

namespace docs {

/// A place in the pages.
struct Address {
    std::string page;  ///< from the first page's directory on: `servers/poll.html`
    std::string anchor;  ///< empty: its beginning
};

/// As a link on another page says it.
[[nodiscard]] std::string address_from(const std::string& page, const Address& to);

/// Where everything stands: which page shows a file, where in it a name is, what may be cited.
class Atlas {
public:
    /// errors: `std::runtime_error` where the project's citations cannot be read
    explicit Atlas(std::filesystem::path project);

    [[nodiscard]] const std::filesystem::path& project() const noexcept { return project_; }

    /// What the code spells, and what others' names are known.
    [[nodiscard]] const Names& names() const noexcept { return names_; }
    [[nodiscard]] OutsideNames& outside_names() noexcept { return outside_names_; }

    /// Whether a text means a file or a directory of the project: `servers/poll.cpp`.
    [[nodiscard]] static bool names_a_path(std::string_view text);

    /// Whether there is such a file or directory; of `bench/belief/evidence/*.csv` the directory.
    [[nodiscard]] bool has_path(std::string_view path) const;

    /// The text of a file of the project; none where there is no such file.
    [[nodiscard]] std::optional<std::string> text(const std::string& file) const;

    /// `file` is shown at `address`; names in it have `prefix` before them in their anchors.
    void show(const std::string& file, Address address, std::string prefix = {});

    void add_workload(const std::string& name, const Address& address) {
        workloads_[name] = address;
    }
    void add_term(const std::string& term, const Address& address) { terms_[term] = address; }

    /// The page of a file; one that has none gets a listing.
    /// result: none where there is no such file in the project
    [[nodiscard]] std::optional<Address> file(const std::string& path);

    /// Where in a file a section, a function or a type stands.
    [[nodiscard]] std::optional<Address> name(const std::string& path, const std::string& name);

    /// The one file that bears this name; a server's is meant before others.
    /// result: none: no file; empty: several
    [[nodiscard]] std::optional<std::string> file_called(const std::string& name) const;

    [[nodiscard]] std::optional<Address> workload(const std::string& name) const;

    /// Terms of the glossary that are linked, in lower case.
    [[nodiscard]] const std::map<std::string, Address>& terms() const noexcept { return terms_; }

    /// Sections, options and the like of `socket(7)` that may be cited: `SO_RCVTIMEO`.
    [[nodiscard]] std::vector<std::string> names_in(const std::string& manual) const;

    /// Whether `poll(2)` or `RFC 9112` stands in the list of what may be cited.
    [[nodiscard]] bool may_cite(const std::string& what) const { return citations_.contains(what); }

    /// Files that are shown as they stand, since somebody refers to them.
    [[nodiscard]] const std::set<std::string>& listings() const noexcept { return listings_; }

    /// The source of a file, taken apart. range: a file that there is
    [[nodiscard]] const Source& source(const std::string& path);

private:
    struct Shown {
        Address address;
        std::string prefix;
    };

    void find_files();
    void read_citations();

    std::filesystem::path project_;
    std::map<std::string, Shown> shown_;
    std::map<std::string, Address> workloads_, terms_;
    std::map<std::string, std::vector<std::string>> called_;  ///< paths, by their last part
    std::map<std::string, Source> sources_;
    std::set<std::string> citations_, listings_;
    Names names_;
    OutsideNames outside_names_;
};

/// Where names of others stand, a name a line.
inline constexpr const char* outside_names_file = "docs/outside_names.txt";

/// What a list of citations holds: a line each, `#` begins a comment. A section or an option stands
/// behind its page, `socket(7), SO_RCVTIMEO`, on a line of its own.
[[nodiscard]] std::set<std::string> parse_citations(std::string_view text);

}  // namespace docs
