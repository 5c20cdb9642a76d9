#include "bench/report/sha256.hpp"

#include <bit>
#include <cstddef>
#include <span>

#include "bench/report/base64.hpp"

namespace report {
namespace {

using Word = std::uint32_t;
using State = std::array<Word, 8>;

constexpr std::size_t block_bytes = 64;

constexpr std::array<Word, 64> constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::array<Word, 64> schedule(std::span<const std::uint8_t, block_bytes> block) {
    std::array<Word, 64> words{};
    for (std::size_t at = 0; at < 16; ++at) {
        for (std::size_t byte = 0; byte < 4; ++byte)
            words[at] = words[at] << 8 | block[4 * at + byte];
    }
    for (std::size_t at = 16; at < 64; ++at) {
        const Word early = words[at - 15];
        const Word late = words[at - 2];
        words[at] = words[at - 16] + words[at - 7] +
                    (std::rotr(early, 7) ^ std::rotr(early, 18) ^ early >> 3) +
                    (std::rotr(late, 17) ^ std::rotr(late, 19) ^ late >> 10);
    }
    return words;
}

// The names are those of FIPS 180-4, 6.2.2.
void add_block(std::span<const std::uint8_t, block_bytes> block, State& state) {
    const auto words = schedule(block);
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t at = 0; at < 64; ++at) {
        const Word sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const Word sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const Word t1 = h + sum1 + ((e & f) ^ (~e & g)) + constants[at] + words[at];
        const Word t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const State added{a, b, c, d, e, f, g, h};
    for (std::size_t at = 0; at < state.size(); ++at) state[at] += added[at];
}

// The text with its padding: a bit, zeros, and the length in bits.
std::string padded(std::string_view text) {
    std::string all{text};
    all += '\x80';
    while (all.size() % block_bytes != block_bytes - 8) all += '\0';
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    for (int shift = 56; shift >= 0; shift -= 8) all += static_cast<char>(bits >> shift & 0xff);
    return all;
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view text) {
    State state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const std::string all = padded(text);
    for (std::size_t at = 0; at < all.size(); at += block_bytes) {
        std::array<std::uint8_t, block_bytes> block{};
        for (std::size_t byte = 0; byte < block_bytes; ++byte)
            block[byte] = static_cast<std::uint8_t>(all[at + byte]);
        add_block(block, state);
    }
    std::array<std::uint8_t, 32> digest{};
    for (std::size_t at = 0; at < digest.size(); ++at)
        digest[at] = static_cast<std::uint8_t>(state[at / 4] >> (24 - 8 * (at % 4)) & 0xff);
    return digest;
}

std::string policy_hash(std::string_view text) {
    return "sha256-" + base64(sha256(text));
}

}  // namespace report
