// Deadlines and admission, without a clock that runs and without a model.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>
#include <string>
#include <vector>

#include "common/server/service.hpp"

namespace {

server::Options options() {
    server::Options options;
    options.idle_timeout_s = 60;
    options.head_timeout_s = 10;
    options.send_timeout_s = 0;  // never
    return options;
}

class DeadlineTest : public testing::Test {
protected:
    server::Client& client(int fd) {
        server::Client& client = clients_.place(fd);
        client.fd = sys::Fd{fd};
        return client;
    }
    ~DeadlineTest() override {
        for (int fd = 100; fd < 110; ++fd) {
            [[maybe_unused]] const int number = clients_.place(fd).fd.release();  // never ours
        }
    }

    server::Clients clients_;
    server::Deadlines deadlines_{clients_, options()};
};

TEST_F(DeadlineTest, pass_in_the_order_in_which_they_were_set) {
    deadlines_.set(client(100), http::Phase::head, 1000);
    deadlines_.set(client(101), http::Phase::head, 2000);
    deadlines_.set(client(102), http::Phase::idle, 0);
    EXPECT_EQ(deadlines_.next_ms(), 11'000u);
    EXPECT_EQ(deadlines_.passed(10'999), nullptr);
    EXPECT_EQ(deadlines_.passed(11'000), &client(100));
    deadlines_.clear(client(100));
    EXPECT_EQ(deadlines_.passed(11'999), nullptr);
    EXPECT_EQ(deadlines_.passed(12'000), &client(101));
    deadlines_.clear(client(101));
    EXPECT_EQ(deadlines_.next_ms(), 60'000u);
}

TEST_F(DeadlineTest, begin_anew_at_the_end_of_the_list) {
    deadlines_.set(client(100), http::Phase::head, 0);
    deadlines_.set(client(101), http::Phase::head, 1);
    deadlines_.set(client(102), http::Phase::head, 2);
    deadlines_.set(client(100), http::Phase::head, 3);
    deadlines_.set(client(101), http::Phase::idle, 3);
    EXPECT_EQ(deadlines_.next_ms(), 10'002u);
    deadlines_.clear(client(102));
    EXPECT_EQ(deadlines_.next_ms(), 10'003u);
    deadlines_.clear(client(100));
    deadlines_.clear(client(101));
    EXPECT_EQ(deadlines_.passed(~std::uint64_t{0}), nullptr);
}

TEST_F(DeadlineTest, never_pass_where_the_term_is_none) {
    deadlines_.set(client(100), http::Phase::reply, 5);
    EXPECT_EQ(deadlines_.passed(1'000'000'000), nullptr);
    EXPECT_TRUE(deadlines_.any_in(http::Phase::reply));
}

TEST_F(DeadlineTest, are_brought_forward_for_readers_alone) {
    deadlines_.set(client(100), http::Phase::idle, 0);
    deadlines_.set(client(101), http::Phase::reply, 0);
    deadlines_.hurry_readers(100, 50);
    EXPECT_EQ(deadlines_.next_ms(), 150u);
    deadlines_.clear(client(100));
    EXPECT_EQ(deadlines_.passed(1'000'000), nullptr);
    deadlines_.set(client(100), http::Phase::head, 200);  // whoever comes to speak later
    EXPECT_EQ(deadlines_.next_ms(), 250u);
}

/// A service whose clients are ends of socket pairs.
class ServiceTest : public testing::Test {
protected:
    explicit ServiceTest(const server::Options& options = {}, const server::Traits& kind = traits)
        : service_{options, kind, net::listen(any_port())} {}

    server::Client* admit() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
        peers_.emplace_back(fds[1]);
        return service_.admit(sys::Fd{fds[0]});
    }

    static net::ListenOptions any_port() {
        net::ListenOptions listen;
        listen.port = 0;
        return listen;
    }
    static constexpr server::Traits traits{.model = "test", .idea = "none", .kind = "readiness"};
    std::vector<sys::Fd> peers_;
    server::Service service_;
};

server::Options small() {
    server::Options options;
    options.max_clients = 2;
    return options;
}

server::Options impatient() {
    server::Options options;
    options.head_timeout_s = 0.001;
    return options;
}

class FullHouse : public ServiceTest {
protected:
    FullHouse() : ServiceTest{small()} {}
};

TEST_F(FullHouse, tells_the_client_beyond_the_limit_503_and_makes_room_again) {
    server::Client* first = admit();
    ASSERT_NE(admit(), nullptr);
    EXPECT_EQ(first->awaits, server::Awaits::input);

    server::Client* beyond = admit();
    ASSERT_NE(beyond, nullptr);
    EXPECT_EQ(beyond->awaits, server::Awaits::room);
    const auto output = beyond->conversation.output();
    const std::string_view text{reinterpret_cast<const char*>(output.data()), output.size()};
    EXPECT_TRUE(text.starts_with("HTTP/1.1 503 ")) << text;
    EXPECT_NE(text.find("Connection: close\r\n"), std::string_view::npos) << text;

    sys::close(service_.dismiss(*beyond));
    sys::close(service_.dismiss(*first));
    EXPECT_EQ(admit()->awaits, server::Awaits::input);
}

/// A house of two whose clients have a process each, which a stranger kills: waitpid(2), wstatus.
class ProcessAClient : public ServiceTest {
protected:
    ProcessAClient() : ServiceTest{small(), processes} {}
    static constexpr server::Traits processes{
        .model = "test", .idea = "none", .kind = "workers", .processes = true};
    static constexpr int killed = SIGKILL;
};

TEST_F(ProcessAClient, leaves_its_place_to_another_if_its_process_is_killed) {
    sys::close(service_.hand_over(*admit()));
    sys::close(service_.hand_over(*admit()));
    EXPECT_EQ(admit()->awaits, server::Awaits::room);  // with a 503
    service_.worker_ended(killed, 0, 2);
    service_.worker_ended(killed, 0, 1);
    EXPECT_EQ(admit()->awaits, server::Awaits::input);
}

TEST_F(ProcessAClient, leaves_no_second_place_if_its_process_is_killed_after_it_has_gone) {
    sys::close(service_.dismiss(*admit()));  // by the child, in memory that both share
    service_.worker_ended(killed, 0, 0);
    EXPECT_EQ(admit()->awaits, server::Awaits::input);
}

/// A server with eight workers, one of which cannot be had.
class Workers : public ServiceTest {
protected:
    explicit Workers(int count = 8) : ServiceTest{with(count)} {}

    static server::Options with(int workers) {
        server::Options options;
        options.workers = workers;
        return options;
    }

    [[nodiscard]] std::string said_without(int error) const {
        testing::internal::CaptureStderr();
        errno = error;
        service_.worker_missing();
        EXPECT_EQ(errno, error);
        return testing::internal::GetCapturedStderr();
    }
};

class NoWorkers : public Workers {
protected:
    NoWorkers() : Workers{0} {}
};

TEST_F(Workers, are_said_to_be_too_few_once) {
    EXPECT_EQ(
        said_without(EAGAIN),
        "test: fewer workers than 8: Resource temporarily unavailable; clients may have to wait "
        "until there are more\n");
    EXPECT_EQ(said_without(ENOMEM), "");
}

TEST_F(Workers, are_said_to_be_too_few_once_by_all_threads) {
    const server::Service other = service_.for_worker();
    testing::internal::CaptureStderr();
    other.worker_missing();
    EXPECT_NE(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(said_without(EAGAIN), "");
}

/// As a vector without memory.
struct NoMemory {
    static void reserve(std::size_t) { throw std::bad_alloc{}; }
};

TEST_F(Workers, without_memory_end_for_their_parent_to_make_others) {
    service_.becomes_worker();
    NoMemory none;
    EXPECT_EXIT(service_.keep_room_in(none), testing::ExitedWithCode(1),
                "^test: fewer workers than 8: Cannot allocate memory; [^\n]*\n$");
}

/// As a vector that finds memory at the second try.
struct LittleMemory {
    void reserve(std::size_t) {
        if (++tries == 1) throw std::bad_alloc{};
    }
    int tries = 0;
};

TEST_F(Workers, without_memory_try_again_as_threads) {
    server::Service thread = service_.for_worker();
    LittleMemory little;
    testing::internal::CaptureStderr();
    thread.keep_room_in(little);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "test: fewer workers than 8: Cannot allocate memory; clients may have to wait until "
              "there are "
              "more\n");
    EXPECT_EQ(little.tries, 2);
}

TEST_F(Workers, cannot_be_had_where_the_server_itself_has_no_memory) {
    NoMemory none;
    EXPECT_THROW(service_.keep_room_in(none), std::bad_alloc);
}

TEST_F(NoWorkers, cannot_be_too_few) {
    EXPECT_EQ(said_without(EAGAIN), "");
}

TEST_F(FullHouse, closes_at_once_when_even_refusals_become_too_many) {
    int heard = 0;
    while (admit() != nullptr) ASSERT_LT(++heard, 1000);
    EXPECT_GT(heard, 100);
}

TEST_F(ServiceTest, pauses_accepting_when_descriptors_run_out_and_only_then) {
    EXPECT_TRUE(service_.accepting());
    service_.accept_failed(EAGAIN);
    service_.accept_failed(ECONNABORTED);
    EXPECT_TRUE(service_.accepting());
    EXPECT_EQ(service_.wait_ms(), -1);
    service_.accept_failed(EMFILE);
    EXPECT_FALSE(service_.accepting());
    EXPECT_GE(service_.wait_ms(), 100);
    EXPECT_LE(service_.wait_ms(), 120);
}

TEST_F(ServiceTest, waits_no_longer_than_the_first_deadline) {
    server::Client* client = admit();
    EXPECT_GE(service_.wait_ms(), 10'000);
    EXPECT_LE(service_.wait_ms(), 10'020);
    sys::close(service_.dismiss(*client));
    EXPECT_EQ(service_.wait_ms(), -1);
}

TEST_F(ServiceTest, half_closes_a_client_that_it_answers_no_longer) {
    server::Client* client = admit();
    const std::string_view wrong = "GET /\n\n";
    const auto room = client->conversation.room();
    std::copy_n(std::as_bytes(std::span{wrong}).data(), wrong.size(), room.data());
    client->conversation.received(wrong.size());
    EXPECT_EQ(service_.settle(*client), http::Next::write);
    client->conversation.sent(client->conversation.output().size());
    EXPECT_EQ(service_.settle(*client), http::Next::linger);
    std::array<char, 8> rest{};
    EXPECT_EQ(::recv(peers_[0].get(), rest.data(), rest.size(), 0), 0);  // the end, and
    EXPECT_EQ(::send(peers_[0].get(), "more", 4, MSG_NOSIGNAL), 4);  // still listened to
}

class Hasty : public ServiceTest {
protected:
    Hasty() : ServiceTest{impatient()} {}
};

TEST_F(Hasty, tells_a_client_nothing_while_something_of_it_may_be_lent) {
    server::Client* client = admit();
    const std::string_view half = "GET /";
    client->conversation.received(std::as_bytes(std::span{half}));
    service_.settle(*client);
    EXPECT_EQ(service_.late(), nullptr);
    ::usleep(20'000);
    service_.look_at_clock();
    ASSERT_EQ(service_.late(), client);
    EXPECT_TRUE(client->late);
    EXPECT_TRUE(client->conversation.output().empty());
    EXPECT_EQ(service_.late(), nullptr) << "once";

    service_.time_up(*client);
    EXPECT_EQ(service_.settle(*client), http::Next::write);
    EXPECT_FALSE(client->late);
    const auto output = client->conversation.output();
    const std::string_view text{reinterpret_cast<const char*>(output.data()), output.size()};
    EXPECT_TRUE(text.starts_with("HTTP/1.1 408 ")) << text;
}

TEST_F(Hasty, gives_a_client_new_time_whose_operation_was_done_after_all) {
    server::Client* client = admit();
    ::usleep(20'000);
    service_.look_at_clock();
    ASSERT_EQ(service_.late(), client);
    const std::string_view whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client->conversation.received(std::as_bytes(std::span{whole}));
    EXPECT_EQ(service_.settle(*client), http::Next::write);
    EXPECT_FALSE(client->late);
    EXPECT_EQ(service_.late(), nullptr);
}

}  // namespace
