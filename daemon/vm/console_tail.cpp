// SPDX-License-Identifier: Apache-2.0
#include "vm/console_tail.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <system_error>

#include "util/result.hpp"

namespace krepro::vm {

namespace asio = boost::asio;

std::string FileTail::read_more() {
    if (!fd_.valid()) fd_ = util::Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_.valid()) return {};
    if (buffer_.empty()) buffer_.resize(k_most_bytes);
    ssize_t n = 0;
    do {
        n = ::read(fd_.get(), buffer_.data(), buffer_.size());
    } while (n < 0 && errno == EINTR);
    return n > 0 ? std::string(buffer_.data(), static_cast<std::size_t>(n)) : std::string();
}

struct FolderWatch::State {
    State(const asio::any_io_executor& executor, int fd, std::function<void()> callback)
        : stream(executor, fd), on_change(std::move(callback)) {}
    asio::posix::stream_descriptor stream;
    std::function<void()> on_change;
    std::array<char, 4096> buffer{};
};

FolderWatch::FolderWatch(const asio::any_io_executor& executor, const std::filesystem::path& folder,
                         std::function<void()> on_change) {
    const auto check = [&folder](bool went, const char* limit) {
        if (!went)
            throw util::InfraError(
                {util::ErrorKind::unavailable,
                 "cannot watch the console: " + std::generic_category().message(errno),
                 folder.string(), std::string("raise fs.inotify.") + limit});
    };
    util::Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    check(fd.valid(), "max_user_instances");
    check(::inotify_add_watch(fd.get(), folder.c_str(), IN_MODIFY) >= 0, "max_user_watches");
    state_ = std::make_shared<State>(executor, fd.release(), std::move(on_change));
    read(state_);
}

FolderWatch::~FolderWatch() {
    state_->on_change = nullptr;
    boost::system::error_code ignored;
    state_->stream.close(ignored);
}

void FolderWatch::read(const std::shared_ptr<State>& state) {
    state->stream.async_read_some(asio::buffer(state->buffer),
                                  [state](const boost::system::error_code& error, std::size_t) {
                                      if (error || !state->on_change) return;
                                      state->on_change();
                                      read(state);
                                  });
}

}  // namespace krepro::vm
