// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

AddGroup serve_command(std::function<int(const ServeOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& options = program.keep<ServeOptions>();
        auto* command =
            program.add("serve", "Run the daemon: API, dashboard and jobs",
                        "  krepro serve\n  krepro serve --port 9000 --state /srv/krepro");
        command->add_option("--address", options.address, "Address to listen on (127.0.0.1)");
        command->add_option("--port", options.port,
                            "Port to listen on (8734); 0: any that is free");
        command->add_option("--tls-cert", options.tls_cert,
                            "Serve HTTPS with this certificate and those above it (PEM)");
        command->add_option("--tls-key", options.tls_key, "The certificate's key (PEM)");
        command->add_option("--webhook", options.webhook, "URL to tell of each job's end");
        command->add_option("--webhook-secret-file", options.webhook_secret_file,
                            "File with the secret that signs what is told");
        command->add_flag_callback(
            "--webhook-allow-private", [&options] { options.webhook_allow_private = true; },
            "Tell receivers in private networks and on this machine too");
        command->add_flag_callback(
            "--demand-tokens", [&options] { options.demand_tokens = true; },
            "Ask for a token on loopback too: for a proxy on this machine");
        add_serve_options(command, options);
        program.on(command, [run, &options] { return run(options); });
    };
}

}  // namespace krepro::cli
