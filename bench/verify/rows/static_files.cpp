#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr unsigned serving = hello | files;
constexpr Needs from_root{.arguments = "--root {root}"};

std::string request_for(std::string_view method, std::string_view path) {
    return fmt::format("{} {} HTTP/1.1\r\nHost: iolab\r\n\r\n", method, path);
}

Reply reply_for(Stage& stage, std::string_view path, To to = To::get) {
    Client client = stage.connect();
    client.send(request_for(to == To::head ? "HEAD" : "GET", path));
    return client.receive(to);
}

std::string content_of(Stage& stage, std::string_view name) {
    std::ifstream file{std::filesystem::path{stage.root()} / name, std::ios::binary};
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

/// The file at this path, byte by byte.
void gives(Stage& stage, std::string_view path, std::string_view name) {
    const Reply reply = reply_for(stage, path);
    expect_status(reply, {200});
    const std::string content = content_of(stage, name);
    expect(reply.body == content, fmt::format("{} bytes: {}", content.size(), escaped(content)),
           fmt::format("{} bytes: {}", reply.body.size(), escaped(reply.body)));
}

void gives_type(Stage& stage, std::string_view path, std::string_view type) {
    const Reply reply = reply_for(stage, path);
    expect_status(reply, {200});
    const std::string_view got = reply.field("Content-Type");
    expect_text("Content-Type", got.substr(0, got.find(';')), type);
}

/// Nothing of what lies outside the directory, and no trouble.
void withholds(Stage& stage, std::string_view path) {
    const Reply reply = reply_for(stage, path);
    expect_status(reply, {400, 403, 404});
    expect(reply.body.find("outside\n") == std::string::npos, "nothing from outside",
           escaped(reply.body));
}

constexpr Behaviour table[] = {
    {"serves a file byte by byte", serving,
     [](Stage& stage) { gives(stage, "/plain.txt", "plain.txt"); }, from_root},
    {"serves index.html for the directory itself", serving,
     [](Stage& stage) { gives(stage, "/", "index.html"); }, from_root},
    {"serves index.html for a directory below", serving,
     [](Stage& stage) { gives(stage, "/sub/", "sub/index.html"); }, from_root},
    {"sends a directory without its slash to the one with it", serving,
     [](Stage& stage) {
         const Reply reply = reply_for(stage, "/sub");
         expect_status(reply, {301, 302, 307, 308});
         expect(reply.field("Location").ends_with("/sub/"), "Location ending in /sub/",
                escaped(reply.head, 400));
     },
     from_root},
    {"lists no directory that has no index.html", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/empty/"), {403, 404});
     },
     from_root},
    {"serves an empty file", serving, [](Stage& stage) { gives(stage, "/empty.txt", "empty.txt"); },
     from_root},
    {"serves a file of 3 MB", serving, [](Stage& stage) { gives(stage, "/big.bin", "big.bin"); },
     from_root},
    {"counts the length of a file in bytes, not in letters", serving,
     [](Stage& stage) {
         expect_text("Content-Length", reply_for(stage, "/words.txt").field("Content-Length"), "7");
     },
     from_root},
    {"tells .html by its ending", serving,
     [](Stage& stage) { gives_type(stage, "/index.html", "text/html"); }, from_root},
    {"tells .css by its ending", serving,
     [](Stage& stage) { gives_type(stage, "/style.css", "text/css"); }, from_root},
    {"tells .txt by its ending", serving,
     [](Stage& stage) { gives_type(stage, "/plain.txt", "text/plain"); }, from_root},
    {"calls an ending that it does not know a stream of bytes", serving,
     [](Stage& stage) { gives_type(stage, "/unknown.ending", "application/octet-stream"); },
     from_root},
    {"announces to HEAD what GET of a file would have", serving,
     [](Stage& stage) {
         const Reply reply = reply_for(stage, "/big.bin", To::head);
         expect_text("Content-Length", reply.field("Content-Length"),
                     std::to_string(content_of(stage, "big.bin").size()));
     },
     from_root},
    {"stays in step after HEAD of a file", serving,
     [](Stage& stage) { answers(stage, request_for("HEAD", "/big.bin"), 200, To::head); },
     from_root},
    {"answers 404 for a file that is not there", serving,
     [](Stage& stage) { answers(stage, request_for("GET", "/missing.txt"), 404); }, from_root},
    {"answers 404 for a file taken for a directory", serving,
     [](Stage& stage) { expect_status(reply_for(stage, "/plain.txt/"), {404}); }, from_root},
    {"answers 404 below a file", serving,
     [](Stage& stage) { expect_status(reply_for(stage, "/plain.txt/more"), {404}); }, from_root},
    {"answers 404 for a name longer than names can be", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/" + repeated("x", 5000)), {403, 404, 414});
     },
     from_root},
    {"answers 405 to a POST for a file", serving,
     [](Stage& stage) { answers(stage, request_for("POST", "/plain.txt"), 405); }, from_root},
    {"leaves the query out of a file's name", serving,
     [](Stage& stage) { gives(stage, "/plain.txt?v=1", "plain.txt"); }, from_root},
    {"decodes a path", serving, [](Stage& stage) { gives(stage, "/a%20b.txt", "a b.txt"); },
     from_root},
    {"decodes a path once only", serving,
     [](Stage& stage) { gives(stage, "/percent%2541.txt", "percent%41.txt"); }, from_root},
    {"refuses an escape that is none", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/%zz"), {400, 404});
     },
     from_root},
    {"refuses an escape that is cut off", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/plain.txt%2"), {400, 404});
     },
     from_root},
    {"refuses an encoded NUL", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/plain.txt%00.html"), {400, 404});
     },
     from_root},
    {"gives nothing for dot-dot", serving,
     [](Stage& stage) { withholds(stage, "/../outside.txt"); }, from_root},
    {"gives nothing for dot-dot below a directory", serving,
     [](Stage& stage) { withholds(stage, "/sub/../../outside.txt"); }, from_root},
    {"gives nothing for encoded dots", serving,
     [](Stage& stage) { withholds(stage, "/%2e%2e/outside.txt"); }, from_root},
    {"gives nothing for an encoded slash behind dot-dot", serving,
     [](Stage& stage) { withholds(stage, "/..%2foutside.txt"); }, from_root},
    {"gives nothing for dots that are encoded twice", serving,
     [](Stage& stage) { withholds(stage, "/%252e%252e/outside.txt"); }, from_root},
    {"gives nothing for backslashes", serving,
     [](Stage& stage) { withholds(stage, "/..\\outside.txt"); }, from_root},
    {"gives nothing for overlong UTF-8", serving,
     [](Stage& stage) { withholds(stage, "/%c0%ae%c0%ae/outside.txt"); }, from_root},
    {"gives nothing for an absolute path behind a second slash", serving,
     [](Stage& stage) {
         const auto outside = std::filesystem::path{stage.root()}.parent_path() / "outside.txt";
         withholds(stage, "/" + outside.string());
     },
     from_root},
    {"follows no symbolic link out of the directory", serving,
     [](Stage& stage) { withholds(stage, "/leaves.txt"); }, from_root},
    {"follows a symbolic link inside the directory", serving,
     [](Stage& stage) { gives(stage, "/stays.txt", "plain.txt"); }, from_root},
    {"does not wait for anybody to write into a FIFO", serving,
     [](Stage& stage) {
         expect_status(reply_for(stage, "/fifo"), {403, 404});
     },
     from_root},
    {"serves others while a client does not read a file",
     serving,
     [](Stage& stage) {
         Client deaf = stage.connect({.receive_buffer_bytes = 4096});
         deaf.send(request_for("GET", "/big.bin"));
         expect(deaf.await_arrival(3s), "the start of a file", "nothing in 3 s");
         gives(stage, "/plain.txt", "plain.txt");
     },
     {.arguments = "--root {root}", .exempt = one_at_a_time}},
    {"lets a file go when its client resets", serving,
     [](Stage& stage) {
         for (int round = 0; round < 20; ++round) {
             Client client = stage.connect({.receive_buffer_bytes = 4096});
             client.send(request_for("GET", "/big.bin"));
             expect(client.await_arrival(3s), "the start of a file", "nothing in 3 s");
             client.reset();
         }
     },
     from_root},
};

}  // namespace

std::span<const Behaviour> static_files() {
    return table;
}

}  // namespace verify::rows
