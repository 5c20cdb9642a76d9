// Requests that were right until somebody changed some bytes, sent over a socket, in any number of
// pieces, and left in any manner: a server ends each connection, and is afterwards what it was.
// MUTATED_REQUESTS says how many.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/soak/holding.hpp"

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr std::size_t longest_bytes = 64 * 1024;

/// Fewer where each of them goes to a worker, or is three operations, which takes longer: all read
/// with the same parser.
/// `make check` sends a million to each.
std::uint64_t how_many(const lab::Traits& traits) {
    const char* const wanted = std::getenv("MUTATED_REQUESTS");
    if (wanted != nullptr) return static_cast<std::uint64_t>(std::max(1, std::atoi(wanted)));
    const bool slow = traits.kind == "workers" || traits.kind == "completion" || traits.workers;
    return slow ? 10'000 : 40'000;
}

/// The fuzzer's inputs, without the three bytes in front that tell how it sends them; by name.
std::vector<std::string> right_ones() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator{SOURCE_DIR "/tests/fuzz/corpus/conversation"})
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> requests;
    for (const auto& file : files) requests.push_back(lab::contents(file.string()).substr(3));
    return requests;
}

/// Repeats itself from its number.
class Mutator {
public:
    explicit Mutator(std::uint64_t number) : random_{number} {}

    [[nodiscard]] std::size_t below(std::size_t limit) {
        return limit == 0 ? 0 : static_cast<std::size_t>(random_() % limit);
    }

    [[nodiscard]] std::string request(const std::vector<std::string>& from) {
        std::string text = from[below(from.size())];
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(text, from);
        text.resize(std::min(text.size(), longest_bytes));
        return text;
    }

private:
    void change(std::string& text, const std::vector<std::string>& from) {
        static constexpr std::string_view telling =
            "\0\r\n\t :/?%;,=+-0123456789afAF\x7f\x80\xff"sv;
        const std::size_t at = below(text.size() + 1);
        const std::size_t length = below(std::min<std::size_t>(text.size() - at, 64) + 1);
        switch (below(7)) {
            case 0:
                if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
                break;
            case 1:
                if (at < text.size()) text[at] = telling[below(telling.size())];
                break;
            case 2: text.insert(at, 1, telling[below(telling.size())]); break;
            case 3: text.erase(at, length); break;
            case 4: text.insert(at, text.substr(at, length)); break;
            case 5: text.insert(at, from[below(from.size())]); break;
            default: text.insert(at, below(longest_bytes), telling[below(telling.size())]); break;
        }
    }

    std::mt19937_64 random_;
};

/// Sends it in up to three pieces, and leaves.
void say(const verify::Address& address, const std::string& request, Mutator& chance) {
    verify::Client client{address};
    const std::size_t first = chance.below(request.size() + 1);
    const std::size_t second = first + chance.below(request.size() - first + 1);
    client.send(request.substr(0, first));
    client.send(request.substr(first, second - first));
    client.send(request.substr(second));
    switch (chance.below(8)) {
        case 0: return client.close();
        case 1: return client.reset();
        default: client.half_close(); client.expect_gone(10s);
    }
}

std::string printable(const std::string& request) {
    return testing::PrintToString(request.substr(0, 2000));
}

class Mutated : public testing::TestWithParam<lab::Model> {};

TEST_P(Mutated, RequestsHarmNoServer) {
    verify::ServerProcess server{GetParam(), {"--head-timeout=2", "--body-timeout=2"}};
    const std::vector<std::string> from = right_ones();
    ASSERT_GT(from.size(), 20U);
    const Holding before = settled(server, 5s);
    const std::uint64_t count = how_many(GetParam().traits);
    for (std::uint64_t number = 0; number < count; ++number) {
        Mutator chance{number};
        const std::string request = chance.request(from);
        ASSERT_NO_THROW(say(server.address(), request, chance))
            << "number " << number << ": " << printable(request);
        ASSERT_FALSE(server.ended()) << "number " << number << ": " << printable(request);
    }
    const Holding now = settled(server, 20s, before.census);
    EXPECT_GT(now.replies, count / 10) << "hardly a request was understood";
    expect_no_more(before, now, GetParam().traits);

    verify::Client client{server.address()};
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive().status, 200);
    client.close();
    EXPECT_EQ(server.process().stop(verify::in(10s)), verify::Exit{});
}

INSTANTIATE_TEST_SUITE_P(mutated, Mutated,
                         testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
