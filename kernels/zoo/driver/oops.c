// SPDX-License-Identifier: GPL-2.0-only
/* Warnings, bugs and exceptions. What the kernel survives kills the task that asked for it. */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/objtool.h>
#include <linux/panic.h>
#include <linux/printk.h>

#include "zoo.h"

static void zoo_warning(void)
{
	WARN_ON(1);
	barrier();
}

static void zoo_warning_text(void)
{
	WARN(1, "zoo: the keeper lost %d of %s\n", 3, "the keys");
	barrier();
}

static void zoo_bug_line(void)
{
	pr_emerg("BUG: zoo: a cage is open\n");
	dump_stack();
	barrier();
}

static void zoo_kernel_bug(void)
{
	BUG();
}

static noinline int zoo_read(const volatile int *address)
{
	return *address;
}

struct zoo_animal {
	char name[24];
	int age;
};

static noinline void zoo_null_dereference(void)
{
	struct zoo_animal *animal = NULL;

	OPTIMIZER_HIDE_VAR(animal);
	(void)READ_ONCE(animal->age);
}

static void zoo_page_fault(void)
{
	zoo_read((int *)0xffffc900dead0000UL);
	barrier();
}

static void zoo_general_protection(void)
{
	zoo_read((int *)0x6b6b6b6b6b6b6b6bUL);
	barrier();
}

#ifdef CONFIG_X86
static void zoo_divide_error(void)
{
	unsigned int zero = 0;

	asm volatile("xorl %%edx, %%edx\n\tdivl %0" : "+r"(zero) : "a"(1) : "edx", "cc");
}

static void zoo_invalid_opcode(void)
{
	__builtin_trap(); /* BUG() without its table entry */
}

static void zoo_int3(void)
{
	asm volatile("int3");
}
#endif

static bool zoo_is_deep_enough;

static noinline int zoo_recurse(int depth)
{
	volatile char ballast[512];

	if (READ_ONCE(zoo_is_deep_enough))
		return depth;
	ballast[0] = depth;
	ballast[511] = zoo_recurse(depth + 1);
	return ballast[0] + ballast[511];
}

static void zoo_stack_guard(void)
{
	zoo_recurse(0);
	barrier();
}

#ifdef CONFIG_X86_64
/* Nothing is mapped where the stack shall be, so the page fault cannot be written there either. */
static noinline void zoo_double_fault(void)
{
	asm volatile("movq %0, %%rsp\n\tpushq $0" : : "r"(0xffffc900dead0000UL) : "memory");
}
STACK_FRAME_NON_STANDARD(zoo_double_fault);
#endif

static void zoo_panic(void)
{
	panic("zoo: the animals have left");
}

static noinline void zoo_hardirq_dereferences(void)
{
	zoo_null_dereference();
	barrier();
}

static void zoo_panic_in_interrupt(void)
{
	zoo_in_hardirq(zoo_hardirq_dereferences);
}

const struct zoo_bug zoo_oops[] = {
	{ "warning", zoo_warning },
	{ "warning_text", zoo_warning_text },
	{ "bug", zoo_bug_line },
	{ "kernel_bug", zoo_kernel_bug },
	{ "null_dereference", zoo_null_dereference },
	{ "page_fault", zoo_page_fault },
	{ "general_protection", zoo_general_protection },
#ifdef CONFIG_X86
	{ "divide_error", zoo_divide_error },
	{ "invalid_opcode", zoo_invalid_opcode },
	{ "int3", zoo_int3 },
#endif
	{ "stack_guard", zoo_stack_guard },
#ifdef CONFIG_X86_64
	{ "double_fault", zoo_double_fault },
#endif
	{ "panic", zoo_panic },
	{ "panic_in_interrupt", zoo_panic_in_interrupt },
	{}
};
