/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quotes from AESM in a run, asked for as the SDKs do: Intel's libsgx_quote_ex,
 * Gramine, libsgx_dcap_ql, Fortanix' aesm-client.  What is wrong is refused as
 * by AESM; what is no AESM's business is left alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <openssl/cmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/swsgx.h"
#include "tests/process/attest/aesm_client.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SOURCE      "linux-sgx psw/ae/aesm_service"
#define REPORT_SIZE 432
#define KEY_ID_SIZE 256
#define PADDED      108 /* all of sun_path */

struct qe_report_info {
	uint8_t nonce[16];
	uint8_t target[512];
	uint8_t report[REPORT_SIZE];
};

static struct enclave enclave;
static struct message m; /* of the main thread */
static uint8_t target[512];

/* ---- the enclave ---------------------------------------------------- */

static void ereport(uint8_t report[REPORT_SIZE])
{
	static struct request request;

	memset(&request, 0, sizeof(request));
	request.op = OP_EREPORT;
	memcpy(&request.target, target, sizeof(target));
	memset(request.data.bytes, 0x5a, sizeof(request.data.bytes));
	CHECK(victim_call(&enclave, 0, BY_VDSO, &request));
	memcpy(report, &request.report, REPORT_SIZE);
}

/* Does the enclave find the report's MAC right? */
static bool enclave_verifies(const uint8_t report[REPORT_SIZE])
{
	static struct request request;
	uint8_t mac[16];
	size_t n = sizeof(mac);
	CMAC_CTX *ctx;
	bool good;

	memset(&request, 0, sizeof(request));
	request.op = OP_EGETKEY;
	request.keyrequest.keyname = 3; /* REPORT */
	memcpy(request.keyrequest.keyid, report + 384, 32);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &request));
	CHECK_EQ(request.value, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	ctx = CMAC_CTX_new();
	good = ctx &&
	       CMAC_Init(ctx, request.data.bytes, 16, EVP_aes_128_cbc(),
			 NULL) &&
	       CMAC_Update(ctx, report, 384) && CMAC_Final(ctx, mac, &n);
	CMAC_CTX_free(ctx);
#pragma GCC diagnostic pop
	return good && !memcmp(mac, report + 416, sizeof(mac));
}

/* A TARGETINFO of this enclave, out of its own report. */
static void own_target(uint8_t to[512])
{
	uint8_t report[REPORT_SIZE];

	ereport(report);
	memset(to, 0, 512);
	memcpy(to, report + 64, 32);      /* MRENCLAVE */
	memcpy(to + 32, report + 48, 16); /* ATTRIBUTES, XFRM */
	memcpy(to + 52, report + 16, 4);  /* MISCSELECT */
}

/* ---- what is asked -------------------------------------------------- */

static int init_quote_ex(bool id, const void *key_id)
{
	const uint8_t *bytes;
	uint64_t size;
	size_t n;
	int r;

	m.n = 0;
	if (key_id)
		put_bytes(&m, 1, key_id, KEY_ID_SIZE);
	put_number(&m, 3, id);
	if (id)
		put_number(&m, 4, 32);
	r = aesm_ask(INIT_QUOTE_EX, &m);
	if (r)
		return r;
	CHECK(get_number(&m, 3, &size) && size == 32);
	if (!id)
		return 0;
	CHECK(get_bytes(&m, 4, &bytes, &n) && n == 32);
	CHECK(get_bytes(&m, 2, &bytes, &n) && n == sizeof(target));
	if (n == sizeof(target))
		memcpy(target, bytes, sizeof(target));
	return 0;
}

static size_t quote_size(void)
{
	uint64_t n = 0;

	m.n = 0;
	CHECK_EQ(aesm_ask(GET_QUOTE_SIZE_EX, &m), 0);
	CHECK(get_number(&m, 2, &n));
	CHECK(n > 2000 && n < 8192);
	return n;
}

static int get_quote(const uint8_t *report, size_t n, size_t buf_size,
		     const struct qe_report_info *info)
{
	m.n = 0;
	put_bytes(&m, 1, report, n);
	if (info)
		put_bytes(&m, 3, info, sizeof(*info));
	put_number(&m, 4, buf_size);
	return aesm_ask(GET_QUOTE_EX, &m);
}

