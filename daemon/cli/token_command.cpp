// SPDX-License-Identifier: Apache-2.0
#include "cli/token_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/exit_code.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "http/access.hpp"
#include "model/token.hpp"
#include "store/store.hpp"

namespace krepro::cli {

namespace {

using model::Json;
using model::Token;

constexpr std::size_t k_max_name = 100;

struct TokenOptions {
    ServeOptions serve;
    std::string name;
    model::Role role = model::Role::submit;
    std::int64_t id = 0;
    Output output = Output::text;
};

std::string line_of(const Token& token) {
    return fmt::format(
        "{:<4} {:<7} {:<24} {}\n", token.id, model::to_string(token.role), token.created_at,
        printable(token.name) + (token.revoked_at ? "  (revoked " + *token.revoked_at + ")" : ""));
}

int add(store::Store& store, const TokenOptions& options, Terminal& terminal) {
    if (options.name.empty() || options.name.size() > k_max_name)
        return failed({util::ErrorKind::invalid_input, "a name has 1 to 100 bytes", "NAME",
                       "say whose token it is"},
                      terminal);
    const auto secret = http::new_secret();
    Token token;
    token.name = options.name;
    token.role = options.role;
    token = store.add_token(std::move(token), http::hash_of_secret(secret));
    if (options.output == Output::json) {
        Json json = model::to_json(token);
        json["token"] = secret;
        terminal.print(model::dump_pretty(json) + "\n");
        return k_exit_ok;
    }
    terminal.note(fmt::format("token {} of {}: it is shown now and never again", token.id,
                              printable(token.name)));
    terminal.print(secret + "\n");
    return k_exit_ok;
}

int list(store::Store& store, const TokenOptions& options, Terminal& terminal) {
    const auto tokens = store.tokens();
    if (options.output == Output::json) {
        terminal.print(model::dump_pretty({{"tokens", model::to_json(tokens)}}) + "\n");
        return k_exit_ok;
    }
    if (tokens.empty()) terminal.note("there are no tokens; krepro token add NAME makes one");
    for (const auto& token : tokens) terminal.print(line_of(token));
    return k_exit_ok;
}

int revoke(store::Store& store, const TokenOptions& options, Terminal& terminal) {
    const auto token = store.revoke_token(options.id);
    if (!token) return failed(token.error(), terminal);
    terminal.print(options.output == Output::json
                       ? model::dump_pretty(model::to_json(*token)) + "\n"
                       : line_of(*token));
    return k_exit_ok;
}

using Work = int (*)(store::Store&, const TokenOptions&, Terminal&);

int run_on_store(Work work, const StoreFile& store_file, const TokenOptions& options,
                 Terminal& terminal) {
    const auto file = store_file(options.serve);
    if (!file) return failed(file.error(), terminal);
    const auto store = store::Store::open(*file);
    return store ? work(**store, options, terminal) : failed(store.error(), terminal);
}

void add_token_commands(Program& program, const StoreFile& store_file) {
    auto& options = program.keep<TokenOptions>();
    auto* group = program.app().add_subcommand("token",
                                               "Say who may use a server that asks for "
                                               "tokens");
    group->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what, const char* examples, Work work) {
        auto* command = group->add_subcommand(name, what);
        command->footer(std::string("Examples:\n") + examples);
        command->add_option("--state", options.serve.state, "Folder of the daemon's store");
        add_output(command, options.output);
        program.on(command, [&options, &terminal = program.terminal(), store_file, work] {
            return run_on_store(work, store_file, options, terminal);
        });
        return command;
    };
    auto* adding = sub("add", "Make a token and show it, once",
                       "  krepro token add ci --role submit\n"
                       "  export KREPRO_TOKEN=$(krepro token add me --role admin)",
                       add);
    adding->add_option("name", options.name, "Whose it is")->required();
    adding
        ->add_option_function<std::string>(
            "--role",
            [&options](const std::string& name) {
                options.role = *model::enum_from_string<model::Role>(name);
            },
            "read, submit (also queues jobs and cancels its own) or admin (all)")
        ->check(CLI::IsMember({"read", "submit", "admin"}))
        ->default_str("submit");
    sub("list", "List the tokens; their secrets are not kept", "  krepro token list", list);
    auto* revoking = sub("revoke", "Refuse a token from now on", "  krepro token revoke 3", revoke);
    revoking->add_option("id", options.id, "Its id, as krepro token list shows it")->required();
}

}  // namespace

AddGroup token_command(StoreFile store_file) {
    return [store_file = std::move(store_file)](Program& program) {
        add_token_commands(program, store_file);
    };
}

}  // namespace krepro::cli
