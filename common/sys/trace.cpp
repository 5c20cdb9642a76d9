#include "common/sys/trace.hpp"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "common/sys/shared_file.hpp"

namespace sys {

std::atomic<Ring*> ring{nullptr};

namespace {

Ring* mapped = nullptr;  // the ring of this process, before tracing starts

struct Caller {
    std::uint32_t process;
    std::uint32_t thread;
};

constinit thread_local Caller own{};  // to ask for these numbers enters the kernel, so only once

Caller caller() noexcept {
    if (own.thread == 0)
        own = {static_cast<std::uint32_t>(::getpid()), static_cast<std::uint32_t>(::gettid())};
    return own;
}

/// A forked child goes on as another process, and as a thread of another number.
void after_fork_in_child() noexcept {
    own = {};
}

/// Takes a record for the call of that sequence. A writer that was held up for a whole turn of the
/// ring may still be in it, or a newer one have been there: then the newer, or this, is left out.
bool claim(Record& record, std::uint64_t sequence) noexcept {
    std::uint64_t before = record.sequence.load(std::memory_order_relaxed);
    if (before >= sequence) return false;
    return record.sequence.compare_exchange_strong(before, sequence | half_written,
                                                   std::memory_order_acq_rel);
}

/// Writes behind the mark: whoever sees the value sees that the record was claimed.
template <class T>
void put(T& field, T value) noexcept {
    std::atomic_ref{field}.store(value, std::memory_order_release);
}

}  // namespace

void map_trace(const char* path) {
    mapped = static_cast<Ring*>(map_shared(path, sizeof(Ring)));
    mapped->version = trace_version;
    mapped->size_bytes = sizeof(Ring);
    mapped->sites = max_traced_sites;
    mapped->records = ring_records;
    mapped->pid = static_cast<std::uint32_t>(::getpid());
    mapped->clock = CLOCK_MONOTONIC;
    mapped->magic = trace_magic;
    ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

void start_tracing() noexcept {
    ring.store(mapped, std::memory_order_release);
}

void record(const char* call, Site site, const Traced& traced) noexcept {
    Ring& to = *ring.load(std::memory_order_acquire);
    const auto named = std::find_if(to.site.begin(), to.site.end(),
                                    [&](CallSite& entry) { return bears(entry, call, site); });
    if (named == to.site.end()) {
        to.lost.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const std::uint64_t sequence = to.calls.fetch_add(1, std::memory_order_relaxed) + 1;
    Record& record = to.record[(sequence - 1) % ring_records];
    if (!claim(record, sequence)) return;
    put(record.start_ns, traced.start_ns);
    put(record.duration_ns, traced.duration_ns);
    put(record.result, traced.result);
    put(record.fd, traced.fd);
    const Caller by = caller();
    put(record.thread, by.thread);
    put(record.process, by.process);
    put(record.site, static_cast<std::uint32_t>(named - to.site.begin()));
    put(record.may_sleep, std::uint32_t{site.sleeps});
    record.sequence.store(sequence, std::memory_order_release);
}

}  // namespace sys