/* How long the quote itself is; 0: it is none of this report. */
static size_t check_quote(const uint8_t *quote, size_t n, const uint8_t *report)
{
	uint32_t signature;

	if (n < 436 || quote[0] != 3 || quote[2] != 2 ||
	    memcmp(quote + 48, report, 384))
		return 0;
	memcpy(&signature, quote + 432, sizeof(signature));
	return n >= 436 + (size_t)signature ? 436 + (size_t)signature : 0;
}

/* The answer has a quote of this report, and what else was asked for. */
static void check_answer(const uint8_t *report, size_t buf_size,
			 const struct qe_report_info *info)
{
	static uint8_t hashed[16 + 8192];
	uint8_t hash[32];
	const uint8_t *quote, *back;
	size_t n = 0, size, back_n;

	CHECK(get_bytes(&m, 2, &quote, &n));
	CHECK_EQ(n, buf_size);
	size = check_quote(quote, n, report);
	CHECK(size > 1052);
	CHECK_EQ(get_bytes(&m, 3, &back, &back_n), info != NULL);
	if (!info || !size)
		return;
	CHECK_EQ(back_n, sizeof(*info));
	CHECK(!memcmp(back, info, 16 + 512));
	CHECK(enclave_verifies(back + 16 + 512));
	memcpy(hashed, info->nonce, 16);
	memcpy(hashed + 16, quote, size);
	SHA256(hashed, 16 + size, hash);
	CHECK(!memcmp(back + 16 + 512 + 320, hash, 32));
}

static struct qe_report_info *make_info(void)
{
	static struct qe_report_info info = { .nonce = "fifteen letters" };

	own_target(info.target);
	return &info;
}

/* ---- as the SDKs do ------------------------------------------------- */

static void as_quote_ex(void)
{
	const uint8_t *id;
	size_t n = 0, size;
	uint8_t key_id[KEY_ID_SIZE], report[REPORT_SIZE];
	struct qe_report_info *info;

	check_section("libsgx_quote_ex");
	CHECK_ROW("AESM SelectAttKeyID, InitQuoteEx, GetQuoteSizeEx, "
		  "GetQuoteEx",
		  SOURCE, "libsgx_quote_ex's order, with a nonce",
		  "a quote, and the quoting enclave's report");
	m.n = 0;
	CHECK_EQ(aesm_ask(SELECT_ATT_KEY_ID, &m), 0);
	CHECK(get_bytes(&m, 2, &id, &n) && n == sizeof(key_id));
	memcpy(key_id, id, sizeof(key_id));
	CHECK_EQ(init_quote_ex(false, key_id), 0);
	CHECK_EQ(init_quote_ex(true, key_id), 0);
	size = quote_size();
	info = make_info();
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), size, info), 0);
	check_answer(report, size, info);
}

static void as_gramine(void)
{
	uint8_t report[REPORT_SIZE];
	int fd;

	check_section("Gramine");
	CHECK_ROW("AESM's socket", "linux-sgx core/ipc/SocketConfig.h",
		  "the abstract name, padded with NULs", "connects");
	fd = aesm_connect(AESM_ABSTRACT, sizeof(AESM_ABSTRACT) - 1, PADDED);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(init_quote_ex(true, NULL), 0);
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 0);
	check_answer(report, 8192, NULL);
}

static void as_dcap_ql(void)
{
	uint8_t report[REPORT_SIZE], key_id[KEY_ID_SIZE];
	const uint8_t *ids;
	uint64_t count = 0;
	size_t n = 0;

	check_section("libsgx_dcap_ql, out of process");
	m.n = 0;
	CHECK_EQ(aesm_ask(GET_SUPPORTED_NUM, &m), 0);
	CHECK(get_number(&m, 2, &count) && count == 1);
	m.n = 0;
	put_number(&m, 1, count * KEY_ID_SIZE);
	CHECK_EQ(aesm_ask(GET_SUPPORTED_IDS, &m), 0);
	CHECK(get_bytes(&m, 2, &ids, &n) && n == count * KEY_ID_SIZE);
	memcpy(key_id, ids, KEY_ID_SIZE);
	CHECK_EQ(key_id[154], 2); /* ECDSA with P-256, as Fortanix looks */
	CHECK_EQ(key_id[6], 0x8c);
	CHECK_EQ(key_id[54], 1);
	CHECK_EQ(init_quote_ex(false, key_id), 0);
	CHECK_EQ(init_quote_ex(true, key_id), 0);
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), quote_size(), NULL), 0);
}

/* A blocking connect, then epoll, edge-triggered, as the SDK's socket has it.
 */
