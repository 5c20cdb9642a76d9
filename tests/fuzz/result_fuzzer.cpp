#include <cstdint>
#include <string>
#include <string_view>

#include "bench/report/document.hpp"
#include "tests/fuzz/complain.hpp"

// A result document may come from anywhere: it is refused with a sentence, or understood, and what
// was understood is written and read again without loss.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    lab::Result result;
    try {
        result = report::from_text(text);
    } catch (const report::Unreadable& refusal) {
        fuzz::demand(*refusal.what() != '\0', "refused without a word");
        return 0;
    }
    const std::string written = report::to_text(result);
    fuzz::demand(report::to_text(report::from_text(written)) == written,
                 "what was written is not what is read");
    return 0;
}
