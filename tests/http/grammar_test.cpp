#include "common/http/grammar.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "common/http/reply.hpp"
#include "tests/http/edge.hpp"

// The small words of the protocol.
namespace {

using namespace http;
using namespace std::string_literals;

TEST(FindControl, finds_every_control_at_every_place_and_nothing_else) {
    for (int c = 0; c < 256; ++c) {
        const bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
        for (std::size_t size = 1; size < 20; ++size) {
            for (std::size_t at = 0; at < size; ++at) {
                std::string text(size, 'x');
                text[at] = static_cast<char>(c);
                ASSERT_EQ(find_control(text), is_control ? at : size) << c << " at " << at;
            }
        }
    }
}

TEST(FindControl, finds_the_first_of_several_behind_tabs_and_spaces) {
    const char characters[] = {'\t', ' ', '!', '\x1f', '\x7f', '\x80', '\xff', '~'};
    for (unsigned code = 0; code < 1u << 18; ++code) {
        std::string text;
        for (unsigned at = 0; at < 6; ++at) text += characters[code >> (3 * at) & 7];
        text = "ab\t" + text;
        ASSERT_EQ(find_control(text), std::min(text.find_first_of("\x1f\x7f"), text.size()));
    }
}

TEST(FindControl, reads_nothing_behind_its_text) {
    talk::Edge edge;
    for (std::size_t size = 0; size < 40; ++size) {
        EXPECT_EQ(find_control(edge.place(std::string(size, 'x'))), size);
    }
}

TEST(ParseDecimal, takes_digits_of_63_bits_and_nothing_else) {
    EXPECT_EQ(parse_decimal("0"), 0u);
    EXPECT_EQ(parse_decimal("0012"), 12u);
    EXPECT_EQ(parse_decimal("9223372036854775807"), 9223372036854775807u);
    for (const char* bad : {"", "9223372036854775808", "99999999999999999999", "+1", "-1", " 1",
                            "1 ", "1x", "0x1", "1.0", "\xd9\xa1"}) {
        EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
    }
}

TEST(CutElement, cuts_a_list_at_commas_and_trims) {
    std::string_view list = " a ,,\tb\t, c d";
    EXPECT_EQ(cut_element(list), "a");
    EXPECT_EQ(cut_element(list), "");
    EXPECT_EQ(cut_element(list), "b");
    EXPECT_EQ(cut_element(list), "c d");
    EXPECT_TRUE(list.empty());
}

TEST(PortOf, looks_behind_brackets) {
    EXPECT_EQ(port_of("a:80"), ":80");
    EXPECT_EQ(port_of("a"), "");
    EXPECT_EQ(port_of("[::1]"), "");
    EXPECT_EQ(port_of("[::1]:80"), ":80");
}

TEST(StatusText, names_what_the_field_names) {
    EXPECT_EQ(status_text(200), "200 OK");
    EXPECT_EQ(status_text(404), "404 Not Found");
    EXPECT_EQ(status_text(299), "299 ") << "a reason phrase may be empty";
}

TEST(WriteHead, stays_within_its_bound) {
    for (const int status : {200, 204, 431, 505, 999}) {
        const ReplyHead head{.version = Version::http_1_0,
                             .status = status,
                             .date = std::string_view{"Sun, 06 Nov 1994 08:49:37 GMT"},
                             .type = "application/octet-stream",
                             .length_bytes = ~std::uint64_t{0},
                             .allow = "GET, HEAD, POST",
                             .location = "/elsewhere",
                             .persistence = Persistence::keep_alive};
        std::string room(size_bound(head) + 1, '#');
        const char* const end = write_head(head, room.data());
        EXPECT_LE(static_cast<std::size_t>(end - room.data()), size_bound(head));
        EXPECT_EQ(room.back(), '#');
    }
}

}  // namespace
