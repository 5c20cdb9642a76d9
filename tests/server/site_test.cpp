// What every model serves, without a socket: the hello answer, files, lab paths, dates, log text.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/server/site.hpp"

namespace {

namespace fs = std::filesystem;

/// A directory tree that is gone after the test.
class Tree {
public:
    Tree() {
        std::array<char, 24> name{"/tmp/site_test.XXXXXX"};
        base_ = ::mkdtemp(name.data());
        fs::create_directories(base_ / "root/sub/empty");
        write("secret.txt", "outside");
        write("root/index.html", "<p>root</p>");
        write("root/sub/index.html", "<p>sub</p>");
        write("root/a b.txt", "space");
        write("root/large.bin", std::string(100'000, 'x'));
        fs::create_symlink("../secret.txt", base_ / "root/way_out.txt");
        fs::create_symlink("index.html", base_ / "root/inside.html");
        ::mkfifo((base_ / "root/pipe").c_str(), 0600);
    }
    ~Tree() { fs::remove_all(base_); }

    [[nodiscard]] std::string root() const { return base_ / "root"; }

private:
    void write(const char* name, const std::string& text) { std::ofstream{base_ / name} << text; }

    fs::path base_;
};

class ServedSite {
public:
    explicit ServedSite(const server::Options& options) : site_{options, log_} {}

    http::Answer ask(std::string_view method, std::string_view path, std::string_view body = {}) {
        http::Request request;
        request.method = method;
        request.target = path;
        request.path = path;
        request.body = std::as_bytes(std::span{body});
        return site_.answer(request);
    }
    server::Site& site() { return site_; }

private:
    server::Output errors_{2};
    server::Log log_{server::LogWhat::none, errors_};
    server::Site site_;
};

server::Options with_root(const Tree& tree) {
    server::Options options;
    options.root = tree.root();
    return options;
}

server::Options with_lab() {
    server::Options options;
    options.lab = true;
    return options;
}

std::string whole(http::Answer& answer) {
    if (!answer.body) return std::string{answer.text};
    std::string text;
    std::array<std::byte, 1000> room{};
    while (text.size() < answer.length_bytes) {
        const std::size_t count = answer.body.pull(room);
        if (count == 0) break;
        text.append(reinterpret_cast<const char*>(room.data()), count);
    }
    return text;
}

TEST(Hello, answers_the_root_and_nothing_else) {
    ServedSite served{{}};
    const http::Answer hello = served.ask("GET", "/");
    EXPECT_EQ(hello.status, 200);
    EXPECT_EQ(hello.text, "Hello, world!");
    EXPECT_EQ(hello.type, "text/plain");
    EXPECT_EQ(served.ask("HEAD", "/").status, 200);
    EXPECT_EQ(served.ask("GET", "/bytes/10").status, 404);  // --lab is off
    const http::Answer refused = served.ask("DELETE", "/");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.allow, "GET, HEAD");
}

TEST(Date, is_an_imf_fixdate_and_moves_only_when_a_second_has_passed) {
    ServedSite served{{}};
    served.site().now(784'111'777);  // RFC 9110, section 5.6.7
    EXPECT_EQ(served.site().date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    served.site().now(784'111'777);
    EXPECT_EQ(served.site().date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    served.site().now(784'111'778);
    EXPECT_EQ(served.site().date(), "Sun, 06 Nov 1994 08:49:38 GMT");
}

struct FileCase {
    const char* path;
    int status;
    const char* text;
};

void PrintTo(const FileCase& one, std::ostream* out) {
    *out << one.path;
}

class Files : public testing::TestWithParam<FileCase> {};

TEST_P(Files, are_served_from_beneath_the_root_and_from_nowhere_else) {
    const Tree tree;
    ServedSite served{with_root(tree)};
    http::Answer answer = served.ask("GET", GetParam().path);
    EXPECT_EQ(answer.status, GetParam().status);
    if (answer.status == 200) {
        EXPECT_EQ(whole(answer), GetParam().text);
        EXPECT_EQ(answer.length_bytes, std::string_view{GetParam().text}.size());
    } else {
        EXPECT_THAT(std::string{answer.text}, testing::Not(testing::HasSubstr("outside")));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Paths, Files,
    testing::Values(
        FileCase{"/", 200, "<p>root</p>"}, FileCase{"/index.html", 200, "<p>root</p>"},
        FileCase{"//index.html", 200, "<p>root</p>"}, FileCase{"/sub/", 200, "<p>sub</p>"},
        FileCase{"/sub", 301, ""}, FileCase{"/sub/empty/", 404, ""},
        FileCase{"/a%20b.txt", 200, "space"}, FileCase{"/a b.txt", 200, "space"},
        FileCase{"/inside.html", 200, "<p>root</p>"},
        FileCase{"/sub/../index.html", 200, "<p>root</p>"}, FileCase{"/nothing", 404, ""},
        FileCase{"/index.html/", 404, ""}, FileCase{"/way_out.txt", 403, ""},
        FileCase{"/../secret.txt", 403, ""}, FileCase{"/%2e%2e/secret.txt", 403, ""},
        FileCase{"/..%2fsecret.txt", 403, ""}, FileCase{"/%252e%252e/secret.txt", 404, ""},
        FileCase{"/sub/../../secret.txt", 403, ""}, FileCase{"/..\\secret.txt", 404, ""},
        FileCase{"/%c0%ae%c0%ae/secret.txt", 404, ""}, FileCase{"//etc/passwd", 404, ""},
        FileCase{"/index.html%00.txt", 400, ""}, FileCase{"/%zz", 400, ""},
        FileCase{"/%4", 400, ""}, FileCase{"/%", 400, ""}, FileCase{"/pipe", 403, ""}));

TEST(Files, name_a_type_by_their_ending) {
    const Tree tree;
    ServedSite served{with_root(tree)};
    EXPECT_EQ(served.ask("GET", "/").type, "text/html");
    EXPECT_EQ(served.ask("GET", "/a%20b.txt").type, "text/plain");
    EXPECT_EQ(served.ask("GET", "/large.bin").type, "application/octet-stream");
}

TEST(Files, point_to_a_directory_by_its_whole_name) {
    const Tree tree;
    ServedSite served{with_root(tree)};
    EXPECT_EQ(served.ask("GET", "/sub").location, "/sub/");
    EXPECT_EQ(served.ask("GET", "//sub").location, "/sub/");  // "//sub/" would name a host

    http::Request request;
    request.method = "GET";
    request.path = "/sub";
    request.query = "a=1";
    EXPECT_EQ(served.site().answer(request).location, "/sub/?a=1");
}

TEST(Files, end_early_when_they_shrink_while_they_are_sent) {
    const Tree tree;
    ServedSite served{with_root(tree)};
    http::Answer answer = served.ask("GET", "/large.bin");
    ASSERT_EQ(answer.length_bytes, 100'000u);
    fs::resize_file(fs::path{tree.root()} / "large.bin", 1500);
    EXPECT_EQ(whole(answer).size(), 1500u);
}

TEST(Files, refuse_to_start_without_their_directory) {
    server::Options options;
    options.root = "/tmp/site_test.there_is_no_such_place";
    EXPECT_THROW(ServedSite{options}, std::system_error);
}

TEST(Lab, makes_bodies_of_any_length_without_holding_them) {
    ServedSite served{with_lab()};
    http::Answer answer = served.ask("GET", "/bytes/3000");
    EXPECT_EQ(answer.length_bytes, 3000u);
    const std::string text = whole(answer);
    ASSERT_EQ(text.size(), 3000u);
    for (std::size_t i = 0; i < text.size(); ++i)
        ASSERT_EQ(text[i], 'a' + static_cast<int>(i % 26));
    EXPECT_EQ(served.ask("GET", "/bytes/1000000000000").length_bytes, 1'000'000'000'000u);
    EXPECT_EQ(served.ask("GET", "/bytes/0").length_bytes, 0u);
}

TEST(Lab, takes_only_numbers_that_are_numbers) {
    ServedSite served{with_lab()};
    for (const char* path : {"/bytes/", "/bytes/x", "/bytes/-1", "/bytes/1x", "/bytes/+1",
                             "/bytes/99999999999999999999", "/spin/", "/sleep/a", "/bytes"}) {
        EXPECT_EQ(served.ask("GET", path).status, 404) << path;
    }
}

TEST(Lab, echoes_a_body_and_names_the_methods_that_do) {
    ServedSite served{with_lab()};
    http::Answer answer = served.ask("POST", "/echo", "what I said");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(whole(answer), "what I said");
    EXPECT_EQ(served.ask("GET", "/echo").status, 405);
    EXPECT_EQ(served.ask("GET", "/echo").allow, "POST, PUT");
}

TEST(Log, escapes_whatever_could_speak_to_a_terminal) {
    EXPECT_EQ(server::escaped("a\x1b[2J\n", false), "a\\x1b[2J\\x0a");
    EXPECT_EQ(server::escaped(std::string_view{"\0\x7f\\", 3}, false), "\\x00\\x7f\\x5c");
    EXPECT_EQ(server::escaped("GET /\r\nHost: a\r\n", true), "GET /\nHost: a\n");
    EXPECT_EQ(server::escaped("bare\rreturn", true), "bare\\x0dreturn");
}

}  // namespace
