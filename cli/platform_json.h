/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DIR/platform.json: the identity of a platform that is kept.  One JSON
 * object; byte strings are lower-case hexadecimal.
 *
 *	"note"				what this is, for a person
 *	"format"			1
 *	"root_seal_key"			32 bytes, SDM's CR_SEAL_FUSES
 *	"root_provisioning_key"		32 bytes
 *	"owner_epoch"			16 bytes, CR_SGXOWNEREPOCH
 *	"cpusvn"			16 bytes, CR_CPUSVN
 *	"epc_bytes"			number, whole pages
 *	"sgx2"				boolean
 *
 * Fields that are not listed are left alone.
 */
#ifndef SWSGX_CLI_PLATFORM_JSON_H
#define SWSGX_CLI_PLATFORM_JSON_H

#include "cpu/cpu.h"

#define PLATFORM_JSON_NAME   "platform.json"
#define PLATFORM_JSON_FORMAT 1
#define PLATFORM_JSON_MAX    65536 /* bytes; a larger one is not ours */

/*
 * Read a file into *config.  Returns 0; -ENOENT without a complaint if there is
 * none; -1 after a complaint.
 */
int platform_json_read(const char *path, struct package_config *config)
	__attribute__((warn_unused_result));

/*
 * Write *config to a file in the directory `dir`.  The file appears whole or
 * not at all, and never replaces another.  Returns 0; -EEXIST without a
 * complaint if there is one already; -1 after a complaint.
 */
int platform_json_create(const char *dir, const struct package_config *config)
	__attribute__((warn_unused_result));

#endif
