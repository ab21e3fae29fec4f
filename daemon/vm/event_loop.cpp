// SPDX-License-Identifier: Apache-2.0
#include "vm/event_loop.hpp"

#include <libvirt/libvirt.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

namespace krepro::vm {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// libvirt calls add, update and remove from any thread; everything else happens on the loop. The
// tables are behind the mutex; a Handle or Timer is only ever touched on the loop, and shared
// between the table and the operations that wait on it.
struct Handle {
    Handle(asio::io_context& io, int copied_fd, int watched_fd)
        : stream(io, copied_fd), fd(watched_fd) {}
    asio::posix::stream_descriptor stream;  // over a dup(): libvirt closes its own
    int fd;
    int id = 0;
    int events = 0;
    bool reading = false;
    bool writing = false;
    bool removed = false;
    virEventHandleCallback callback = nullptr;
    void* opaque = nullptr;
    virFreeCallback free_opaque = nullptr;
};

struct Timer {
    explicit Timer(asio::io_context& io) : timer(io) {}
    asio::steady_timer timer;
    int id = 0;
    int period_ms = -1;  // negative: disabled; 0: at once
    bool removed = false;
    virEventTimeoutCallback callback = nullptr;
    void* opaque = nullptr;
    virFreeCallback free_opaque = nullptr;
};

struct Loop {
    asio::io_context* io = nullptr;
    std::mutex mutex;
    int next_id = 1;
    std::map<int, std::shared_ptr<Handle>> handles;
    std::map<int, std::shared_ptr<Timer>> timers;
};

Loop& loop() {
    // Never destroyed: what libvirt still holds at exit must not outlive the tables.
    static Loop& instance = *new Loop;
    return instance;
}

template <class Map>
typename Map::mapped_type find(Map& map, int id) {
    const std::lock_guard lock(loop().mutex);
    const auto found = map.find(id);
    return found == map.end() ? nullptr : found->second;
}

template <class Map>
typename Map::mapped_type take(Map& map, int id) {
    const std::lock_guard lock(loop().mutex);
    auto node = map.extract(id);
    return node.empty() ? nullptr : std::move(node.mapped());
}

void watch(const std::shared_ptr<Handle>& handle);

void on_ready(const std::shared_ptr<Handle>& handle, int event, const error_code& error) {
    if (handle->removed) return;
    if (error == asio::error::operation_aborted) return watch(handle);
    const int seen = error ? VIR_EVENT_HANDLE_ERROR : event;
    if ((handle->events & event) != 0 || error)
        handle->callback(handle->id, handle->fd, seen, handle->opaque);
    watch(handle);
}

void watch(const std::shared_ptr<Handle>& handle) {
    if (handle->removed) return;
    if ((handle->events & VIR_EVENT_HANDLE_READABLE) != 0 && !handle->reading) {
        handle->reading = true;
        handle->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                                  [handle](const error_code& error) {
                                      handle->reading = false;
                                      on_ready(handle, VIR_EVENT_HANDLE_READABLE, error);
                                  });
    }
    if ((handle->events & VIR_EVENT_HANDLE_WRITABLE) != 0 && !handle->writing) {
        handle->writing = true;
        handle->stream.async_wait(asio::posix::stream_descriptor::wait_write,
                                  [handle](const error_code& error) {
                                      handle->writing = false;
                                      on_ready(handle, VIR_EVENT_HANDLE_WRITABLE, error);
                                  });
    }
}

int add_handle(int fd, int events, virEventHandleCallback callback, void* opaque,
               virFreeCallback free_opaque) {
    const int copy = ::dup(fd);
    if (copy < 0) return -1;
    auto handle = std::make_shared<Handle>(*loop().io, copy, fd);
    handle->events = events;
    handle->callback = callback;
    handle->opaque = opaque;
    handle->free_opaque = free_opaque;
    {
        const std::lock_guard lock(loop().mutex);
        handle->id = loop().next_id++;
        loop().handles[handle->id] = handle;
    }
    asio::post(*loop().io, [handle] { watch(handle); });
    return handle->id;
}

void update_handle(int id, int events) {
    auto handle = find(loop().handles, id);
    if (!handle) return;
    asio::post(*loop().io, [handle, events] {
        handle->events = events;
        watch(handle);
    });
}

int remove_handle(int id) {
    auto handle = take(loop().handles, id);
    if (!handle) return -1;
    // The free function must not run inside this call: libvirt may hold its locks here.
    asio::post(*loop().io, [handle] {
        handle->removed = true;
        error_code ignored;
        handle->stream.close(ignored);
        if (handle->free_opaque != nullptr) handle->free_opaque(handle->opaque);
    });
    return 0;
}

void arm(const std::shared_ptr<Timer>& timer) {
    if (timer->removed) return;
    timer->timer.cancel();
    if (timer->period_ms < 0) return;
    timer->timer.expires_after(std::chrono::milliseconds(timer->period_ms));
    timer->timer.async_wait([timer](const error_code& error) {
        if (error || timer->removed || timer->period_ms < 0) return;
        timer->callback(timer->id, timer->opaque);
        // The callback may have changed or removed it; a period of 0 means "again at once".
        arm(timer);
    });
}

int add_timer(int period_ms, virEventTimeoutCallback callback, void* opaque,
              virFreeCallback free_opaque) {
    auto timer = std::make_shared<Timer>(*loop().io);
    timer->period_ms = period_ms;
    timer->callback = callback;
    timer->opaque = opaque;
    timer->free_opaque = free_opaque;
    {
        const std::lock_guard lock(loop().mutex);
        timer->id = loop().next_id++;
        loop().timers[timer->id] = timer;
    }
    asio::post(*loop().io, [timer] { arm(timer); });
    return timer->id;
}

void update_timer(int id, int period_ms) {
    auto timer = find(loop().timers, id);
    if (!timer) return;
    asio::post(*loop().io, [timer, period_ms] {
        timer->period_ms = period_ms;
        arm(timer);
    });
}

int remove_timer(int id) {
    auto timer = take(loop().timers, id);
    if (!timer) return -1;
    asio::post(*loop().io, [timer] {
        timer->removed = true;
        timer->timer.cancel();
        if (timer->free_opaque != nullptr) timer->free_opaque(timer->opaque);
    });
    return 0;
}

}  // namespace

void use_event_loop(asio::io_context& io) {
    if (loop().io == nullptr)
        virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timer, update_timer,
                             remove_timer);
    loop().io = &io;
}

}  // namespace krepro::vm
