/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs hold of the devices, and what is left when they let go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/supervisor/base/loop.h"
#include "process/supervisor/platform/platform.h"

static struct platform platform;

static void entropy(void *buf, size_t n)
{
	assert_int_equal(getrandom(buf, n, 0), n);
}

static int setup(void **state)
{
	const struct package_config config = { .epc_bytes = 1 << 20,
					       .sgx2 = true,
					       .xcr0 = 3 };

	(void)state;
	return loop_init() | platform_create(&platform, &config, entropy);
}

static int teardown(void **state)
{
	(void)state;
	platform_leave(&platform);
	return 0;
}

static int lowest(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void a_token_lives_as_long_as_its_last_descriptor(void **state)
{
	struct tokens *t = &platform.tokens;
	int before = lowest(), fd = -1, copy;

	(void)state;
	assert_int_equal(tokens_open(t, SGX_FILE_ENCLAVE, 2, &fd), 0);
	assert_true(fd >= 0);
	assert_int_equal(tokens_reap(t), 1);
	copy = dup(fd);
	close(fd);
	assert_int_equal(tokens_reap(t), 1);
	close(copy);
	assert_int_equal(tokens_reap(t), 0);
	assert_int_equal(lowest(), before);
}

/* The server would close the descriptor twice, and pass on one it has not. */
static void a_full_table_leaves_no_descriptor(void **state)
{
	struct sgx_encl *encls = platform.mm.shared->encls;
	int before = lowest(), fd = -1;

	(void)state;
	for (unsigned int i = 0; i < SGX_MAX_ENCLAVES; i++)
		encls[i].kind = SGX_FILE_ENCLAVE;
	assert_int_equal(tokens_open(&platform.tokens, SGX_FILE_ENCLAVE, 2,
				     &fd),
			 -ENOMEM);
	assert_int_equal(fd, -1);
	assert_int_equal(lowest(), before);
	for (unsigned int i = 0; i < SGX_MAX_ENCLAVES; i++)
		encls[i].kind = SGX_FILE_NONE;
}

static void processes_have_numbers_until_they_end(void **state)
{
	struct lives *l = &platform.lives;
	uint32_t number = lives_number(l, getpid());
	int before = lowest();

	(void)state;
	assert_true(number);
	assert_int_equal(lives_number(l, getpid()), number);
	assert_int_equal(lives_pid(l, number), getpid());
	assert_int_equal(lives_pid(l, number + 1), 0);
	assert_int_equal(lives_number(l, 0), 0);
	assert_int_equal(lives_number(l, -5), 0);
	lives_poll(l);
	assert_int_equal(lives_pid(l, number), getpid());
	lives_end(l, getpid());
	assert_int_equal(lives_pid(l, number), 0);
	assert_true(lowest() < before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_lives_as_long_as_its_last_descriptor),
		cmocka_unit_test(a_full_table_leaves_no_descriptor),
		cmocka_unit_test(processes_have_numbers_until_they_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
