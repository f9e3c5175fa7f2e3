/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/trace/symbols.h.  proc(5). */
#include "cli/trace/symbols.h"

#include <asm/sgx.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/info/elf.h"
#include "cli/message.h"
#include "cli/trace/image.h"

#define LARGEST (64l << 20) /* of a file that is looked into unasked */

/* A file that was looked at. */
struct seen {
	struct seen *next;
	dev_t dev;
	ino_t ino;
	struct image *image; /* NULL: no signed enclave */
};

/* An enclave that was initialised; image NULL: no names. */
struct place {
	struct place *next;
	uint32_t pid;
	uint64_t base;
	const struct image *image;
};

struct symbols {
	char *path;          /* of what the user gave */
	struct image *given; /* by the user */
	bool said;           /* that it is of another enclave */
	struct seen *seen;
	struct place *places;
};

static int read_given(struct image *image, const char *path)
{
	if (file_read(&image->file, path))
		return -1;
	if (!elf_begins(&image->file)) {
		complain("--symbols: %s: not a 64-bit ELF file", path);
		return -1;
	}
	if (image_symbols(image) || !image->nr) {
		complain("--symbols: %s: there are no symbols in it; was it "
			 "stripped?",
			 path);
		return -1;
	}
	return 0;
}

/* FILE@OFFSET: what is behind the last @, if that is a number. */
static int split(char *path, uint64_t *offset)
{
	char *at = strrchr(path, '@'), *end;

	*offset = 0;
	if (!at || access(path, F_OK) == 0)
		return 0;
	*offset = strtoull(at + 1, &end, 0);
	if (end == at + 1 || *end) {
		complain("--symbols: %s: what follows the @ is no number, such "
			 "as 0x1000",
			 path);
		return -1;
	}
	*at = 0;
	return 0;
}

/* The image's file goes by this name, so `path` stays. */
static struct image *read_image(char *path)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image) {
		complain("out of memory");
		return NULL;
	}
	if (!split(path, &image->offset) && !read_given(image, path))
		return image;
	file_free(&image->file);
	free(image);
	return NULL;
}

static int give(struct symbols *s, const char *spec)
{
	s->path = strdup(spec);
	if (s->path)
		s->given = read_image(s->path);
	else
		complain("out of memory");
	return s->given ? 0 : -1;
}

struct symbols *symbols_new(const char *spec)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s) {
		complain("out of memory");
		return NULL;
	}
	if (spec && give(s, spec)) {
		free(s->path);
		free(s);
		return NULL;
	}
	return s;
}

/* A signed enclave in the file at path, or NULL. */
static struct image *look_at(const char *path)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	if (!file_read(&image->file, path) && elf_begins(&image->file) &&
	    image_is_signed(image) && !image_symbols(image))
		return image;
	file_free(&image->file);
	free(image);
	return NULL;
}

static struct image *look_once(struct symbols *s, const char *path)
{
	struct seen *seen;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > LARGEST ||
	    st.st_size < (off_t)sizeof(uint64_t) || access(path, R_OK))
		return NULL;
	for (seen = s->seen; seen; seen = seen->next)
		if (seen->dev == st.st_dev && seen->ino == st.st_ino)
			return seen->image;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return NULL;
	*seen = (struct seen){ s->seen, st.st_dev, st.st_ino, look_at(path) };
	s->seen = seen;
	return seen->image;
}

/* Calls for each file that the process has mapped: /proc/PID/map_files. */
static void look_at_folder(struct symbols *s, uint32_t pid, const char *folder)
{
	char path[64];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, folder);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char file[128];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%.48s/%.64s", path,
			 entry->d_name);
		(void)look_once(s, file);
	}
	closedir(dir);
}

static void look_at_maps(struct symbols *s, uint32_t pid)
{
	char path[64], line[4352];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		char *name = strchr(line, '/');

		if (!name)
			continue;
		name[strcspn(name, "\n")] = 0;
		(void)look_once(s, name);
	}
	if (maps)
		fclose(maps);
}

static const struct image *find_image(const struct symbols *s,
				      const uint8_t mrenclave[32])
{
	for (const struct seen *seen = s->seen; seen; seen = seen->next)
		if (seen->image && image_is_of(seen->image, mrenclave))
			return seen->image;
	return NULL;
}

/* The user's file, unless it says that it is another enclave's. */
static const struct image *given_image(struct symbols *s, uint64_t base,
				       const uint8_t mrenclave[32])
{
	if (!image_is_signed(s->given) || image_is_of(s->given, mrenclave))
		return s->given;
	if (!s->said)
		complain("--symbols: %s: it is signed for another enclave than "
			 "the one at 0x%" PRIx64
			 ", MRENCLAVE %02x%02x%02x%02x...; no names are shown "
			 "for that",
			 s->given->file.path, base, mrenclave[0], mrenclave[1],
			 mrenclave[2], mrenclave[3]);
	s->said = true;
	return NULL;
}

static void add_place(struct symbols *s, const struct tape_ioctl *r)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return;
	*place = (struct place){ s->places, r->r.pid, r->enclave.base, NULL };
	if (s->given)
		place->image = given_image(s, r->enclave.base, r->mrenclave);
	else
		place->image = find_image(s, r->mrenclave);
	s->places = place;
}

void symbols_ioctl(struct symbols *s, const struct tape_ioctl *r)
{
	bool creates = r->cmd == SGX_IOC_ENCLAVE_CREATE;

	if (r->result || (!creates && r->cmd != SGX_IOC_ENCLAVE_INIT))
		return;
	if (!s->given) {
		look_at_maps(s, r->r.pid);
		look_at_folder(s, r->r.pid, "fd");
	}
	if (!creates)
		add_place(s, r);
}

/* The newest of this process; or of its parent, from which it has the memory */
static const struct place *find_place(const struct symbols *s, uint32_t pid,
				      uint64_t base)
{
	const struct place *place, *other = NULL;

	for (place = s->places; place; place = place->next) {
		if (place->base != base)
			continue;
		if (place->pid == pid)
			return place;
		if (!other)
			other = place;
	}
	return other;
}

void symbols_put(struct symbols *s, FILE *out, uint32_t pid, uint64_t base,
		 uint64_t offset)
{
	const struct place *place = find_place(s, pid, base);
	const struct image *image = place ? place->image : s->given;
	const struct image_symbol *symbol;

	symbol = image ? image_find(image, offset) : NULL;
	if (!symbol)
		return;
	offset -= image->offset + symbol->start;
	fprintf(out, " <%s", symbol->name);
	if (offset)
		fprintf(out, "+0x%" PRIx64, offset);
	fputc('>', out);
}
