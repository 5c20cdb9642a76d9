#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace report {

/// Where one can read a model's source: addresses as a page means them, from where it stands.
struct Source {
    std::string page;  ///< what `make docs` made of the model's own page; empty: it is not here
    std::string annotated;  ///< and of its source; empty: it is not here
    std::string file;  ///< as it is compiled; empty: it is not here
};

/// By the name of a model of the project. Only what is there is in it.
using Sources = std::map<std::string, Source>;

/// Those that there are, for a report in the file `report`, which need not be there yet: pages in
/// `docs` beside the directory of the executables, sources in the project around both. An
/// installed iolab has neither.
///
/// An address is relative, so that it holds wherever the project is moved to as a whole; one that
/// would lead elsewhere through a symbolic link is left out. A report that lies outside of the
/// project has none: it goes to other machines, and they would tell where the project lies on this
/// one.
[[nodiscard]] Sources sources_for(const std::filesystem::path& report,
                                  const std::filesystem::path& executables);

}  // namespace report
