/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * library MODULE...: CPUID in a shared library that comes by dlopen(), goes,
 * and comes again, alone and with another one; and in code that the program
 * maps by itself.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

static void *load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!module)
		check_fatal("%s", dlerror());
	return module;
}

static int call_times(void *module)
{
	int (*times)(void);

	*(void **)&times = dlsym(module, "module_times");
	return times();
}

static unsigned int call_shown(void *module)
{
	unsigned int (*shown)(void);

	*(void **)&shown = dlsym(module, "module_shown");
	return shown();
}

static void come_and_go(const char *path)
{
	void *module = load(path);

	CHECK_EQ(call_shown(module), call_times(module));
	dlclose(module);
}

/* The file mapped whole and executable, not by the dynamic linker. */
static void by_hand(const char *path)
{
	void *module = load(path);
	struct link_map *map;
	unsigned int (*shown)(void);
	struct stat st;
	uint8_t *image;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	dlinfo(module, RTLD_DI_LINKMAP, &map);
	CHECK_EQ(fstat(fd, &st), 0);
	image = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC,
		     MAP_PRIVATE, fd, 0);
	close(fd);
	CHECK(image != MAP_FAILED);
	/* linked so that code lies at its offset in the file */
	*(void **)&shown = image + ((uint8_t *)dlsym(module, "module_shown") -
				    (uint8_t *)map->l_addr);
	CHECK_EQ(shown(), call_times(module));
	munmap(image, (size_t)st.st_size);
	dlclose(module);
}

static void *many_times(void *path)
{
	int i;

	for (i = 0; i < 25; i++)
		come_and_go(path);
	return NULL;
}

static void with_threads(char **paths, unsigned int n)
{
	pthread_t thread[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, many_times,
					paths[i % n]),
			 0);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

int main(int argc, char **argv)
{
	int i;

	check_timeout(40);
	if (argc < 2)
		check_fatal("usage: library MODULE...");
	check_section("come and go");
	for (i = 1; i < argc; i++)
		come_and_go(argv[i]);
	for (i = 1; i < argc; i++)
		come_and_go(argv[i]);
	check_section("by hand");
	by_hand(argv[1]);
	check_section("in threads");
	with_threads(argv + 1, (unsigned int)argc - 1);
	return check_result();
}