static void by_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int fd = aesm_connect(AESM_PATH, sizeof(AESM_PATH), sizeof(AESM_PATH));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	uint8_t bytes[64];

	check_section("a socket in epoll");
	m.n = 0;
	wrap(&m, GET_SUPPORTED_NUM);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e), 0);
	CHECK(send_message(fd, &m));
	CHECK_EQ(epoll_wait(epoll, &e, 1, 10000), 1);
	CHECK(recv(fd, bytes, sizeof(bytes), 0) > 4);
	close(epoll);
	close(fd);
}

/* ---- what is refused ------------------------------------------------ */

static void wrong_reports(void)
{
	uint8_t report[REPORT_SIZE];
	size_t size = quote_size();

	check_section("reports");
	CHECK_ROW("AESM GetQuoteEx", SOURCE, "the report's MAC is wrong",
		  "INVALID_REPORT (47)");
	CHECK_EQ(init_quote_ex(true, NULL), 0);
	ereport(report);
	report[100] ^= 1;
	CHECK_EQ(get_quote(report, sizeof(report), size, NULL), 47);
	memset(target, 0, sizeof(target)); /* for somebody else */
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), size, NULL), 47);
	CHECK_EQ(init_quote_ex(true, NULL), 0);
	CHECK_ROW("AESM GetQuoteEx", SOURCE,
		  "report, QE report info or buffer of a wrong size",
		  "PARAMETER_ERROR (3)");
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report) - 1, size, NULL), 3);
	CHECK_EQ(get_quote(report, sizeof(report), size - 1, NULL), 3);
	m.n = 0;
	put_bytes(&m, 1, report, sizeof(report));
	put_bytes(&m, 3, report, 10);
	put_number(&m, 4, size);
	CHECK_EQ(aesm_ask(GET_QUOTE_EX, &m), 3);
}

static void wrong_keys(void)
{
	uint8_t list[8 + 2 * KEY_ID_SIZE] = { [4] = 2 };
	uint8_t key_id[KEY_ID_SIZE];
	const uint8_t *id;
	size_t n = 0;

	check_section("attestation keys");
	CHECK_ROW("AESM SelectAttKeyID, InitQuoteEx", SOURCE,
		  "another key than ECDSA's", "UNSUPPORTED_ATT_KEY_ID (38)");
	m.n = 0;
	CHECK_EQ(aesm_ask(SELECT_ATT_KEY_ID, &m), 0);
	CHECK(get_bytes(&m, 2, &id, &n) && n == sizeof(key_id));
	memcpy(key_id, id, sizeof(key_id));
	m.n = 0;
	put_bytes(&m, 1, list, sizeof(list));
	CHECK_EQ(aesm_ask(SELECT_ATT_KEY_ID, &m), 38);
	memcpy(list + 8 + KEY_ID_SIZE, key_id, KEY_ID_SIZE);
	m.n = 0;
	put_bytes(&m, 1, list, sizeof(list));
	CHECK_EQ(aesm_ask(SELECT_ATT_KEY_ID, &m), 0);
	m.n = 0;
	put_bytes(&m, 1, list, sizeof(list) - 1);
	CHECK_EQ(aesm_ask(SELECT_ATT_KEY_ID, &m), 3);
	key_id[154] = 1;
	CHECK_EQ(init_quote_ex(true, key_id), 38);
}

static void old_messages(void)
{
	uint8_t some[384] = { 0 };

	check_section("EPID and launch tokens");
	CHECK_ROW("AESM, messages of EPID and launch", SOURCE,
		  "on a platform without EPID", "SERVICE_UNAVAILABLE (30)");
	m.n = 0;
	CHECK_EQ(aesm_ask(INIT_QUOTE, &m), 30);
	m.n = 0;
	put_bytes(&m, 1, some, 32);
	put_bytes(&m, 2, some, 384);
	put_bytes(&m, 3, some, 16);
	CHECK_EQ(aesm_ask(GET_LIC_TOKEN, &m), 30);
	m.n = 0;
	CHECK_EQ(aesm_ask(GET_WHITE_LIST_SIZE, &m), 30);
}

/* Bytes that are no request: the connection ends without an answer. */
static void no_answer(const void *bytes, size_t n)
{
	int fd = aesm_connect(AESM_PATH, sizeof(AESM_PATH), sizeof(AESM_PATH));
	char c;

	CHECK(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
	shutdown(fd, SHUT_WR);
	CHECK(recv(fd, &c, 1, 0) <= 0);
	close(fd);
}

static void no_messages(void)
{
	static const uint8_t unknown[] = { 2, 0, 0, 0, 0x92, 0x06 };
	static const uint8_t empty[] = { 0, 0, 0, 0 };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 1, 2, 3 };
	static const uint8_t by_half[] = { 8, 0, 0, 0, 0xaa };
	/* GetQuoteEx without its report */
	static const uint8_t lacking[] = { 5, 0, 0, 0, 0x8a, 1, 2, 0x20, 9 };

	check_section("no messages");
	CHECK_ROW("AESM, framing", SOURCE,
		  "what is unknown, lacks a field, or is no message",
		  "closed without an answer");
	no_answer(unknown, sizeof(unknown));
	no_answer(empty, sizeof(empty));
	no_answer(huge, sizeof(huge));
	no_answer(by_half, sizeof(by_half));
	no_answer(lacking, sizeof(lacking));
	no_answer("", 1);
}

/* ---- clients -------------------------------------------------------- */

static void slow_and_gone(void)
{
	int slow = aesm_connect(AESM_PATH, sizeof(AESM_PATH),
				sizeof(AESM_PATH));
	int gone = aesm_connect(AESM_PATH, sizeof(AESM_PATH),
				sizeof(AESM_PATH));
	struct message again = { .n = 0 };
	uint8_t frame[8] = { 3, 0, 0, 0, 0xaa, 1, 0 };

	check_section("slow clients, and such as vanish");
	CHECK_EQ(send(gone, frame, 5, 0), 5);
	close(gone);
	for (size_t i = 0; i < 7; i++) {
		CHECK_EQ(send(slow, frame + i, 1, 0), 1);
		/* others are served meanwhile */
		m.n = 0;
		CHECK_EQ(aesm_ask(GET_SUPPORTED_NUM, &m), 0);
	}
	CHECK(receive_message(slow, &again));
	close(slow);
}

/* A program that leaks connections does not lock others out. */
static void many_idle(void)
{
	int fd[200];

	check_section("many that ask for nothing");
	for (unsigned i = 0; i < 200; i++)
		fd[i] = aesm_connect(AESM_PATH, sizeof(AESM_PATH),
				     sizeof(AESM_PATH));
	CHECK(fd[199] >= 0);
	m.n = 0;
	CHECK_EQ(aesm_ask(GET_SUPPORTED_NUM, &m), 0);
	for (unsigned i = 0; i < 200; i++)
		close(fd[i]);
}

#define THREADS 16

static void *one_of_many(void *arg)
{
	static __thread struct message mine;
	unsigned wrong = 0;

	for (unsigned i = 0; i < 8; i++) {
		mine.n = 0;
		put_number(&mine, 3, 1);
		put_number(&mine, 4, 32);
		wrong += aesm_ask(INIT_QUOTE_EX, &mine) != 0;
	}
	*(unsigned *)arg = wrong;
	return NULL;
}

static void many(void)
{
	pthread_t threads[THREADS];
	unsigned wrong[THREADS];

	check_section("many at once");
	for (unsigned i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, one_of_many,
					&wrong[i]),
			 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(wrong[i], 0);
	}
}

/* ---- names ---------------------------------------------------------- */

static int connect_as(const char *name, size_t n, size_t size)
{
	int fd = aesm_connect(name, n, size);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void names(void)
{
	static const char run[] = "/run/aesmd/aesm.socket";
	const size_t n = strlen(AESM_PATH), a = sizeof(AESM_ABSTRACT) - 1;
	struct stat st;
	struct statx stx;

	check_section("names");
	CHECK_ROW("AESM's socket", "linux-sgx core/ipc/SocketConfig.h",
		  "both paths, and the abstract name as it is", "connects");
	CHECK_EQ(connect_as(AESM_PATH, n, n), 0);
	CHECK_EQ(connect_as(AESM_PATH, n, PADDED), 0);
	CHECK_EQ(connect_as(run, sizeof(run), sizeof(run)), 0);
	CHECK_EQ(connect_as(AESM_ABSTRACT, a, a), 0);
	CHECK_EQ(connect_as("/run/aesmd/aesm.sockex", sizeof(run), sizeof(run)),
		 -ENOENT);
	CHECK_EQ(connect_as(AESM_ABSTRACT "2", a + 1, a + 1), -ECONNREFUSED);
	CHECK_ROW("AESM's socket", "linux-sgx core/ipc/SocketConfig.h",
		  "stat(), access(), open() of its path", "a socket");
	/* often: the runtime may know by then that this place asks for paths */
	for (unsigned i = 0; i < 20; i++)
		CHECK_EQ(stat(AESM_PATH, &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(lstat(run, &st), 0);
	CHECK_EQ(statx(AT_FDCWD, run, 0, STATX_BASIC_STATS, &stx), 0);
	CHECK(S_ISSOCK(stx.stx_mode));
	CHECK_EQ(access(AESM_PATH, R_OK | W_OK), 0);
	CHECK_FAILS(open(AESM_PATH, O_RDWR), ENXIO);
}

/* A program's own socket, of a name as long as AESM's. */
static void other_sockets(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(un);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	check_section("sockets of the program's own");
	snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1,
		 "swsgx-test-%d-of-a-long-name", (int)getpid());
	CHECK_EQ(bind(listener, (struct sockaddr *)&un, n), 0);
	CHECK_EQ(listen(listener, 1), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQ(connect(fd, (struct sockaddr *)&un, n), 0);
	close(fd);
	close(listener);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_FAILS(connect(fd, NULL, sizeof(un)), EFAULT);
	CHECK_FAILS(connect(fd, (struct sockaddr *)&un, sizeof(un) + 1),
		    EINVAL);
	CHECK_FAILS(connect(-1, (struct sockaddr *)&un, n), EBADF);
	close(fd);
}

/* ---- faults on demand ------------------------------------------------ */

static void one_fault(const char *spec, int error)
{
	CHECK_EQ(swsgx_next_fault(spec), 0);
	CHECK_EQ(init_quote_ex(true, NULL), error);
	CHECK_EQ(init_quote_ex(true, NULL), 0);
}

static void faults(void)
{
	uint8_t report[REPORT_SIZE];
	const uint8_t *quote;
	size_t n = 0;

	check_section("faults on demand");
	one_fault("aesm-busy@aesm=1", 18);
	one_fault("aesm-uninitialized@aesm=1", 42);
	one_fault("aesm-unavailable@aesm=1", 30);
	one_fault("aesm-gone@aesm=1", -1);
	ereport(report);
	CHECK_EQ(swsgx_next_fault("aesm-cut@aesm=1"), 0);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 0);
	CHECK(get_bytes(&m, 2, &quote, &n));
	CHECK(n > 436 && n < 8192);
	CHECK_EQ(check_quote(quote, n, report), 0);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 0);
	check_answer(report, 8192, NULL);
}

/* ---- migration ------------------------------------------------------ */

static void migration(void)
{
	uint8_t report[REPORT_SIZE], id[32];
	const uint8_t *bytes;
	size_t n;

	check_section("another platform");
	CHECK_ROW("AESM GetQuoteEx", SOURCE,
		  "a report of before the platform was another one",
		  "INVALID_REPORT (47)");
	CHECK_EQ(init_quote_ex(true, NULL), 0);
	CHECK(get_bytes(&m, 4, &bytes, &n));
	memcpy(id, bytes, sizeof(id));
	ereport(report);
	CHECK_EQ(swsgx_migrate(NULL), 0);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 47);
	enclave_destroy(&enclave);
	victim_build(&enclave);
	CHECK_EQ(init_quote_ex(true, NULL), 0);
	CHECK(get_bytes(&m, 4, &bytes, &n));
	CHECK(memcmp(id, bytes, sizeof(id)));
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 0);
}

/* A quote into a file, for those who look at it from outside. */
static void write_quote(const char *path)
{
	uint8_t report[REPORT_SIZE];
	const uint8_t *quote;
	size_t n = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK_EQ(init_quote_ex(true, NULL), 0);
	ereport(report);
	CHECK_EQ(get_quote(report, sizeof(report), quote_size(), NULL), 0);
	CHECK_EQ(get_quote(report, sizeof(report), 8192, NULL), 0);
	CHECK(get_bytes(&m, 2, &quote, &n));
	CHECK_EQ(write(fd, quote, check_quote(quote, n, report)),
		 check_quote(quote, n, report));
	close(fd);
}

int main(int argc, char **argv)
{
	check_timeout(50);
	victim_build(&enclave);
	if (argc == 3 && !strcmp(argv[1], "quote")) {
		write_quote(argv[2]);
		return check_result();
	}
	names();
	other_sockets();
	as_quote_ex();
	as_gramine();
	as_dcap_ql();
	by_epoll();
	wrong_reports();
	wrong_keys();
	old_messages();
	no_messages();
	slow_and_gone();
	many_idle();
	many();
	faults();
	migration();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
