// A client that nobody here wrote: curl(1).

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "bench/lab/models.hpp"
#include "bench/verify/server_process.hpp"

namespace {

using namespace std::chrono_literals;

class Curl : public testing::TestWithParam<lab::Model> {
protected:
    void SetUp() override {
        try {
            run({"--version"});
        } catch (const std::system_error& error) {
            GTEST_SKIP() << "curl is not there: " << error.what();
        }
    }

    /// What curl prints, head and body of every reply. It must end with 0.
    static std::string run(std::vector<std::string> arguments) {
        verify::Launch launch;
        launch.command = {"curl",      "--silent", "--show-error", "--include",
                          "--noproxy", "*",        "--max-time",   "10"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        verify::Process curl{launch};
        std::string said = curl.read_all(verify::in(15s));
        EXPECT_EQ(curl.wait(verify::in(15s)), verify::Exit{}) << curl.stderr_text();
        return said;
    }

    [[nodiscard]] std::string url(std::string_view path = "/") const {
        return fmt::format("http://127.0.0.1:{}{}", server.address().port, path);
    }

    verify::ServerProcess server{GetParam(), {"--lab"}};
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_P(Curl, gets_the_hello_answer) {
    const std::string said = run({url()});
    EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
    EXPECT_TRUE(said.ends_with("\r\n\r\nHello, world!")) << said;
}

TEST_P(Curl, gets_a_head) {
    const std::string said = run({"--head", url()});
    EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
    EXPECT_TRUE(said.ends_with("\r\n\r\n")) << said;
}

TEST_P(Curl, gets_two_urls_over_one_connection) {
    const std::string said = run({"--write-out", "[%{num_connects}]", url(), url("/missing")});
    EXPECT_TRUE(has(said, "Hello, world![1]")) << said;
    EXPECT_TRUE(has(said, "HTTP/1.1 404 Not Found\r\n")) << said;
    EXPECT_TRUE(said.ends_with("[0]")) << said;
}

TEST_P(Curl, posts_a_body_and_is_told_405) {
    const std::string said = run({"--data", "some body", "--write-out", "[%{http_code}]", url()});
    EXPECT_TRUE(has(said, "\r\nAllow: GET, HEAD\r\n")) << said;
    EXPECT_TRUE(said.ends_with("[405]")) << said;
}

TEST_P(Curl, posts_a_long_body_that_comes_back) {
    const std::string body(50'000, 'x');
    const std::string said =
        run({"--header", "Expect: 100-continue", "--data", body, url("/echo")});
    EXPECT_TRUE(has(said, "HTTP/1.1 200 OK\r\n")) << said.substr(0, 400);
    EXPECT_TRUE(said.ends_with("\r\n\r\n" + body)) << said.substr(0, 400);
}

TEST_P(Curl, posts_a_chunked_body_that_comes_back) {
    const std::string said =
        run({"--header", "Transfer-Encoding: chunked", "--data", "in chunks", url("/echo")});
    EXPECT_TRUE(said.ends_with("\r\n\r\nin chunks")) << said;
}

TEST_P(Curl, speaks_http_1_0) {
    const std::string said = run({"--http1.0", url()});
    EXPECT_TRUE(said.starts_with("HTTP/1.0 200 OK\r\n")) << said;
    EXPECT_TRUE(said.ends_with("Hello, world!")) << said;
}

TEST_P(Curl, gets_ten_million_bytes) {
    const std::string said =
        run({"--output", "/dev/null", "--write-out", "[%{size_download}]", url("/bytes/10000000")});
    EXPECT_TRUE(said.ends_with("[10000000]")) << said;
}

INSTANTIATE_TEST_SUITE_P(curl, Curl, testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
