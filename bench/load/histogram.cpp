#include "bench/load/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace load {

static_assert(Histogram::index_of(0) == 0);
static_assert(Histogram::index_of(Histogram::highest_ns) == Histogram::bin_count - 1);
static_assert(Histogram::index_of(~std::uint64_t{0}) == Histogram::bin_count - 1);
static_assert(Histogram::upper_ns(Histogram::bin_count - 1) == Histogram::highest_ns);

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < bin_count; ++i) bins_[i] += other.bins_[i];
    count_ += other.count_;
    min_ns_ = std::min(min_ns_, other.min_ns_);
    max_ns_ = std::max(max_ns_, other.max_ns_);
}

void Histogram::add(const std::vector<SparseHistogram::Bin>& bins) noexcept {
    for (const SparseHistogram::Bin& bin : bins) {
        bins_[bin.index] += bin.count;
        count_ += bin.count;
        min_ns_ = std::min(min_ns_, upper_ns(bin.index));
        max_ns_ = std::max(max_ns_, upper_ns(bin.index));
    }
}

void Histogram::clear() noexcept {
    std::fill(bins_.begin(), bins_.end(), 0);
    count_ = 0;
    min_ns_ = ~std::uint64_t{0};
    max_ns_ = 0;
}

std::uint64_t Histogram::value_at_percentile(double percentile) const noexcept {
    if (count_ == 0) return 0;
    const double share = std::clamp(percentile, 0.0, 100.0) / 100;
    const auto rank = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * share));
    const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);

    std::uint64_t passed = 0;
    for (std::size_t i = 0; i + 1 < bin_count; ++i) {
        passed += bins_[i];
        if (passed >= wanted) return std::min(upper_ns(i), max_ns_);
    }
    return max_ns_;  // the last bin is open at its end
}

SparseHistogram Histogram::sparse() const {
    SparseHistogram written{.sub_bins_per_octave = sub_bins_per_octave,
                            .highest_ns = highest_ns,
                            .count = count_,
                            .min_ns = min_ns(),
                            .max_ns = max_ns_,
                            .bins = {}};
    for (std::size_t i = 0; i < bin_count; ++i) {
        if (bins_[i] != 0) written.bins.push_back({static_cast<std::uint32_t>(i), bins_[i]});
    }
    return written;
}

std::optional<Histogram> Histogram::from_sparse(const SparseHistogram& written) {
    if (written.sub_bins_per_octave != sub_bins_per_octave) return std::nullopt;
    if (written.highest_ns != highest_ns) return std::nullopt;

    Histogram histogram;
    std::size_t next = 0;
    for (const SparseHistogram::Bin& bin : written.bins) {
        if (bin.index < next || bin.index >= bin_count || bin.count == 0) return std::nullopt;
        next = std::size_t{bin.index} + 1;
        histogram.bins_[bin.index] = bin.count;
        histogram.count_ += bin.count;
    }
    if (histogram.count_ != written.count) return std::nullopt;
    if (written.count == 0) return histogram;

    if (index_of(written.min_ns) != written.bins.front().index) return std::nullopt;
    if (index_of(written.max_ns) != written.bins.back().index) return std::nullopt;
    histogram.min_ns_ = written.min_ns;
    histogram.max_ns_ = written.max_ns;
    return histogram;
}

std::vector<SparseHistogram::Bin> Histogram::grown_since(const Histogram& earlier) const {
    std::vector<SparseHistogram::Bin> grown;
    for (std::size_t i = 0; i < bin_count; ++i) {
        const std::uint64_t more = bins_[i] - earlier.bins_[i];
        if (more != 0) grown.push_back({static_cast<std::uint32_t>(i), more});
    }
    return grown;
}

}  // namespace load
