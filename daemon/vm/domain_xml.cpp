// SPDX-License-Identifier: Apache-2.0
#include "vm/domain_xml.hpp"

#include <pugixml.hpp>
#include <sstream>

namespace krepro::vm {

namespace {

using Node = pugi::xml_node;

Node text_child(Node parent, const char* name, const std::string& text) {
    Node child = parent.append_child(name);
    child.text().set(text.c_str());
    return child;
}

void attribute(Node node, const char* name, const std::string& value) {
    node.append_attribute(name).set_value(value.c_str());
}

void add_boot(Node domain, const BootSpec& spec) {
    Node os = domain.append_child("os");
    Node type = text_child(os, "type", "hvm");
    attribute(type, "arch", "x86_64");
    // i440fx brings fewer devices to probe than q35, so it boots faster under emulation.
    attribute(type, "machine", "pc");
    text_child(os, "kernel", spec.kernel.string());
    text_child(os, "initrd", spec.initramfs.string());
    text_child(os, "cmdline", spec.command_line);
}

void add_cpu(Node domain, const BootSpec& spec) {
    text_child(domain, "vcpu", std::to_string(spec.vcpus));
    Node features = domain.append_child("features");
    features.append_child("acpi");
    features.append_child("apic");
    Node cpu = domain.append_child("cpu");
    if (spec.accelerator == "kvm") {
        attribute(cpu, "mode", "host-passthrough");
    } else {
        // Boot hangs were only ever seen with the larger emulated model.
        attribute(cpu, "mode", "custom");
        attribute(cpu, "match", "exact");
        text_child(cpu, "model", "qemu64");
    }
}

void add_life_cycle(Node domain) {
    attribute(domain.append_child("clock"), "offset", "utc");
    text_child(domain, "on_poweroff", "destroy");
    // A reboot is the end of a panicked guest, never the start of a second boot in one trial.
    text_child(domain, "on_reboot", "destroy");
    // pvpanic pauses the guest before it has printed everything: keep it, so that it can go on.
    text_child(domain, "on_crash", "preserve");
}

void add_serial(Node devices, const std::filesystem::path& file, int port) {
    Node serial = devices.append_child("serial");
    attribute(serial, "type", "file");
    attribute(serial.append_child("source"), "path", file.string());
    attribute(serial.append_child("target"), "port", std::to_string(port));
}

void add_devices(Node domain, const BootSpec& spec) {
    Node devices = domain.append_child("devices");
    text_child(devices, "emulator", "/usr/bin/qemu-system-x86_64");
    // Two ports, so that printk never cuts the harness's lines.
    add_serial(devices, spec.console, 0);
    add_serial(devices, spec.harness, 1);
    attribute(devices.append_child("panic"), "model", "isa");
    Node watchdog = devices.append_child("watchdog");
    attribute(watchdog, "model", "i6300esb");
    attribute(watchdog, "action", "none");  // the event alone: the trial decides
    // What is not there need not be probed at boot. Nor is there a source of random numbers: while
    // it waits for one, a guest under TCG reads from it through most of its boot, which takes three
    // times as long (docs/measured.md).
    Node usb = devices.append_child("controller");
    attribute(usb, "type", "usb");
    attribute(usb, "model", "none");
    attribute(devices.append_child("memballoon"), "model", "none");
}

}  // namespace

std::string domain_xml(const BootSpec& spec) {
    pugi::xml_document document;
    Node domain = document.append_child("domain");
    attribute(domain, "type", spec.accelerator == "kvm" ? "kvm" : "qemu");
    text_child(domain, "name", spec.name);
    attribute(text_child(domain, "memory", std::to_string(spec.memory_mib)), "unit", "MiB");
    add_boot(domain, spec);
    add_cpu(domain, spec);
    add_life_cycle(domain);
    add_devices(domain, spec);
    std::ostringstream text;
    document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
    return text.str();
}

}  // namespace krepro::vm
