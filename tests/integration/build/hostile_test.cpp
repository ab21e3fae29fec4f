// SPDX-License-Identifier: Apache-2.0
// Kernels whose makefiles mean harm, through the real builder and its sandbox.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "build/local_builder.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;

// A folder and the bytes of every file in it.
std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        files[entry.path().string()] =
            entry.is_regular_file() ? util::value_or_throw(util::sha256_file(entry.path())) : "";
    return files;
}

// Somebody on this machine who waits for a packet.
class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);  // as the interface wants it
        EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 1), 0);
        EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] bool was_called() const {
        pollfd waiting{socket_.get(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) > 0;
    }

  private:
    util::Fd socket_;
    int port_ = 0;
};

// Processes of this machine with the word in their arguments.
int processes_named(const std::string& word) {
    int found = 0;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator("/proc", code)) {
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        const std::string line{std::istreambuf_iterator<char>(file), {}};
        if (line.find(word) != std::string::npos) ++found;
    }
    return found;
}

class HostileBuild : public testing::Test {
  protected:
    void SetUp() override {
        fs::permissions(root(), fs::perms(0755));  // what is bound must be reachable
        for (const auto* name : {"source", "outside", "profiles", "cache"})
            fs::create_directories(root() / name);
        write("outside/kept", "kept\n");
        write("profiles/tiny.config", "CONFIG_LOCKDEP=y\n");
        write("profiles/tiny.toml",
              "description = \"tiny\"\nfragments = [\"tiny.config\"]\nguarantees = "
              "[\"LOCKDEP=y\"]\n");
    }

    // A makefile with the targets that a kernel has; `harm` is a line of the last one.
    util::Result<BuiltKernel> build_with(const std::string& harm) {
        write("source/Makefile",
              "allnoconfig olddefconfig:\n\tcp $(O)/.krepro-fragment "
              "$(O)/.config\n"
              "bzImage:\n\tmkdir -p $(O)/arch/x86/boot $(O)/include/config\n"
              "\techo 6.1.0 >$(O)/include/config/kernel.release\n"
              "\techo image >$(O)/arch/x86/boot/bzImage\n\techo elf >$(O)/vmlinux\n\t" +
                  harm + "\n");
        BuildRequest request;
        request.checkout.tree = "tiny";
        request.checkout.source = (root() / "source").string();
        request.checkout.content = util::sha256_hex(harm);
        request.profile = "tiny";
        LocalKernelBuilder builder(root() / "profiles", root() / "cache");
        std::optional<util::Result<BuiltKernel>> result;
        boost::asio::io_context context;
        boost::asio::co_spawn(
            context, builder.build(request, {}),
            [&](const std::exception_ptr& failure, util::Result<BuiltKernel> built) {
                if (failure) std::rethrow_exception(failure);
                result = std::move(built);
            });
        context.run();
        return std::move(*result);
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(root() / name) << text;
    }
    [[nodiscard]] fs::path root() const { return folder_.path(); }
    [[nodiscard]] std::string outside() const { return (root() / "outside").string(); }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-hostile"));
};

TEST_F(HostileBuild, one_without_harm_is_built) {
    const auto built =
        build_with("echo 'int main(void) { return 0; }' >$(O)/a.c; gcc -c $(O)/a.c -o $(O)/a.o");
    ASSERT_TRUE(built) << built.error().to_string();
    EXPECT_EQ(built->build.release, "6.1.0");
}

TEST_F(HostileBuild, writes_not_a_byte_outside) {
    const auto before = contents(root() / "outside");
    const auto source = contents(root() / "source");
    const auto built = build_with(fmt::format(
        "-echo x >{0}/new; echo x >{0}/kept; rm -rf {0} {1}/source/harm; echo x >{1}/source/harm; "
        "echo x >{1}/harm; ln -s / $(O)/root; echo x >$(O)/root{0}/new; echo x >/usr/harm; "
        "echo x >$(O)/../harm",
        outside(), root().string()));
    EXPECT_EQ(contents(root() / "outside"), before);
    EXPECT_FALSE(fs::exists(root() / "source/harm"));
    EXPECT_FALSE(fs::exists(root() / "harm"));
    EXPECT_FALSE(fs::exists("/usr/harm"));
    EXPECT_FALSE(fs::exists(root() / "cache/obj/harm"));
    EXPECT_EQ(contents(root() / "source").size(), source.size() + 1) << "the makefile alone";
}

TEST_F(HostileBuild, sends_no_packet) {
    const Listener listener;
    const auto built = build_with(
        fmt::format("-bash -c 'echo x >/dev/tcp/127.0.0.1/{0}' 2>/dev/null; "
                    "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {0}))'",
                    listener.port()));
    EXPECT_FALSE(listener.was_called());
}

TEST_F(HostileBuild, leaves_no_process) {
    const std::string mark = fmt::format("krepro-hostile-{}", ::getpid());
    const auto built = build_with(fmt::format(
        "setsid nohup sh -c 'sleep 1000; : {}' >/dev/null 2>&1 </dev/null & sleep 0.2", mark));
    ASSERT_TRUE(built) << built.error().to_string();
    EXPECT_EQ(processes_named(mark), 0);
}

TEST_F(HostileBuild, that_forks_without_end_is_stopped_by_its_limit) {
    const std::string mark = fmt::format("krepro-forks-{}", ::getpid());
    const auto began = std::chrono::steady_clock::now();
    const auto built = build_with(fmt::format(
        "i=0; while [ $$i -lt 20000 ]; do sh -c 'sleep 1000; : {}' & i=$$((i+1)); done", mark));
    ASSERT_FALSE(built) << "20,000 processes were allowed";
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(1));
    EXPECT_EQ(processes_named(mark), 0);
}

TEST_F(HostileBuild, that_plants_links_where_its_kernel_should_be_gets_nothing_read) {
    write("outside/secret", "top secret\n");
    const auto built =
        build_with(fmt::format("rm $(O)/vmlinux; ln -s {}/secret $(O)/vmlinux", outside()));
    ASSERT_FALSE(built);
    EXPECT_NE(built.error().to_string().find("vmlinux"), std::string::npos);
}

TEST_F(HostileBuild, that_switches_the_detector_off_is_no_kernel_of_the_profile) {
    write("profiles/tiny.config", "# CONFIG_LOCKDEP is not set\n");
    const auto built = build_with("true");
    ASSERT_FALSE(built);
    EXPECT_NE(built.error().what.find("CONFIG_LOCKDEP=y"), std::string::npos);
}

}  // namespace
}  // namespace krepro::build
