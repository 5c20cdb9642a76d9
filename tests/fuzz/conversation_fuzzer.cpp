#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/complain.hpp"
#include "tests/fuzz/oracle.hpp"
#include "tests/fuzz/replies.hpp"
#include "tests/http/talk.hpp"

// Whatever bytes a client sends, and however they are split: the conversation gives the same
// well-formed replies, comes to an end with the client, and serves nothing that another parser
// takes for another request.
namespace {

constexpr std::size_t longest_path_bytes = 11;  // "/body/99999": 100 kB take long enough
constexpr std::size_t keeps_bytes = 100'000;
constexpr std::size_t piecewise_bytes = 1024;  // more of them byte by byte would take long

/// Notes what is answered as a request, and of which replies there must be a body.
class Recorder : public talk::Site {
public:
    http::Answer answer(const http::Request& request) override {
        const auto* body = reinterpret_cast<const char*>(request.body.data());
        served.push_back({std::string{request.method}, std::string{request.target},
                          std::string{body, request.body.size()}});
        if (request.path.size() > longest_path_bytes) return {.status = 404};
        return talk::Site::answer(request);
    }
    std::size_t keeps_body_bytes(const http::Request&) noexcept override { return keeps_bytes; }

    void replied(int status) noexcept override {
        talk::Site::replied(status);
        served.resize(replies.size());  // the protocol answers some requests itself
    }

    std::vector<fuzz::Message> served;  ///< one a reply; empty where the protocol made it
};

std::vector<std::string_view> bytes_of(std::string_view input) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < input.size(); ++at) pieces.push_back(input.substr(at, 1));
    return pieces;
}

// Says it again in pieces: the replies must be the same, but for 100 Continue.
void compare_split(const talk::Outcome& whole, const Recorder& site,
                   const std::vector<std::string_view>& pieces, talk::Manner manner) {
    Recorder again;
    const talk::Outcome outcome = talk::converse(again, pieces, manner);
    fuzz::demand(talk::without_continue(whole.output) == talk::without_continue(outcome.output),
                 "the replies depend on how the request was split");
    fuzz::demand((whole.end == http::Next::read) == (outcome.end == http::Next::read),
                 "the end depends on how the request was split");
    fuzz::demand(site.replies == again.replies && site.served == again.served,
                 "what is served depends on how the request was split");
}

void compare_end(const std::string_view input) {
    Recorder site;
    const auto end = talk::converse(site, {input}, {.shuts_down = true}).end;
    fuzz::demand(end == http::Next::close, "it goes on behind the end of the input");
}

/// How an input is said the second time.
struct Again {
    std::size_t cut = 0;  ///< into two pieces, here
    std::size_t sends_bytes = 1;  ///< taken of the output at once
    unsigned manner = 0;  ///< 0: in two pieces, 1: byte by byte, 2: whole, and then its end
};

void converse(std::string_view input, Again again) {
    Recorder site;
    const talk::Outcome whole = talk::converse(site, {input});
    fuzz::demand(fuzz::count_replies(whole.output, site.served) == site.replies.size(),
                 "there are more or fewer replies than were counted");
    fuzz::compare_with_parser(input, site.served);

    if (again.manner == 2) return compare_end(input);
    if (again.manner == 1 && input.size() <= piecewise_bytes)
        return compare_split(whole, site, bytes_of(input), {});
    const std::size_t cut = input.empty() ? 0 : again.cut % input.size();
    compare_split(whole, site, {input.substr(0, cut), input.substr(cut)},
                  {.sends_bytes = again.sends_bytes, .split_reply = (cut & 1) != 0});
}

}  // namespace

// The first three bytes say how the input is said the second time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::string_view input{reinterpret_cast<const char*>(data) + 3, size - 3};
    converse(input, {.cut = data[0] + 256U * (data[1] & 15U),
                     .sends_bytes = data[2] + 1U,
                     .manner = (data[1] >> 4) % 3U});
    return 0;
}
