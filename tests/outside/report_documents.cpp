// Result documents for the browser's test, in the directory that is named: one, another of the same
// models, a hostile one, one of few models, and two of many.

#include <filesystem>
#include <string>

#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "tests/bench/rich_result.hpp"

int main(int, char** argv) {
    const std::filesystem::path directory{argv[1]};
    std::filesystem::create_directories(directory);
    report::write_file(directory / "one.json", report::to_text(rich::result()));
    report::write_file(directory / "other.json", report::to_text(rich::result(1.3)));
    report::write_file(directory / "few.json", report::to_text(rich::many_models(2)));
    report::write_file(directory / "many.json", report::to_text(rich::many_models(19)));
    report::write_file(directory / "more.json", report::to_text(rich::many_models(19, 1.3)));
    report::write_file(directory / "hostile.json", rich::hostile_document());
}
