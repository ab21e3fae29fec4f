# SPDX-License-Identifier: Apache-2.0
# A guest of a few hundred bytes for the tests of the vm room: it boots through PVH in real QEMU and
# does what GUEST says: 1 writes a console and a harness and waits, 2 says nothing, 3 panics by way
# of pvpanic and goes on printing when it is resumed, 4 boots and then falls silent, 5 writes the
# first lines of a console and hangs before it is ready.
    .section .note.Xen, "a", @note
    .long 4, 4, 18              # XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long _start

    .text
    .code32
    .globl _start
_start:
    cli
    movl $stack_top, %esp
#if GUEST != 2
    movl $console_text, %esi
    movl $0x3f8, %ebx
    call write_port
#endif
#if GUEST != 2 && GUEST != 5
    movl $harness_text, %esi
    movl $0x2f8, %ebx
    call write_port
#endif
#if GUEST == 3
    movl $panic_text, %esi
    movl $0x3f8, %ebx
    call write_port
    movb $1, %al                # PVPANIC_PANICKED
    movw $0x505, %dx
    outb %al, %dx
    movl $after_text, %esi
    movl $0x3f8, %ebx
    call write_port
    movb $0xfe, %al             # pulse the reset line, as a panicked kernel would
    outb %al, $0x64
#endif
stop:
    hlt
    jmp stop

# Writes the string at esi to the 16550 at port ebx.
write_port:
    leal 5(%ebx), %edx
1:  inb %dx, %al
    testb $0x20, %al
    jz 1b
    lodsb
    testb %al, %al
    jz 2f
    movl %ebx, %edx
    outb %al, %dx
    jmp write_port
2:  ret

    .data
console_text:
    .ascii "[    0.000000] Linux version 0.0-guest\n"
    .byte 0
harness_text:
    .ascii "{\"type\":\"hello\",\"uptime\":0.1,\"release\":\"0.0-guest\"}\n"
    .ascii "{\"type\":\"ready\",\"uptime\":0.2,\"debug_locks\":1,\"dl_exits\":0}\n"
    .ascii "{\"type\":\"iteration_start\",\"uptime\":0.2,\"iteration\":1}\n"
#if GUEST == 1
    .ascii "{\"type\":\"heartbeat\",\"uptime\":1,\"iteration\":1,\"debug_locks\":1,\"dl_tasks\":2,\"dl_exits\":10}\n"
    .ascii "{\"type\":\"heartbeat\",\"uptime\":2,\"iteration\":1,\"debug_locks\":1,\"dl_tasks\":2,\"dl_exits\":60}\n"
    .ascii "{\"type\":\"heartbeat\",\"uptime\":3,\"iteration\":1,\"debug_locks\":1,\"dl_tasks\":2,\"dl_exits\":61}\n"
    .ascii "{\"type\":\"heartbeat\",\"uptime\":6.5,\"iteration\":1,\"debug_locks\":1,\"dl_tasks\":2,\"dl_exits\":62}\n"
#endif
    .byte 0
panic_text:
    .ascii "[    3.000000] Kernel panic - not syncing: the test asks for it\n"
    .byte 0
after_text:
    .ascii "[    3.100000] ---[ end Kernel panic - not syncing: the test asks for it ]---\n"
    .byte 0

    .bss
    .skip 4096
stack_top:
