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
    constexpr std::size_t k_chunk = 1U << 20U;
    if (!fd_.valid()) fd_ = util::Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_.valid()) return {};
    std::string bytes(k_chunk, '\0');
    ssize_t n = 0;
    do {
        n = ::read(fd_.get(), bytes.data(), bytes.size());
    } while (n < 0 && errno == EINTR);
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
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
    util::Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!fd.valid() || ::inotify_add_watch(fd.get(), folder.c_str(), IN_MODIFY) < 0)
        throw util::InfraError(
            {util::ErrorKind::unavailable,
             "cannot watch the console: " + std::generic_category().message(errno), folder.string(),
             "raise fs.inotify.max_user_watches"});
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
