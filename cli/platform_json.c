/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/platform_json.h. */
#include "cli/platform_json.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/platform.h"

#define NOTE \
	"Platform of swsgx, a software Intel SGX, for development and " \
	"testing only: these keys are not secret and protect nothing."

/* A field that holds bytes, and where they are in the configuration. */
struct bytes_field {
	const char *name;
	uint8_t *bytes;
	size_t n;
};

#define NR_BYTES_FIELDS 4

static void bytes_fields(struct package_config *config,
			 struct bytes_field fields[NR_BYTES_FIELDS])
{
	fields[0] = (struct bytes_field){ "root_seal_key",
					  config->root_seal_key,
					  sizeof(config->root_seal_key) };
	fields[1] =
		(struct bytes_field){ "root_provisioning_key",
				      config->root_provisioning_key,
				      sizeof(config->root_provisioning_key) };
	fields[2] = (struct bytes_field){ "owner_epoch", config->owner_epoch,
					  sizeof(config->owner_epoch) };
	fields[3] = (struct bytes_field){ "cpusvn", config->cpusvn,
					  sizeof(config->cpusvn) };
}

/* ---- reading -------------------------------------------------------- */

static int bad_field(const char *path, const char *name, const char *expected)
{
	complain("%s: field \"%s\": expected %s; mend it, or move the file "
		 "away to get a new platform",
		 path, name, expected);
	return -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int hex_decode(const char *text, uint8_t *bytes, size_t n)
{
	if (strlen(text) != 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int read_bytes(const char *path, json_object *root,
		      const struct bytes_field *field)
{
	char expected[64];
	json_object *value;

	if (json_object_object_get_ex(root, field->name, &value) &&
	    json_object_is_type(value, json_type_string) &&
	    !hex_decode(json_object_get_string(value), field->bytes, field->n))
		return 0;
	snprintf(expected, sizeof(expected),
		 "a string of %zu hexadecimal digits", 2 * field->n);
	return bad_field(path, field->name, expected);
}

static int read_epc(const char *path, json_object *root, uint64_t *bytes)
{
	json_object *value;
	int64_t n;

	if (!json_object_object_get_ex(root, "epc_bytes", &value) ||
	    !json_object_is_type(value, json_type_int))
		return bad_field(path, "epc_bytes", "a number");
	n = json_object_get_int64(value);
	if (n < (int64_t)PLATFORM_EPC_MIN || n > (int64_t)PLATFORM_EPC_MAX ||
	    n % (int64_t)SGX_PAGE_SIZE)
		return bad_field(path, "epc_bytes",
				 "a multiple of 4096 from 65536 (64K) to "
				 "8796093022208 (8T)");
	*bytes = (uint64_t)n;
	return 0;
}

static int read_format(const char *path, json_object *root)
{
	json_object *value;

	if (!json_object_object_get_ex(root, "format", &value) ||
	    !json_object_is_type(value, json_type_int))
		return bad_field(path, "format", "the number 1");
	if (json_object_get_int64(value) == PLATFORM_JSON_FORMAT)
		return 0;
	complain("%s: format %s: this swsgx knows format %d; use the swsgx "
		 "that made it, or another directory",
		 path, json_object_get_string(value), PLATFORM_JSON_FORMAT);
	return -1;
}

static int read_object(const char *path, json_object *root,
		       struct package_config *config)
{
	struct bytes_field fields[NR_BYTES_FIELDS];
	json_object *sgx2;

	if (!json_object_is_type(root, json_type_object)) {
		complain("%s: expected a JSON object; move the file away to "
			 "get a new platform",
			 path);
		return -1;
	}
	if (read_format(path, root))
		return -1;
	bytes_fields(config, fields);
	for (size_t i = 0; i < NR_BYTES_FIELDS; i++)
		if (read_bytes(path, root, &fields[i]))
			return -1;
	if (!json_object_object_get_ex(root, "sgx2", &sgx2) ||
	    !json_object_is_type(sgx2, json_type_boolean))
		return bad_field(path, "sgx2", "true or false");
	config->sgx2 = json_object_get_boolean(sgx2);
	return read_epc(path, root, &config->epc_bytes);
}

/* The text of an open file; 0, or -1 after a complaint. */
static int slurp(const char *path, int fd, char text[PLATFORM_JSON_MAX + 1])
{
	size_t length = 0;
	ssize_t n;

	do {
		n = read(fd, text + length, PLATFORM_JSON_MAX + 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 && length <= PLATFORM_JSON_MAX);
	if (n < 0) {
		complain("cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	if (length > PLATFORM_JSON_MAX) {
		complain("%s: larger than %d bytes; not a platform of swsgx",
			 path, PLATFORM_JSON_MAX);
		return -1;
	}
	text[length] = 0;
	return 0;
}

static int parse(const char *path, const char *text,
		 struct package_config *config)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object *root;
	int result = -1;

	if (!tokener) {
		complain("%s: out of memory", path);
		return -1;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		complain("%s: not JSON: %s at byte %zu; mend it, or move the "
			 "file away to get a new platform",
			 path,
			 json_tokener_error_desc(
				 json_tokener_get_error(tokener)),
			 json_tokener_get_parse_end(tokener));
	else
		result = read_object(path, root, config);
	json_object_put(root);
	json_tokener_free(tokener);
	return result;
}

int platform_json_read(const char *path, struct package_config *config)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	int result = -1;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0) {
		complain("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	text = malloc(PLATFORM_JSON_MAX + 1);
	if (!text)
		complain("%s: out of memory", path);
	else if (!slurp(path, fd, text))
		result = parse(path, text, config);
	free(text);
	close(fd);
	return result;
}

/* ---- writing -------------------------------------------------------- */

static json_object *hex_string(const uint8_t *bytes, size_t n)
{
	char text[2 * 32 + 1];

	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_object_new_string(text);
}

static json_object *to_json(const struct package_config *config)
{
	struct package_config copy = *config;
	struct bytes_field fields[NR_BYTES_FIELDS];
	json_object *root = json_object_new_object();

	bytes_fields(&copy, fields);
	json_object_object_add(root, "note", json_object_new_string(NOTE));
	json_object_object_add(root, "format",
			       json_object_new_int(PLATFORM_JSON_FORMAT));
	for (size_t i = 0; i < NR_BYTES_FIELDS; i++)
		json_object_object_add(root, fields[i].name,
				       hex_string(fields[i].bytes,
						  fields[i].n));
	json_object_object_add(root, "epc_bytes",
			       json_object_new_int64(
				       (int64_t)config->epc_bytes));
	json_object_object_add(root, "sgx2",
			       json_object_new_boolean(config->sgx2));
	return root;
}

static int write_whole(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	while (left) {
		n = write(fd, text, left);
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static int write_json(int fd, const struct package_config *config)
{
	json_object *root = to_json(config);
	const char *text;
	int error;

	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
	error = write_whole(fd, text);
	if (!error)
		error = write_whole(fd, "\n");
	json_object_put(root);
	return error;
}

/* Two runs that start at once both make a file; the first one stays. */
static int put_in_place(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* a file system without RENAME_NOREPLACE may have link(2) */
	if (link(from, to))
		return -errno;
	unlink(from);
	return 0;
}

int platform_json_create(const char *dir, const struct package_config *config)
{
	char *from = NULL, *to = NULL;
	int fd = -1;
	int error = -ENOMEM;

	if (asprintf(&to, "%s/" PLATFORM_JSON_NAME, dir) < 0)
		to = NULL;
	if (asprintf(&from, "%s/." PLATFORM_JSON_NAME ".XXXXXX", dir) < 0)
		from = NULL;
	if (!to || !from)
		goto out;
	fd = mkostemp(from, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		error = -errno;
		goto out;
	}
	error = write_json(fd, config);
	if (!error)
		error = put_in_place(from, to);
	if (error)
		unlink(from);
	close(fd);
out:
	if (error && error != -EEXIST)
		complain("cannot make a platform in %s: %s", dir,
			 strerror(-error));
	free(from);
	free(to);
	return error && error != -EEXIST ? -1 : error;
}
