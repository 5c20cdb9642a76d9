#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <string_view>

#include "common/http/conversation.hpp"

// What one exchange costs in the conversation alone: the bytes of a request in,
// the bytes of the reply out, no system call. Not a test: timings are for a person.
namespace {

class HelloSite : public http::Site {
public:
    http::Answer answer(const http::Request& request) override {
        if (request.path != "/") return {.status = 404};
        return {.text = "Hello, world!"};
    }
    std::string_view date() noexcept override { return "Sun, 06 Nov 1994 08:49:37 GMT"; }
};

constexpr std::string_view bare = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view of_wrk =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n";
constexpr std::string_view of_a_browser =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n"
    "Upgrade-Insecure-Requests: 1\r\nCache-Control: max-age=0\r\n\r\n";

void give(http::Conversation& conversation, std::string_view bytes) {
    std::memcpy(conversation.room().data(), bytes.data(), bytes.size());
    conversation.received(bytes.size());
}

void take(http::Conversation& conversation) {
    const auto output = conversation.output();
    benchmark::DoNotOptimize(output.data());
    conversation.sent(output.size());
    benchmark::DoNotOptimize(conversation.next());
}

void exchange(benchmark::State& state, std::string_view request) {
    HelloSite site;
    http::Context context{site};
    http::Conversation conversation{context};
    for (auto _ : state) {
        give(conversation, request);
        take(conversation);
    }
}

void exchange_in_two_receives(benchmark::State& state) {
    HelloSite site;
    http::Context context{site};
    http::Conversation conversation{context};
    for (auto _ : state) {
        give(conversation, bare.substr(0, 10));
        give(conversation, bare.substr(10));
        take(conversation);
    }
}

void sixteen_pipelined(benchmark::State& state) {
    HelloSite site;
    http::Context context{site};
    http::Conversation conversation{context};
    std::string requests;
    for (int i = 0; i < 16; ++i) requests += bare;
    for (auto _ : state) {
        give(conversation, requests);
        take(conversation);
    }
    state.SetItemsProcessed(state.iterations() * 16);
}

void a_connection_a_request(benchmark::State& state) {
    HelloSite site;
    http::Context context{site};
    for (auto _ : state) {
        http::Conversation conversation{context};
        give(conversation, "GET / HTTP/1.0\r\n\r\n");
        take(conversation);
    }
}

BENCHMARK_CAPTURE(exchange, bare, bare);
BENCHMARK_CAPTURE(exchange, of_wrk, of_wrk);
BENCHMARK_CAPTURE(exchange, of_a_browser, of_a_browser);
BENCHMARK(exchange_in_two_receives);
BENCHMARK(sixteen_pipelined);
BENCHMARK(a_connection_a_request);

}  // namespace
