// A server for tests of the harness: `liar PORT MODE [RIGHT]` answers so many requests rightly, 50
// unless told otherwise, and then, as its mode says, does what a harness must not believe or must
// survive. Each connection has a thread.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "tests/bench/listen_on.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view hello = "Hello, world!";

// A client, and whether it has asked for the last time.
struct Asker {
    int fd;
    bool last = false;
};

std::string head(std::string_view length, bool closes = false) {
    std::string text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
    text += length;
    text += closes ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
    return text;
}

std::string reply_with(std::string_view body, bool closes) {
    return head(std::to_string(body.size()), closes) + std::string{body};
}

// errors: false where nobody is there any more
bool say(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

// Until the client goes.
void say_on(int fd, const std::string& text) {
    while (say(fd, text)) {
    }
}

void wait_for_end(int fd) {
    char block[4096];
    while (::recv(fd, block, sizeof block, 0) > 0) {
    }
}

std::string many(std::string_view text) {
    std::string block;
    while (block.size() < 65536) block += text;
    return block;
}

// The modes: what becomes of a request. result: whether the connection goes on

bool answers(const Asker& asker) {
    return say(asker.fd, reply_with(hello, asker.last)) && !asker.last;
}

bool lies(const Asker& asker) {
    return say(asker.fd, reply_with("Hello, wurld!", asker.last)) && !asker.last;
}

bool dies(const Asker&) {
    std::abort();
}

bool short_of_its_length(const Asker& asker) {
    if (say(asker.fd, head("14").append(hello))) wait_for_end(asker.fd);
    return false;
}

bool beyond_its_length(const Asker& asker) {
    return say(asker.fd, head("13", asker.last).append(hello) + '!') && !asker.last;
}

bool announces_the_world(const Asker& asker) {
    if (say(asker.fd, head("18446744073709551615"))) say_on(asker.fd, many("x"));
    return false;
}

bool endless_body(const Asker& asker) {
    if (say(asker.fd, reply_with(hello, asker.last) + many("x"))) say_on(asker.fd, many("x"));
    return false;
}

bool endless_head(const Asker& asker) {
    if (say(asker.fd, "HTTP/1.1 200 OK\r\nX: ")) say_on(asker.fd, many("x"));
    return false;
}

bool endless_chunks(const Asker& asker) {
    if (say(asker.fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        say_on(asker.fd, many("3e8\r\n" + std::string(1000, 'x') + "\r\n"));
    return false;
}

bool endless_interim(const Asker& asker) {
    say_on(asker.fd, many("HTTP/1.1 100 Continue\r\n\r\n"));
    return false;
}

bool answers_twice(const Asker& asker) {
    const std::string reply = reply_with(hello, asker.last);
    return say(asker.fd, reply + reply) && !asker.last;
}

bool closes(const Asker&) {
    return false;
}

bool closes_in_mid_reply(const Asker& asker) {
    say(asker.fd, head("13", asker.last).append(hello.substr(0, 5)));
    return false;
}

bool resets(const Asker& asker) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(asker.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return false;
}

// Byte after byte of a right reply, and then of its like: no wait for a whole one is this long.
void drip(int fd, std::string_view text, std::chrono::milliseconds pause) {
    for (std::size_t at = 0; say(fd, text.substr(at, 1)); at = (at + 1) % text.size())
        std::this_thread::sleep_for(pause);
}

bool drips(const Asker& asker) {
    drip(asker.fd, reply_with(hello, asker.last), 150ms);
    return false;
}

bool drips_a_body(const Asker& asker) {
    if (say(asker.fd, head("13", asker.last))) drip(asker.fd, hello, 900ms);
    return false;
}

bool says_nothing(const Asker& asker) {
    wait_for_end(asker.fd);
    return false;
}

bool writes_on_the_terminal(const Asker& asker) {
    return say(asker.fd, "HTTP/1.1 404 \x1b]0;yours\x07\r\nContent-Length: 4\r\n\r\n\x1b[2J");
}

bool babbles(const Asker& asker) {
    say_on(asker.fd, many("x"));
    return false;
}

struct Mode {
    std::string_view name;
    bool (*asked)(const Asker&);
    bool (*connected)(const Asker&) = nullptr;  // what becomes of who has not yet asked
};

constexpr Mode modes[] = {
    {"lies", lies},
    {"dies", dies},
    {"short-of-its-length", short_of_its_length},
    {"beyond-its-length", beyond_its_length},
    {"announces-the-world", announces_the_world},
    {"endless-body", endless_body},
    {"endless-head", endless_head},
    {"endless-chunks", endless_chunks},
    {"endless-interim", endless_interim},
    {"answers-twice", answers_twice},
    {"answers-unasked", answers, answers},
    {"babbles", babbles, babbles},
    {"closes", closes},
    {"closes-in-mid-reply", closes_in_mid_reply},
    {"resets", resets},
    {"drips", drips},
    {"drips-a-body", drips_a_body},
    {"says-nothing", says_nothing},
    {"writes-on-the-terminal", writes_on_the_terminal},
};

// What all connections share.
struct Liar {
    const Mode& mode;
    int right;  // replies before it goes wrong
    std::atomic<int> served{0};
};

// One connection: requests until the client asks for the end, or leaves.
void talk(Liar& liar, int client) {
    const bool wrong = liar.served >= liar.right;
    if (wrong && liar.mode.connected && !liar.mode.connected({.fd = client})) return;
    std::string input;
    for (char block[4096];;) {
        const std::size_t end = input.find("\r\n\r\n");
        if (end == input.npos) {
            const ssize_t count = ::recv(client, block, sizeof block, 0);
            if (count <= 0) return;
            input.append(block, static_cast<std::size_t>(count));
            continue;
        }
        const bool last = input.substr(0, end).find("Connection: close") != input.npos;
        input.erase(0, end + 4);
        const bool right = ++liar.served <= liar.right;
        if (!(right ? answers : liar.mode.asked)({.fd = client, .last = last})) return;
    }
}

void serve(Liar& liar, int client) {
    talk(liar, client);
    ::close(client);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::string_view name = argv[2];
    if (name == "ends") return 7;
    const auto* mode = std::find_if(std::begin(modes), std::end(modes),
                                    [name](const Mode& one) { return one.name == name; });
    if (mode == std::end(modes)) return 2;
    Liar liar{.mode = *mode, .right = argc > 3 ? std::atoi(argv[3]) : 50};
    const int listener = listen_on(std::atoi(argv[1]));
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) std::thread{[&liar, client] { serve(liar, client); }}.detach();
    }
}
