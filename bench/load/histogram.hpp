#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace load {

/// A histogram as it is written down: its parameters and the bins that are not empty.
struct SparseHistogram {
    struct Bin {
        std::uint32_t index;
        std::uint64_t count;

        friend bool operator==(const Bin&, const Bin&) = default;
    };

    std::uint32_t sub_bins_per_octave = 0;
    std::uint64_t highest_ns = 0;  ///< the last bin ends here; longer times are counted in it
    std::uint64_t count = 0;
    std::uint64_t min_ns = 0;  ///< exact; 0 when nothing was recorded
    std::uint64_t max_ns = 0;  ///< exact
    std::vector<Bin> bins;  ///< in ascending order of index

    friend bool operator==(const SparseHistogram&, const SparseHistogram&) = default;
};

/// Counts of durations in log-linear bins: 128 of equal width in every octave.
///
/// Up to 255 ns a bin holds one value; above, it is 1/256 to 1/128 of its values wide,
/// so never wider than 0.8 %. Bin `i` begins at `lowest_ns(i)`.
///
/// range  0 to 2^42 - 1 ns (73 minutes); a longer duration is counted in the last bin,
///        and `max_ns` still tells it exactly.
/// size   36 KiB, taken once; `record` allocates nothing.
class Histogram {
public:
    static constexpr unsigned sub_bin_bits = 7;
    static constexpr unsigned value_bits = 42;
    static constexpr std::uint32_t sub_bins_per_octave = 1U << sub_bin_bits;
    static constexpr std::uint64_t highest_ns = (std::uint64_t{1} << value_bits) - 1;
    static constexpr std::size_t bin_count =
        std::size_t{value_bits - sub_bin_bits + 1} * sub_bins_per_octave;

    Histogram() : bins_(bin_count) {}

    void record(std::uint64_t value_ns) noexcept {
        ++bins_[index_of(value_ns)];
        ++count_;
        if (value_ns < min_ns_) min_ns_ = value_ns;
        if (value_ns > max_ns_) max_ns_ = value_ns;
    }

    void merge(const Histogram& other) noexcept;

    /// Adds the counts of `bins`, whose exact values are not known: each counts as its bin's
    /// highest value. range: indexes below `bin_count`
    void add(const std::vector<SparseHistogram::Bin>& bins) noexcept;

    void clear() noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    /// The shortest and the longest duration, exact; 0 when nothing was recorded.
    [[nodiscard]] std::uint64_t min_ns() const noexcept { return count_ == 0 ? 0 : min_ns_; }
    [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_ns_; }

    /// The duration that `percentile` per cent of all do not exceed, by nearest rank: of the n
    /// durations in ascending order the one numbered ceil(n * percentile / 100), at least the
    /// first. What is known of it is its bin, and the answer is that bin's highest value, or
    /// `max_ns` if that is less: never below the true one, at most 0.8 % above it.
    ///
    /// range   0 to 100
    /// result  0 when nothing was recorded
    [[nodiscard]] std::uint64_t value_at_percentile(double percentile) const noexcept;

    [[nodiscard]] SparseHistogram sparse() const;

    /// The histogram that was written down so.
    /// errors: nullopt if the parameters are not ours, bins are out of range, out of order or
    /// empty, or the count is not theirs.
    [[nodiscard]] static std::optional<Histogram> from_sparse(const SparseHistogram& written);

    /// The bins that have grown since `earlier`, an older state of the same histogram.
    [[nodiscard]] std::vector<SparseHistogram::Bin> grown_since(const Histogram& earlier) const;

    [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t value_ns) noexcept {
        if (value_ns > highest_ns) value_ns = highest_ns;
        // Or-ing in one octave's start keeps the shift at 0 for the first two octaves.
        const unsigned shift =
            static_cast<unsigned>(std::bit_width(value_ns | sub_bins_per_octave)) - sub_bin_bits -
            1;
        return shift * std::size_t{sub_bins_per_octave} + (value_ns >> shift);
    }

    /// The least value that bin `index` counts, and the highest.
    [[nodiscard]] static constexpr std::uint64_t lowest_ns(std::size_t index) noexcept {
        if (index < std::size_t{2} * sub_bins_per_octave) return index;
        const std::size_t shift = index / sub_bins_per_octave - 1;
        return (index - shift * sub_bins_per_octave) << shift;
    }
    [[nodiscard]] static constexpr std::uint64_t upper_ns(std::size_t index) noexcept {
        return lowest_ns(index + 1) - 1;
    }

private:
    std::vector<std::uint64_t> bins_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ns_ = ~std::uint64_t{0};
    std::uint64_t max_ns_ = 0;
};

}  // namespace load
