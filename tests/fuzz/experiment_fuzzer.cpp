#include <cstdint>
#include <string>
#include <string_view>

#include "bench/lab/experiment.hpp"
#include "tests/fuzz/complain.hpp"

// An experiment file may come from anywhere: it is refused with file, line and what was expected,
// or understood, and what was understood is written and read again without loss.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    lab::Experiment experiment;
    try {
        experiment = lab::parse_experiment(text, "a.jsonc");
    } catch (const lab::ExperimentError& refusal) {
        fuzz::demand(std::string_view{refusal.what()}.find("a.jsonc") != std::string_view::npos,
                     "refused without a place");
        return 0;
    }
    const std::string written = lab::to_json_text(experiment);
    const std::string again = lab::to_json_text(lab::parse_experiment(written, "b.jsonc"));
    fuzz::demand(again == written, "what was written is not what is read");
    return 0;
}
